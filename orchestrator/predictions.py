"""Predictions as CSV: what a score rests on, clip by clip. ``orchestrator.prediction_files.read`` reads them back."""

import csv
import io

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
