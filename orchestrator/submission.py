"""One setting's folds, from submission to outcomes: skips folds that have a record, and submits again if the queue forgot them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from orchestrator.fold_job import FoldDone, clips_of, done, fold_id
from orchestrator.ledger import FoldRecord, Ledger
from orchestrator.session import Session
from search_spaces.recipe import Recipe


class TrialFailed(ValueError):
    """A fold of the setting raised, diverged, or killed its workers."""


@dataclass
class Submission:
    """Folds of one recipe at one seed. Poll it until ``finished``."""

    session: Session
    recipe: Recipe
    folds: Sequence[str]
    name: str
    priority: int
    seed: int
    finished_folds: dict[str, FoldDone] = field(default_factory=dict)
    records: dict[str, FoldRecord] = field(default_factory=dict)
    """Of folds that were recorded before: they have been read."""
    failed_folds: dict[str, str] = field(default_factory=dict)
    """Fold -> why."""
    rungs: dict[int, dict[str, tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    """Epoch -> fold -> (inner truth, inner probabilities), of folds that advance together."""
    _num_seen: int = 0

    def __post_init__(self) -> None:
        ledger, digest = Ledger(self.session.home), clips_of(self.recipe, self.session.shards(self.recipe)).digest
        for fold in self.folds:
            name = fold_id(self.recipe, fold, digest, self.seed).name
            if ledger.has(name):
                self.records[fold] = ledger.read(name)
                self.finished_folds[fold] = done(self.records[fold])
        self._submit()

    @property
    def missing(self) -> list[str]:
        return [fold for fold in self.folds if fold not in self.finished_folds and fold not in self.failed_folds]

    @property
    def finished(self) -> bool:
        """Every fold has a record."""
        return len(self.finished_folds) == len(self.folds)

    def check(self, folds: Sequence[str]) -> None:
        """Raises:
        TrialFailed: one of these folds failed; the first is told.
        """
        for fold in folds:
            if fold in self.failed_folds:
                raise TrialFailed(self.failed_folds[fold])

    def _submit(self) -> None:
        import ray

        self._num_seen = 0
        if self.missing:
            jobs = self.session.jobs(self.recipe, self.missing, seed=self.seed)
            ray.get(self.session.queue.submit.remote(self.name, self.priority, jobs))

    def poll(self) -> None:
        """Wait a moment for news.

        Raises:
            TrialFailed: there are no workers any more.
        """
        import ray

        if not self.missing:
            return
        news: tuple[list[Any], dict[int, Any]] | None = ray.get(
            self.session.queue.news.remote(self.name, self._num_seen, max(self.rungs, default=0))
        )
        if news is None:
            self._submit()
            return
        outcomes, rungs = news
        self._num_seen += len(outcomes)
        for outcome in outcomes:
            if outcome.error is not None and not outcome.folds:
                raise TrialFailed(outcome.error)
            self.failed_folds.update(dict.fromkeys(outcome.folds, outcome.error or ""))
            self.finished_folds.update({fold.fold: fold for fold in outcome.done})
        self.rungs.update(rungs)

    def forget(self) -> None:
        """Drop what still waits in the queue."""
        self.session.queue.forget.remote(self.name)


def run_folds(submission: Submission) -> Iterator[FoldDone]:
    """The folds as they finish, those with a record first; the first that fails raises."""
    told: set[str] = set()
    while True:
        submission.check(submission.folds)
        for fold, outcome in submission.finished_folds.items():
            if fold not in told:
                told.add(fold)
                yield outcome
        if submission.finished:
            submission.forget()
            return
        submission.poll()
