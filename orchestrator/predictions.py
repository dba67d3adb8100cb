"""Predictions as CSV: what a registered score rests on, readable in a browser and comparable clip by clip years later."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from orchestrator.metrics import Predictions

COLUMNS = ("corpus", "subject", "clip", "truth", "prediction")


def to_csv(p: Predictions) -> str:
    """One row per clip, sorted by clip; classes by name."""
    labels = ([p.classes[index] for index in column] for column in (p.truth, p.predicted))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(zip(p.corpus, p.subject, p.clip, *labels, strict=True)))
    return out.getvalue()


def from_csv(path: Path, classes: Sequence[str]) -> Predictions:
    """The predictions of a file that ``to_csv`` wrote, with classes numbered as given."""
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if not rows or not set(COLUMNS) <= set(reader.fieldnames or ()):
        raise ValueError(
            f"A predictions file must have the columns {', '.join(COLUMNS)} and at least one row, but {path} has {len(rows)} rows of "
            f"{reader.fieldnames}. Run the sweep again: it writes the file anew."
        )
    if unknown := sorted({row[name] for row in rows for name in ("truth", "prediction")} - set(classes)):
        raise ValueError(f"Classes must be among {tuple(classes)}, but {path} has {unknown}. Compare models of one class scheme only.")
    index = {name: place for place, name in enumerate(classes)}
    names = {field: tuple(row[field] for row in rows) for field in ("corpus", "subject", "clip")}
    truth, predicted = (np.array([index[row[name]] for row in rows], dtype=np.int64) for name in ("truth", "prediction"))
    return Predictions(**names, truth=truth, predicted=predicted, classes=tuple(classes))
