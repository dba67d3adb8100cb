"""One hyperparameter setting as a Tune trial: submits its missing folds, waits for them, and reports each score in a fixed order.

The trial does no work itself; its actor sits on the head node and takes no CPU, so it cannot starve its own workers.
"""

import math
from typing import Any

from ray import tune

from orchestrator import cluster
from orchestrator.ledger import FoldRecord, Ledger
from orchestrator.metrics import pooled_uf1
from orchestrator.selection import inner_score
from orchestrator.session import Session
from orchestrator.submission import Submission, TrialFailed
from search_spaces.recipe import Recipe, with_settings

POINTS, DONE, SCORE, FAILED = "points", "done", "inner_score", "failed"
"""Keys of a result: new (step, score) pairs, whether the trial ended, its pooled inner score, and why it failed."""


class FoldTrial(tune.Trainable):
    """Config: ``index`` and ``settings``. Reused for the next trial when one ends."""

    def setup(self, config: dict[str, Any], *, session: Session, recipe: Recipe, sweep: str) -> None:
        cluster.prepare_environment()
        self.session, self.recipe, self.sweep = session, recipe, sweep
        self._start(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.cleanup()
        self._start(new_config)
        return True

    def _start(self, config: dict[str, Any]) -> None:
        folds = self.session.corpus.fold_names
        self.submission: Submission
        self.failure: str | None = None
        self.num_told = 0
        self.rung_told = 0
        try:
            recipe = with_settings(self.recipe, config["settings"])
            name = f"{self.sweep}/{config['index']}"
            self.submission = Submission(self.session, recipe, folds, name=name, priority=config["index"], seed=self.session.seed)
        except ValueError as error:
            self.failure = str(error)

    def step(self) -> dict[str, Any]:
        """Wait for news, but for the first report, on which the next trial waits. Points come in the order of the folds (or of the epochs),
        whatever order the workers finished in."""
        try:
            if self.failure is not None:
                raise TrialFailed(self.failure)
            points = self._points()
            if not points and self.submission.missing and self.iteration > 0:
                self.submission.poll()
                points = self._points()
            if not points:
                self._check()
            return {POINTS: points, DONE: self.submission.finished, SCORE: self._score() if self.submission.finished else None}
        except ValueError as error:
            self.cleanup()
            return {POINTS: [], DONE: True, SCORE: None, FAILED: " ".join(str(error).split())}

    def _check(self) -> None:
        """Raise if a fold failed, at its place among the points: whether a trial fails or is stopped before must be no race."""
        if self.session.mode != "fused":
            self.submission.check(self.submission.folds[: self.num_told + 1])
        elif not self.submission.missing:
            self.submission.check(self.submission.folds)

    def _points(self) -> list[tuple[int, float]]:
        return self._rung_points() if self.session.mode == "fused" else self._fold_points()

    def _fold_points(self) -> list[tuple[int, float]]:
        points: list[tuple[int, float]] = []
        for position in range(self.num_told, len(self.submission.folds)):
            fold = self.submission.finished_folds.get(self.submission.folds[position])
            if fold is None:
                break
            points.append((position + 1, _finite(fold.inner_score, fold.fold)))
        self.num_told += len(points)
        return points

    def _rung_points(self) -> list[tuple[int, float]]:
        """The pooled inner score at each epoch that all folds have reached; folds with a record have reached all of theirs."""
        points = []
        rungs = self.submission.rungs
        if self.submission.finished:  # what a killed driver or worker was told is in the records
            rungs = {**dict.fromkeys(self._record(self.submission.folds[0]).epochs, {}), **rungs}
        for epoch, told in sorted(rungs.items()):
            if epoch > self.rung_told:
                parts = [(truth, probabilities.argmax(1)) for truth, probabilities in told.values()]
                parts += [self._recorded(fold, epoch) for fold in self.submission.folds if fold not in told]
                points.append((epoch, pooled_uf1(parts, len(self.session.corpus.classes))))
                self.rung_told = epoch
        return points

    def _recorded(self, fold: str, epoch: int) -> tuple[Any, Any]:
        record = self._record(fold)
        return record.inner.truth, record.inner.predicted(record.epochs.index(epoch))

    def _record(self, fold: str) -> FoldRecord:
        records = self.submission.records
        if fold not in records:
            records[fold] = Ledger(self.session.home).read(self.submission.finished_folds[fold].record)
        return records[fold]

    def _score(self) -> float:
        return _finite(inner_score({fold: self._record(fold) for fold in self.submission.folds}), "all folds")

    def cleanup(self) -> None:
        if self.failure is None:  # else nothing was submitted
            self.submission.forget()

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing: the ledger holds all there is."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing."""


def _finite(score: float | None, where: str) -> float:
    if score is None or not math.isfinite(score):
        raise TrialFailed(f"An inner score must be finite, but got {score} for {where}. Give the protocol inner subjects (num_inner > 0).")
    return score
