"""Summary files: how a sweep's summary lies on disk, and how it is read. ``summaries`` writes them.

HOME/summaries/<sweep>/header.json     the sweep as it began: classes, folds in their order, tags
                       clips.json      the held-out clips in the order of the predictions: key, class, fold
                       trials.arrows   an Arrow stream: a batch of one row per settled trial; of equal indices the last counts
                       scores.json     every rule's score, once the sweep has ended
"""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from orchestrator.metrics import Predictions
from orchestrator.results import SweepResult
from orchestrator.selection import Score

FOLDER = "summaries"
FORMAT = "1"
DRIVER_LOCK, WRITE_LOCK = "driver.lock", "write.lock"
SCHEMA = pa.schema(
    [
        ("index", pa.int32()),
        ("settings", pa.string()),  # JSON
        ("state", pa.string()),
        ("reason", pa.string()),
        ("inner_score", pa.float64()),
        ("inner", pa.list_(pa.float32())),  # UF1 of each fold's inner clips at the last epoch; as long as there are folds
        ("wall_s", pa.list_(pa.float32())),
        ("records", pa.list_(pa.binary(32))),  # names in the ledger
        ("predicted", pa.list_(pa.int8())),  # class of each held-out clip at the last epoch, -1 where there is none
    ],
    metadata={"format": FORMAT},
)


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A held-out clip."""

    key: str
    truth: int
    fold: str


def folder(home: Path, sweep: str) -> Path:
    return home / FOLDER / sweep


def driven(home: Path, sweep: str) -> bool | None:
    """Whether a driver works on the sweep now; None where no driver ever said so."""
    path = folder(home, sweep) / DRIVER_LOCK
    if not path.exists():
        return None
    try:
        with locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        return True


def read_clips(place: Path) -> list[Clip]:
    path = place / "clips.json"
    return [Clip(**given) for given in json.loads(path.read_bytes())] if path.exists() else []


def read_header(place: Path) -> SweepResult | None:
    """The sweep without its trials; None where there is no summary, or one of another format."""
    path = place / "header.json"
    given = json.loads(path.read_bytes()) if path.exists() else {}
    if given.pop("format", None) != FORMAT:
        return None
    return SweepResult(**{**given, "classes": tuple(given["classes"]), "fold_names": tuple(given["fold_names"])}, trials=())


def read_trials(place: Path) -> pa.Table:
    """Rows of ``SCHEMA``, one per trial, by index; what a killed writer left half written is not there."""
    path = place / "trials.arrows"
    batches, _ = whole_batches(path.read_bytes() if path.exists() else b"")
    table = pa.Table.from_batches(batches, schema=SCHEMA)
    last = {index: row for row, index in enumerate(table["index"].to_pylist())}
    return table.take(pa.array([last[index] for index in sorted(last)], pa.int64())).combine_chunks()


def read_scores(place: Path) -> tuple[dict[str, Score], dict[str, str], int] | None:
    """Every rule's score, why others have none, and of how many trials; None before the sweep has ended."""
    path = place / "scores.json"
    if not path.exists():
        return None
    given = json.loads(path.read_bytes())
    return {rule: _score(rule, score) for rule, score in given["scores"].items()}, given["reasons"], given["num_trials"]


def whole_batches(data: bytes) -> tuple[list[pa.RecordBatch], int]:
    """The whole batches, and how many bytes they and the schema are."""
    if not data:
        return [], 0
    source, found, good = pa.BufferReader(data), [], 0
    try:
        reader = pa.ipc.open_stream(source)
        if reader.schema.metadata != SCHEMA.metadata:
            return [], 0
        good = source.tell()
        while True:
            found.append(reader.read_next_batch())
            good = source.tell()
    except (StopIteration, OSError, pa.ArrowInvalid):  # the end, or a torn tail
        return found, good


def plain_score(score: Score) -> dict[str, Any]:
    p = score.predictions
    return {
        "honest": score.honest,
        "explanation": score.explanation,
        "chosen": {fold: list(choice) for fold, choice in score.chosen.items()},
        "keys": p.keys,
        "truth": p.truth.tolist(),
        "predicted": p.predicted.tolist(),
        "classes": p.classes,
    }


def _score(rule: str, given: Mapping[str, Any]) -> Score:
    predictions = Predictions.from_keys(given["keys"], np.array(given["truth"]), np.array(given["predicted"]), given["classes"])
    chosen = {fold: (trial, epoch) for fold, (trial, epoch) in given["chosen"].items()}
    return Score(rule=rule, honest=given["honest"], predictions=predictions, chosen=chosen, explanation=given["explanation"])


@contextmanager
def locked(path: Path, kind: int) -> Iterator[None]:
    """An advisory lock that the kernel lets go when the process dies."""
    with path.open("a") as file:
        fcntl.flock(file, kind)
        yield
