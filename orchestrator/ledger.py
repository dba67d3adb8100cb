"""Ledger: the fold records, the only truth of results.

A record is immutable and named by the hash of all that produced it, so a fold whose record exists is never trained again, by any trial of
any sweep. One safetensors file per record (arrays, with the rest as JSON in its header), written to a temporary name, fsynced and
renamed."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from preprocessing.atomic import write_atomically
from search_spaces.recipe import Plain, digest

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class FoldId:
    """All that a fold's result depends on."""

    settings: Mapping[str, Plain]
    """``flatten(recipe)``: the recipe with its hyperparameters."""
    data_digest: str
    fold: str
    """The held-out subject, qualified (``casme2/sub17``), or the fold's name in other protocols, or ``all`` for a refit."""
    seed: int
    code_version: str
    """Digest of the source of the training core and of the model."""

    @property
    def name(self) -> str:
        return digest([FORMAT, dict(self.settings), self.data_digest, self.fold, self.seed, self.code_version])


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Predictions for a set of clips at the evaluated epochs."""

    keys: tuple[str, ...]
    """Clip keys ``corpus/subject/filename``; n of them, 0 for a refit."""
    truth: np.ndarray
    """(n,) int64 class indices."""
    probabilities: np.ndarray
    """(E, n, K) float32, one slice per evaluated epoch; the last one is the last epoch."""

    def predicted(self, evaluation: int = -1) -> np.ndarray:
        """(n,) class indices at one evaluation."""
        return self.probabilities[evaluation].argmax(axis=1)


@dataclass(frozen=True, kw_only=True)
class FoldRecord:
    """What training one fold gave."""

    id: FoldId
    epochs: tuple[int, ...]
    """The E evaluated epochs, counted from 1."""
    inner: Curve
    """Inner validation clips (empty where the protocol has none)."""
    held_out: Curve
    train_loss: np.ndarray
    """(epochs,) float32 mean loss of each epoch."""
    wall_s: float
    device: str
    weights: str | None
    """Path of the final weights (safetensors) relative to the ledger's folder, if they were kept."""

    @property
    def name(self) -> str:
        return self.id.name


class Ledger:
    """The folder of fold records below a home."""

    def __init__(self, home: Path) -> None:
        self.root = home / "ledger"

    def path(self, name: str) -> Path:
        return self.root / name[:2] / f"{name}.safetensors"

    def weights_path(self, name: str) -> Path:
        return self.root / name[:2] / f"{name}.weights.safetensors"

    def has(self, name: str) -> bool:
        return self.path(name).exists()

    def names(self) -> Iterator[str]:
        for path in sorted(self.root.glob("??/*.safetensors")):
            if not path.name.endswith(".weights.safetensors"):
                yield path.stem

    def read(self, name: str) -> FoldRecord:
        path = self.path(name)
        try:
            with safe_open(path, framework="numpy") as stored:
                described = json.loads(stored.metadata()["record"])
                arrays = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118  (safe_open is no mapping)
        except (SafetensorError, KeyError, json.JSONDecodeError) as error:
            raise ValueError(
                f"A fold record must be a readable safetensors file, but {path} is damaged ({error}). "
                "Delete it and run the same command again."
            ) from error
        return _record(described, arrays)

    def note_execution(self, name: str, finished_at: float) -> None:
        """One line per training that ran to its end: what shows that a fold was trained once (``executions``)."""
        with (self.root / "executions.log").open("a") as log:
            log.write(f"{finished_at:.3f} {os.getpid()} {name}\n")

    def executions(self) -> list[str]:
        """The record names of all trainings that ran to their end, in order; a name stands twice if work was repeated."""
        log = self.root / "executions.log"
        return [line.split()[2] for line in log.read_text().splitlines()] if log.exists() else []

    def write(self, record: FoldRecord) -> None:
        described, arrays = _plain(record)
        data = save(arrays, metadata={"record": json.dumps(described, sort_keys=True)})
        write_atomically(self.path(record.name), data)


def _plain(record: FoldRecord) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    described = {
        "id": vars(record.id),
        "epochs": record.epochs,
        "inner": record.inner.keys,
        "held_out": record.held_out.keys,
        "wall_s": record.wall_s,
        "device": record.device,
        "weights": record.weights,
    }
    arrays = {"train_loss": record.train_loss.astype(np.float32)}
    for name, curve in (("inner", record.inner), ("held_out", record.held_out)):
        arrays[f"{name}.truth"] = curve.truth.astype(np.int64)
        arrays[f"{name}.probabilities"] = np.ascontiguousarray(curve.probabilities, dtype=np.float32)
    return described, arrays


def _record(described: dict[str, Any], arrays: dict[str, np.ndarray]) -> FoldRecord:
    curves = {
        name: Curve(keys=tuple(described[name]), truth=arrays[f"{name}.truth"], probabilities=arrays[f"{name}.probabilities"])
        for name in ("inner", "held_out")
    }
    settings = {key: tuples(value) for key, value in described["id"]["settings"].items()}
    return FoldRecord(
        id=FoldId(**{**described["id"], "settings": settings}),
        epochs=tuple(described["epochs"]),
        train_loss=arrays["train_loss"],
        wall_s=described["wall_s"],
        device=described["device"],
        weights=described["weights"],
        **curves,
    )


def tuples(value: Any) -> Plain:
    """JSON knows lists only; recipes hold tuples."""
    return tuple(tuples(item) for item in value) if isinstance(value, list) else value
