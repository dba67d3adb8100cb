"""Summaries: what pages show of a sweep, beside the ledger, so that nobody opens a hundred thousand records to look at one.

The driver adds each trial as it settles; ``dashboards`` adds what is missing. All of it follows from ledger and study: a summary may be
deleted at any time.
"""

import fcntl
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from orchestrator import metrics
from orchestrator.ledger import FoldRecord
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import Score, reasons
from orchestrator.summary_files import (
    DRIVER_LOCK,
    FORMAT,
    SCHEMA,
    WRITE_LOCK,
    Clip,
    folder,
    locked,
    plain_score,
    read_clips,
    read_header,
    whole_batches,
)
from preprocessing.atomic import write_atomically

Known = tuple[str, str, int]
"""Settings, state, number of fold records."""


class SummaryWriter:
    """Adds to one sweep's summary. Several processes may: each change is made under a lock, and none is made twice."""

    def __init__(self, home: Path, header: SweepResult) -> None:
        """Begins the folder, or begins it anew if it is of another format or other folds."""
        self.header = replace(header, trials=())
        self.folder = folder(home, header.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[int, Known] = {}
        self._size = -1
        with locked(self.folder / WRITE_LOCK, fcntl.LOCK_EX):
            if _shape(read_header(self.folder)) != _shape(self.header):
                for name in ("clips.json", "trials.arrows", "scores.json"):
                    (self.folder / name).unlink(missing_ok=True)
            write_atomically(self.folder / "header.json", _header(self.header))

    def add(self, trial: Trial) -> None:
        """Append a settled trial, unless it is there already."""
        with locked(self.folder / WRITE_LOCK, fcntl.LOCK_EX):
            path = self.folder / "trials.arrows"
            self._look(path)
            known = _settings(trial), trial.state, len(trial.folds)
            if self._known.get(trial.index) == known:
                return
            batch = self._row(trial, self._places(trial))
            with path.open("ab") as file:
                file.write((b"" if file.tell() else SCHEMA.serialize().to_pybytes()) + batch.serialize().to_pybytes())
                self._size = file.tell()
            self._known[trial.index] = known

    def forget_others(self, result: SweepResult) -> None:
        """Begin the rows anew if there are trials that the sweep no longer has: its study was deleted."""
        with locked(self.folder / WRITE_LOCK, fcntl.LOCK_EX):
            path = self.folder / "trials.arrows"
            self._look(path)
            if set(self._known) - {trial.index for trial in result.trials}:
                path.unlink()
                self._known, self._size = {}, 0

    def score(self, result: SweepResult, scores: Mapping[str, Score]) -> None:
        """Keep every rule's score of the result's trials, and why the other rules have none. Trials that are missing are added."""
        for trial in result.trials:
            self.add(trial)
        kept = {rule: plain_score(score) for rule, score in scores.items()}
        document = {"num_trials": len(result.trials), "reasons": reasons(result, scores), "scores": kept}
        write_atomically(self.folder / "scores.json", json.dumps(document).encode())

    def _look(self, path: Path) -> None:
        """Take in what others appended, and cut off what a killed writer left half written."""
        size = path.stat().st_size if path.exists() else 0
        if size == self._size:
            return
        batches, self._size = whole_batches(path.read_bytes() if size else b"")
        if self._size < size:
            os.truncate(path, self._size)
        rows = pa.Table.from_batches(batches, schema=SCHEMA).select(["index", "settings", "state", "records"]).to_pylist()
        self._known = {row["index"]: (row["settings"], row["state"], sum(name is not None for name in row["records"])) for row in rows}

    def _places(self, trial: Trial) -> dict[str, int]:
        """Clip key -> place among the predictions; clips that were not known are added."""
        clips = read_clips(self.folder)
        places, before = {clip.key: place for place, clip in enumerate(clips)}, len(clips)
        for fold, record in trial.folds.items():
            for key, truth in zip(record.held_out.keys, record.held_out.truth.tolist(), strict=True):
                if key not in places:
                    places[key] = len(clips)
                    clips.append(Clip(key=key, truth=truth, fold=fold))
        if len(clips) > before:
            write_atomically(self.folder / "clips.json", json.dumps([asdict(clip) for clip in clips]).encode())
        return places

    def _row(self, trial: Trial, places: Mapping[str, int]) -> pa.RecordBatch:
        records = [trial.folds.get(name) for name in self.header.fold_names]
        predicted = np.full(len(places), -1, dtype=np.int8)
        for record in trial.folds.values():
            predicted[[places[key] for key in record.held_out.keys]] = record.held_out.predicted()
        row = {
            "index": trial.index,
            "settings": _settings(trial),
            "state": trial.state,
            "reason": trial.reason,
            "inner_score": trial.inner_score,
            "inner": [None if record is None else _inner(record, len(self.header.classes)) for record in records],
            "wall_s": [None if record is None else record.wall_s for record in records],
            "records": [None if record is None else bytes.fromhex(record.name) for record in records],
            "predicted": predicted.tolist(),
        }
        return pa.RecordBatch.from_pylist([row], schema=SCHEMA)


class SummaryKeeper:
    """The driver's writer. A full disk, or a file system without locks, costs the pages their speed, never the sweep.

    While it lives ``summary_files.driven`` says that a driver works on the sweep.
    """

    def __init__(self, home: Path, header: SweepResult) -> None:
        self._writer: SummaryWriter | None = None
        self._alive: IO[str] | None = None
        with self._careful():
            self._writer = SummaryWriter(home, header)
            self._alive = (self._writer.folder / DRIVER_LOCK).open("a")
            fcntl.flock(self._alive, fcntl.LOCK_SH)

    def add(self, trial: Trial) -> None:
        with self._careful():
            if self._writer is not None:
                self._writer.add(trial)

    def finish(self, result: SweepResult, scores: Mapping[str, Score]) -> None:
        """The sweep has ended: keep its scores, and be gone."""
        with self._careful():
            if self._writer is not None:
                self._writer.forget_others(result)
                self._writer.score(result, scores)
        if self._alive is not None:
            self._alive.close()

    @contextmanager
    def _careful(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"Summaries must be writable, but: {error}. The sweep goes on; python -m dashboards.serve makes them from the ledger."
            warnings.warn(message, RuntimeWarning, stacklevel=4)


def _header(header: SweepResult) -> bytes:
    given = {name: value for name, value in vars(header).items() if name != "trials"}
    return json.dumps({"format": FORMAT, **given, "tags": dict(header.tags)}, sort_keys=True).encode()


def _shape(header: SweepResult | None) -> object:
    """What the rows depend on."""
    return header and (header.data_digest, header.classes, header.fold_names)


def _settings(trial: Trial) -> str:
    return json.dumps(dict(trial.settings))


def _inner(record: FoldRecord, num_classes: int) -> float | None:
    inner = record.inner
    return float(metrics.uf1(metrics.count(inner.truth, inner.predicted(), num_classes))) if inner.keys else None
