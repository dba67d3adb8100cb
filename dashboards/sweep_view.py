"""Sweep view: one sweep as arrays, from its summary, its study and its MLflow run; what every page of a sweep is made of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from optuna.distributions import BaseDistribution

from orchestrator.ledger import FoldRecord, Ledger
from orchestrator.results import SweepResult
from orchestrator.selection import Score
from orchestrator.summary_files import Clip
from search_spaces.recipe import Plain

RUNNING, INTERRUPTED = "RUNNING", "INTERRUPTED"
LIVE_S = 15
"""Pages of a running sweep are loaded anew after so many seconds."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One sweep of a home as MLflow tells of it: a search, or the reproduction of a recipe at one seed."""

    name: str
    model: str
    corpus: str
    status: str
    """MLflow's; ``INTERRUPTED`` where MLflow says RUNNING and no driver works on it; ``UNKNOWN`` without MLflow."""
    run_id: str | None
    experiment_id: str | None
    started: datetime | None
    ended: datetime | None
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]

    @property
    def searched(self) -> bool:
        """Whether settings were searched; else a recipe was reproduced as it is."""
        return self.tags.get("sampler") != "none"


@dataclass(frozen=True, kw_only=True)
class RunningTrial:
    """A setting that is being trained."""

    index: int
    settings: Mapping[str, Plain]
    started: datetime | None
    folds_done: int | None
    """None where it cannot be told: its data or its start weights are its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SweepView:
    """T settled trials by index, F folds, N held-out clips."""

    home: Path
    listed: Listed
    header: SweepResult
    """Without its trials."""
    table: pa.Table
    """(T rows) of ``summary_files.SCHEMA``."""
    clips: tuple[Clip, ...]
    num_settled: int
    """As the study has it: more than T while the summary is being made."""
    running: tuple[RunningTrial, ...] = ()
    times: Mapping[int, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    """Index -> start and end of the trial."""
    distributions: Mapping[str, BaseDistribution] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    """Empty before the sweep has ended."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Rule -> why it has no score."""
    num_scored: int = 0
    """The scores are of so many trials."""

    @property
    def name(self) -> str:
        return self.header.name

    @property
    def live(self) -> bool:
        return self.listed.status == RUNNING

    @property
    def num_folds(self) -> int:
        return len(self.header.fold_names)

    @cached_property
    def index(self) -> np.ndarray:
        """(T,) trial numbers; 0 is the paper's point."""
        return np.asarray(self.table["index"].to_numpy())

    @cached_property
    def state(self) -> np.ndarray:
        """(T,) ``complete``, ``pruned`` or ``failed``."""
        return np.array(self.table["state"].to_pylist(), dtype=object)

    @cached_property
    def reason(self) -> list[str]:
        return list(self.table["reason"].to_pylist())

    @cached_property
    def settings(self) -> list[dict[str, Plain]]:
        return [json.loads(text) for text in self.table["settings"].to_pylist()]

    @cached_property
    def inner_score(self) -> np.ndarray:
        """(T,) UF1 pooled over the inner clips of all folds, which the search maximises; NaN unless complete."""
        return np.asarray(self.table["inner_score"].to_numpy(zero_copy_only=False), dtype=np.float64)

    @cached_property
    def inner(self) -> np.ndarray:
        """(T, F) UF1 of each fold's inner clips; NaN where a fold was not trained or has none."""
        return self._by_fold("inner")

    @cached_property
    def wall_s(self) -> np.ndarray:
        """(T, F) seconds of training; NaN where a fold was not trained."""
        return self._by_fold("wall_s")

    @cached_property
    def folds_done(self) -> np.ndarray:
        """(T,) number of folds that were trained (or found trained)."""
        return np.asarray(np.isfinite(self.wall_s).sum(axis=1))

    @cached_property
    def predicted(self) -> np.ndarray:
        """(T, N) int8 class of each held-out clip at the trial's last epoch; -1 where its fold was not trained."""
        found = np.full((self.table.num_rows, len(self.clips)), -1, dtype=np.int8)
        rows = _combined(self.table["predicted"])
        values, ends = rows.values.to_numpy(), rows.offsets.to_numpy()
        for row, (start, end) in enumerate(zip(ends[:-1], ends[1:], strict=True)):
            found[row, : end - start] = values[start:end]  # shorter where clips were seen first by a later trial
        return found

    @cached_property
    def truth(self) -> np.ndarray:
        """(N,) class indices."""
        return np.array([clip.truth for clip in self.clips], dtype=np.int64)

    def record(self, index: int, fold: str) -> FoldRecord | None:
        """A fold's record, read from the ledger; None where the trial did not train it.

        Raises:
            ValueError: the record is damaged or gone.
        """
        rows = np.flatnonzero(self.index == index)
        if not len(rows) or fold not in self.header.fold_names:
            return None
        name = self.table["records"][int(rows[0])][self.header.fold_names.index(fold)].as_py()
        if name is None:
            return None
        try:
            return Ledger(self.home).read(name.hex())
        except FileNotFoundError as error:
            raise ValueError(
                f"A trained fold must have its record, but that of {self.trial_name(index)}, {fold}, is gone from {self.home / 'ledger'}. "
                "Run the sweep's command again."
            ) from error

    def trial_name(self, index: int) -> str:
        return f"trial {index}" + (" (paper)" if index == 0 else "")

    def _by_fold(self, column: str) -> np.ndarray:
        values = _combined(self.table[column]).values.to_numpy(zero_copy_only=False)
        return np.asarray(values, dtype=np.float32).reshape(self.table.num_rows, self.num_folds)


def _combined(column: pa.ChunkedArray) -> pa.ListArray:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
