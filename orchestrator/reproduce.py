"""Reproduce a paper, or all of them: recipes unchanged, every fold, published and reproduced numbers side by side.

    python -m orchestrator.reproduce ststnet --root DIR [--seeds 3]
    python -m orchestrator.reproduce --all --corpus megc2019_flow --root DIR [--seeds 3] [--hours 8]

All training subjects are trained on (no inner validation), nothing is chosen, and the last epoch is scored: rule ``last_epoch``. ``--all``
shows the rule ``oracle`` beside it, adds what sweeps of the same home found, and writes docs/papers.md.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

import search_spaces
from orchestrator import console, papers
from orchestrator.comparison import comparison, tell
from orchestrator.reproduce_all import reproduce_all
from orchestrator.reproduction import reproduce
from orchestrator.selection import last_epoch

EXAMPLES = (
    "python -m orchestrator.reproduce ststnet --corpus megc2019_flow --root /data/megc2019_flow",
    "python -m orchestrator.reproduce ststnet --corpus megc2019_flow --root /data/megc2019_flow --seeds 3 --json",
    "python -m orchestrator.reproduce stanet --corpus synthetic",
    "python -m orchestrator.reproduce --all --corpus megc2019_flow --root /data/megc2019_flow --seeds 3 --hours 8",
    "python -m orchestrator.reproduce --all --corpus megc2019_flow --root /data/megc2019_flow --systems bi_woof fhofo ststnet",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: reproduced, whatever the difference; 1: failed; 2: wrong usage."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.all == (given.model is not None):
        parser.error("one of MODEL and --all is needed, and not both")
    if given.all and given.corpus is None:
        parser.error("--all needs the --corpus whose recipes are to be reproduced, as megc2019_flow")
    if given.systems and not given.all:
        parser.error("--systems says which systems --all reproduces")
    return reproduce_all(given) if given.all else _one(given)


def _parser() -> ArgumentParser:
    parser = console.parser("Train papers' recipes unchanged and show their numbers beside the published ones.", examples=EXAMPLES)
    parser.add_argument("model", metavar="MODEL", nargs="?", choices=search_spaces.names(), help=", ".join(search_spaces.names()))
    parser.add_argument("--all", action="store_true", help="every system that has a recipe of --corpus; writes docs/papers.md")
    parser.add_argument("--fold-runs", action="store_true", help="an MLflow run per fold too, with its learning curve")
    parser.add_argument(
        "--seeds", type=console.positive, default=1, help="how many seeds, from --seed on; the spread is shown (default: 1)"
    )
    parser.add_argument(
        "--systems", nargs="+", metavar="SYSTEM", choices=search_spaces.names(), help="of --all: these alone, in this order"
    )
    parser.add_argument("--hours", type=float, help="of --all: begin no system after so many hours")
    parser.add_argument(
        "--docs", type=console.absolute, default=papers.FOLDER,
        help=f"of --all: folder of {papers.PAGE} (default: docs/ beside the code; name it in a Ray job, which runs in a copy)",
    )  # fmt: skip
    return parser


def _one(given: Namespace) -> int:
    recipe, _ = search_spaces.load(given.model, given.corpus)
    variant = given.corpus or next(iter(search_spaces.variants(given.model)))
    results = reproduce(
        recipe, variant, root=given.root, home=given.home, seeds=range(given.seed, given.seed + given.seeds), mode=given.mode,
        num_workers=given.workers, tracking_uri=given.tracking_uri, fold_runs=given.fold_runs,
    )  # fmt: skip
    scores = [last_epoch(result) for result in results]
    rows = comparison(recipe, scores)
    tell(recipe, results, scores, rows, as_json=given.json)
    console.say(f"look next at MLflow: {console.mlflow_command(given.home, given.tracking_uri)}", as_json=given.json)
    if given.json:
        tags = results[0].tags
        console.emit({"model": recipe.name, "corpus": variant, "sweeps": [result.name for result in results], "rows": rows, "tags": tags})
    return 0


if __name__ == "__main__":
    sys.exit(console.run(main))
