"""Score a prediction file of any method: every metric of the field under its own name, whole and per corpus, with intervals.

`python -m orchestrator.score FILE`, where FILE is one of (found out from its content):

    CSV      corpus,subject,clip,truth,prediction    labels as class indices or names; the header may be left out
    MEGC     the challenge's submission log: a line "corpus subject", then lines "clip truth prediction"
    authors  "Subject: X", "Predicted : [..]", "Ground Truth : [..]" as public training scripts print them
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator import console, metrics
from orchestrator.metrics import Predictions
from orchestrator.prediction_files import read

RULE = "as submitted (unknown)"
EXAMPLES = (
    "python -m orchestrator.score predictions.csv",
    "python -m orchestrator.score logfile.txt --json > scores.json",
    "python -m orchestrator.score predictions.csv --classes negative,positive,surprise",
)


def report(p: Predictions, *, num_resamples: int = 2000, seed: int = 0) -> dict[str, Any]:
    """``all`` and each corpus -> its clips, subjects, confusion matrix, and every metric with its interval."""
    parts = {"all": p, **{corpus: p.of(corpus) for corpus in p.corpora}}
    return {name: _part(part, num_resamples, seed) for name, part in parts.items()}


def _part(p: Predictions, num_resamples: int, seed: int) -> dict[str, Any]:
    scores = {}
    for metric in metrics.DEFINITIONS:
        low, high = metrics.interval(p, metric, num_resamples=num_resamples, seed=seed)
        scores[metric] = {"value": metrics.value(p, metric), "low": low, "high": high}
    subjects = len(set(zip(p.corpus, p.subject, strict=True)))
    return {"num_clips": len(p.clip), "num_subjects": subjects, "scores": scores, "confusion": metrics.confusion(p).tolist()}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = console.parser(str(__doc__), examples=EXAMPLES, flags=("seed", "json"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--classes", default="", help="class names in index order, separated by commas (default: from the file)")
    parser.add_argument("--resamples", type=console.positive, default=2000, help="of the bootstrap over subjects (default: 2000)")
    options = parser.parse_args(arguments)

    predictions, layout = read(options.file, [name for name in options.classes.split(",") if name])
    parts = report(predictions, num_resamples=options.resamples, seed=options.seed)

    if options.json:
        described = {"file": str(options.file), "format": layout, "rule": RULE, "classes": predictions.classes}
        console.emit({**described, "parts": parts, "definitions": metrics.DEFINITIONS})
    else:
        _show(options.file, layout, predictions, parts)
    return 0


def _show(path: Path, layout: str, p: Predictions, parts: dict[str, Any]) -> None:
    console.say(f"{path} ({layout})    rule: {RULE}    intervals: 95 %, bootstrap over subjects\n")
    sizes = [f"{name} ({part['num_clips']} clips, {part['num_subjects']} subjects)" for name, part in parts.items()]
    rows = [[metric, *(_cell(part["scores"][metric]) for part in parts.values())] for metric in metrics.DEFINITIONS]
    console.print_table(["metric", *sizes], rows)
    for name, part in parts.items():
        rows = [[label, *counts] for label, counts in zip(p.classes, part["confusion"], strict=True)]
        console.say("")
        console.print_table(["truth \\ predicted", *p.classes], rows, title=f"confusion, {name}")
    console.say("")
    console.print_table(["metric", "definition"], list(metrics.DEFINITIONS.items()))


def _cell(score: dict[str, float]) -> str:
    return f"{score['value']:.4f}" + ("" if np.isnan(score["low"]) else f" [{score['low']:.3f}, {score['high']:.3f}]")


if __name__ == "__main__":
    sys.exit(console.run(main))
