"""Reproduce a paper: its recipe unchanged, every fold, published and reproduced numbers side by side.

    python -m orchestrator.reproduce ststnet --root DIR [--seeds 3]

All training subjects are trained on (no inner validation), nothing is chosen, and the last epoch is scored: rule ``last_epoch``.
"""

import dataclasses
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import search_spaces
from orchestrator import console, metrics
from orchestrator.fold_job import code_version
from orchestrator.fold_workers import Mode
from orchestrator.ledger import Ledger
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import Score, last_epoch
from orchestrator.session import Session, header, open_session
from orchestrator.submission import Submission, run_folds
from orchestrator.tracking import Tracker
from search_spaces.published import targets
from search_spaces.recipe import Recipe, Target, digest, flatten

EXAMPLES = (
    "python -m orchestrator.reproduce ststnet --corpus megc2019_flow --root /data/megc2019_flow",
    "python -m orchestrator.reproduce ststnet --corpus megc2019_flow --root /data/megc2019_flow --seeds 3 --json",
    "python -m orchestrator.reproduce stanet --corpus synthetic",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: reproduced, whatever the difference; 1: failed."""
    parser = console.parser("Train a paper's recipe unchanged and show its numbers beside the published ones.", examples=EXAMPLES)
    parser.add_argument("model", metavar="MODEL", choices=search_spaces.names(), help=", ".join(search_spaces.names()))
    parser.add_argument("--fold-runs", action="store_true", help="an MLflow run per fold too, with its learning curve")
    parser.add_argument(
        "--seeds", type=console.positive, default=1, help="how many seeds, from --seed on; the spread is shown (default: 1)"
    )
    given = parser.parse_args(arguments)
    recipe, _ = search_spaces.load(given.model, given.corpus)
    variant = given.corpus or next(iter(search_spaces.variants(given.model)))
    results = reproduce(
        recipe, variant, root=given.root, home=given.home, seeds=range(given.seed, given.seed + given.seeds), mode=given.mode,
        num_workers=given.workers, tracking_uri=given.tracking_uri, fold_runs=given.fold_runs,
    )  # fmt: skip
    scores = [last_epoch(result) for result in results]
    rows = comparison(recipe, scores)
    _tell(recipe, results, scores, rows, given)
    return 0


def reproduce(
    recipe: Recipe, variant: str, *, root: Path | None, home: Path, seeds: Sequence[int], mode: Mode = "queue",
    num_workers: int | None = None, tracking_uri: str | None = None, fold_runs: bool = False,
) -> list[SweepResult]:  # fmt: skip
    """The recipe's folds at each seed, as sweeps of one trial, written to MLflow."""
    recipe = dataclasses.replace(recipe, protocol=dataclasses.replace(recipe.protocol, num_inner=0))
    tracker = Tracker(tracking_uri, home)
    with open_session(recipe, root=root, home=home, seed=seeds[0], mode=mode, num_workers=num_workers) as session:
        results = []
        for seed in seeds:
            start = _header(recipe, variant, session, seed)
            tracker.sweep(start, recipe)
            result = dataclasses.replace(start, trials=(_train(session, recipe, seed, f"{start.name}, seed {seed}"),))
            tracker.reconcile(result, recipe, [last_epoch(result)], fold_runs=fold_runs)
            results.append(result)
    return results


def _header(recipe: Recipe, variant: str, session: Session, seed: int) -> SweepResult:
    identity = digest([flatten(recipe), session.corpus.digest, seed, code_version(recipe.model)])
    return header(session, recipe, variant, f"reproduce-{recipe.model}-{variant}-{identity[:8]}", seed=seed, sampler="none")


def _train(session: Session, recipe: Recipe, seed: int, title: str) -> Trial:
    submission = Submission(session, recipe, session.corpus.fold_names, name=title, priority=seed, seed=seed)
    with console.progress(title, len(submission.folds)) as bar:
        for _ in run_folds(submission):
            bar.advance()
    ledger = Ledger(session.home)
    records = {fold: ledger.read(submission.finished_folds[fold].record) for fold in submission.folds}
    return Trial(index=0, settings={}, state="complete", folds=records)


def comparison(recipe: Recipe, scores: Sequence[Score]) -> list[dict[str, Any]]:
    """A row per corpus, metric and published number (if any): mean over the seeds, their spread, and the first seed's interval."""
    predictions = scores[0].predictions
    rows = []
    for corpus in ("all", *(predictions.corpora if len(predictions.corpora) > 1 else ())):
        for metric in ("uf1", "uar", "accuracy"):
            reported = [target for target in targets(recipe) if (target.corpus, target.metric) == (corpus, metric)]
            rows += [_compare(corpus, metric, target, scores) for target in reported] or [_compare(corpus, metric, None, scores)]
    return rows


def _compare(corpus: str, metric: str, target: Target | None, scores: Sequence[Score]) -> dict[str, Any]:
    parts = [score.predictions if corpus == "all" else score.predictions.of(corpus) for score in scores]
    values = [metrics.value(part, metric) for part in parts]
    low, high = metrics.interval(parts[0], metric)
    mean = float(np.mean(values))
    return {
        "corpus": corpus, "metric": metric, "published": target.value if target else None, "reproduced": mean,
        "difference": mean - target.value if target else None, "low": low, "high": high, "seeds": values, "spread": float(np.ptp(values)),
        "rule": scores[0].rule, "source": target.source if target else "", "note": target.note if target else "",
    }  # fmt: skip


def _tell(
    recipe: Recipe, results: Sequence[SweepResult], scores: Sequence[Score], rows: Sequence[dict[str, Any]], given: Namespace
) -> None:
    first = results[0]
    if first.tags.get("sample_set"):
        console.say(first.tags["sample_set"], as_json=given.json)
    for score, result in zip(scores, results, strict=True):
        values = ", ".join(f"{metric} {score.value(metric):.4f}" for metric in ("uf1", "uar", "accuracy"))
        console.say(f"seed {result.seed}: {values}", as_json=given.json)
    columns = ("corpus", "metric", "published", "reproduced", "difference", "95 % interval", "spread", "rule", "source")
    shown = [
        (
            row["corpus"], row["metric"], _signed(row["published"]), row["reproduced"], _signed(row["difference"], "+"),
            f"{row['low']:.4f} to {row['high']:.4f}", row["spread"] if len(scores) > 1 else "-", row["rule"], row["source"],
        )
        for row in rows
    ]  # fmt: skip
    title = f"{recipe.model} on {first.corpus}: {len(first.fold_names)} folds, {len(scores)} seed(s), every setting the paper's"
    console.print_table(columns, shown, title=title, as_json=given.json)
    for note in dict.fromkeys([row["note"] for row in rows if row["note"]] + list(recipe.notes)):
        console.say(f"note: {note}", as_json=given.json)
    console.say(f"look next at MLflow: {console.mlflow_command(given.home, given.tracking_uri)}", as_json=given.json)
    if given.json:
        console.emit(
            {"model": recipe.model, "corpus": first.corpus, "sweeps": [result.name for result in results], "rows": rows, "tags": first.tags}
        )


def _signed(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.4f}"


if __name__ == "__main__":
    sys.exit(console.run(main))
