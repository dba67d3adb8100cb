"""What is fast, measured against what a user would run instead: medians of interleaved repeats, as ratios, in one table.

Absolute times depend on the machine and on what else runs on it; ratios are what to trust, on an otherwise idle machine.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.measure import COLUMNS, Row, Size, machine, seconds
from orchestrator import console

SUBJECTS = {
    "ray_overhead": "G5: a sweep's folds under Ray Train, against a plain process pool and against one TorchTrainer per fold",
    "loso_training": "G3: LOSO training of STSTNet, against the plain PyTorch loop with a DataLoader",
    "fusion": "G8, G9: several folds as one program, against one after another, on CPU and GPU; needs no Ray",
    "channels_last": "G4: a training step of SHCNN and STANet, channels last in float32 and bfloat16, against plain NCHW; needs no Ray",
    "paper_folds": "what a fold of each of the four papers costs in its own setting, on this CPU or GPU; needs no Ray",
    "frames_to_score": "the four papers from synthesized JPEG frames to a pooled score, at a size for two cores",
    "data_feed": "G7: batches against a DataLoader, and opening and reading shards",
    "search_overhead": "G10: what a trial costs when its folds are recorded already, against plain Tune with OptunaSearch",
    "flow": "G1: TV-L1 by our own kernel against OpenCV's: speed on one thread, agreement, threads; needs no Ray",
    "flow_build": "G2: JPEG frames to flow shards, against the published script and a process pool over the same OpenCV calls",
    "dashboards_open": "opening the pages of a sweep of 2,000 trials x 68 folds; needs no Ray",
    "survival": "G6: a worker killed in mid-sweep, against the same in a plain process pool",
}
EXAMPLES = (
    "python -m benchmarks                      all of it, about half an hour on 2 cores",
    "python -m benchmarks --quick              with fewer repeats on less data; frames_to_score and paper_folds take 5 minutes each",
    "python -m benchmarks fusion data_feed     some; fusion and paper_folds also run where there is no Ray",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: measured, whether goals were reached or not; 1: failed; 2: wrong usage."""
    parser = console.parser(__doc__ or "", examples=EXAMPLES, flags=("json",))
    parser.add_argument("names", metavar="NAME", nargs="*", type=_subject, help=", ".join(SUBJECTS))
    parser.add_argument("--quick", action="store_true", help="fewer repeats on less data: less exact")
    parser.add_argument("--list", action="store_true", help="say what there is, and end")
    given = parser.parse_args(arguments)
    names = given.names or list(SUBJECTS)
    if given.list:
        console.print_table(("name", "what"), [(name, SUBJECTS[name]) for name in names], as_json=given.json)
        return 0
    about = machine()
    console.say(", ".join(f"{name} {value}" for name, value in about.items()), as_json=given.json)
    rows: list[tuple[str, Row]] = []
    for name in names:  # each is shown as it ends: what was measured stays on the screen whatever happens to the rest
        measured = measure(name, "quick" if given.quick else "full")
        console.print_table(COLUMNS, [row.cells for row in measured], title=name, as_json=given.json)
        rows += [(name, row) for row in measured]
    console.say(verdict([row for _, row in rows]), as_json=given.json)
    if given.json:
        console.emit({"machine": about, "rows": [{"subject": name, **row.document} for name, row in rows]})
    return 0


def _subject(text: str) -> str:
    if text not in SUBJECTS:
        raise argparse.ArgumentTypeError(f"must be one of {', '.join(SUBJECTS)}, but got '{text}'")
    return text


def measure(name: str, size: Size) -> list[Row]:
    """Run one subject and say on standard error how long it took."""
    rows: list[Row] = []
    print(f"{name}: {SUBJECTS[name]}", file=sys.stderr, flush=True)
    took = seconds(lambda: rows.extend(_module(name).run(size)))
    print(f"{name}: {took:.0f} s", file=sys.stderr, flush=True)
    return rows


def _module(name: str) -> Any:
    return importlib.import_module(f"benchmarks.{name}")


def verdict(rows: Sequence[Row]) -> str:
    goals = [row for row in rows if row.reached is not None]
    missed = [row.what for row in goals if not row.reached]
    return f"{len(goals) - len(missed)} of {len(goals)} goals reached" + (f"; missed: {'; '.join(missed)}" if missed else "")


if __name__ == "__main__":
    sys.exit(console.run(main))
