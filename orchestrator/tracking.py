"""Tracking: the only writer to MLflow, in the driver only. One run per sweep, a child per trial, on request a child per fold of it.

MLflow is a view of the ledger: everything is found or created by a key, so a restart, a re-run or a second ``reconcile`` changes nothing. A
server that fails while a sweep runs costs the view, never the sweep: ``behind`` is set, one warning is given, and ``reconcile`` at the end
writes what is missing. Only the calls at either end (``Tracker``, ``sweep``, ``reconcile``) raise ``TrackingUnavailable``.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from orchestrator import tracking_parts as parts
from orchestrator import tracking_trials as trials
from orchestrator.machine_load import MachineLoad
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import Score
from orchestrator.tracking_content import Identity, KnownRun
from orchestrator.tracking_store import Store
from orchestrator.unavailable import UNAVAILABLE, TrackingUnavailable
from search_spaces.published import targets
from search_spaces.recipe import Recipe, Target

__all__ = ["Tracker", "TrackingUnavailable", "default_uri"]

RETRY_S = 60.0
"""How long a failed server is left alone before the next trial tries it again."""

DATABASE = "mlflow.db"

T = TypeVar("T")


def default_uri(home: Path) -> str:
    return f"sqlite:///{home.absolute() / DATABASE}"


class Tracker:
    """Writes sweeps to one MLflow experiment."""

    def __init__(self, uri: str | None, home: Path, experiment: str = "losotune") -> None:
        """``uri`` None is the SQLite database below ``home``. Creates database and experiment where they are missing."""
        self.uri = uri or default_uri(home)
        self.store = Store(self.uri, home.absolute() / "artifacts", experiment)
        self.behind = False
        """Something could not be written; only ``reconcile`` clears it."""
        self._retry_at = 0.0
        self._recipes: dict[str, Recipe] = {}
        """By sweep: what its trials vary."""
        self._load = MachineLoad()

    @classmethod
    def existing(cls, uri: str | None, home: Path) -> "Tracker":
        """For commands that only use what a sweep wrote: a mistyped home is an error, not a new database."""
        if uri is None and not (home / DATABASE).exists():
            raise ValueError(f"--home must hold the database that a sweep wrote, but {home.absolute()} has no {DATABASE}. Name that home.")
        return cls(uri, home)

    def sweep(self, header: SweepResult, recipe: Recipe) -> str:
        """The sweep's run, RUNNING: call it before the first trial (``header.trials`` may be empty). Gives the run's id."""
        return self._at_the_ends(lambda: self._open(header, recipe)).id

    def trial(self, header: SweepResult, trial: Trial, *, fold_runs: bool = False) -> str | None:
        """Write one ended trial. Gives its run's id, or None if MLflow is away."""
        return self._within(lambda: self._trial(header, trial, fold_runs).id)

    def scores(self, header: SweepResult, scores: Sequence[Score], reported: Sequence[Target]) -> bool:
        """Write the rules' scores beside the paper's. Says whether MLflow has them."""
        return self._within(lambda: self._scores(header, scores, reported)) is not None

    def finish(self, header: SweepResult, status: str = "FINISHED") -> bool:
        """End the sweep's run: FINISHED, FAILED or KILLED. Says whether MLflow has it."""
        self._load.stop()
        return self._within(lambda: self.store.set_status(self._known(header), status)) is not None

    def reconcile(
        self, result: SweepResult, recipe: Recipe, scores: Sequence[Score] = (), *, status: str = "FINISHED", fold_runs: bool = False
    ) -> str:
        """Make MLflow say what the result says, whatever was lost or left RUNNING before. Gives the sweep's run id."""
        self._load.stop()
        run = self._at_the_ends(lambda: self._reconcile(result, recipe, scores, status, fold_runs))
        self.behind, self._retry_at = False, 0.0
        return run.id

    def _reconcile(self, result: SweepResult, recipe: Recipe, scores: Sequence[Score], status: str, fold_runs: bool) -> KnownRun:
        run = self._open(result, recipe, reopen=False)
        for trial in result.trials:
            self._trial(result, trial, fold_runs)
        for left in self.store.known(result.name).values():
            if left.status == "RUNNING" and left.id != run.id:  # ours are ended: these belong to a killed driver
                self.store.set_status(left, "KILLED")
        if scores:
            self._scores(result, scores, targets(recipe))
        self.store.set_status(run, status)
        return run

    def _open(self, header: SweepResult, recipe: Recipe, *, reopen: bool = True) -> KnownRun:
        self._recipes[header.name] = recipe
        self.store.load(header.name)
        run = self.store.upsert(Identity(key=header.name, name=parts.sweep_name(header), kind="sweep", sweep=header.name))
        if reopen:
            self.store.set_status(run, "RUNNING")
            self._load.start(run.start_ms)
        self.store.log(run, "header", parts.header(header, recipe))
        if parts.NOTE not in run.tags:  # one with scores is better than one without
            self.store.log(run, "note", parts.note_part(header, recipe))
        return run

    def _scores(self, header: SweepResult, scores: Sequence[Score], reported: Sequence[Target]) -> bool:
        run = self._known(header)
        wrote = self.store.log(run, "scores", parts.scores_part(header, scores, reported))
        return self.store.log(run, "note", parts.note_part(header, self._recipes[header.name], scores)) or wrote

    def _known(self, header: SweepResult) -> KnownRun:
        run = self.store.known(header.name).get(header.name)
        if run is None:
            raise LookupError(f"A sweep must be opened before it is written to, but '{header.name}' is not. Call Tracker.sweep first.")
        return run

    def _trial(self, header: SweepResult, trial: Trial, fold_runs: bool) -> KnownRun:
        key, sweep_run, recipe = f"{header.name}/{trial.index}", self._known(header), self._recipes[header.name]
        before = self.store.known(header.name).get(key)
        if before is not None and before.tags.get(trials.SETTINGS, trials.settings_digest(trial)) != trials.settings_digest(trial):
            self.store.retire(key)  # the search began anew (its study was deleted): parameters cannot be changed in place
        who = Identity(key=key, name=trials.trial_name(trial, recipe), kind="trial", sweep=header.name, parent=sweep_run)
        run = self.store.ended(who, "trial", trials.trial_part(header, trial, recipe), trials.STATUS[trial.state])
        if fold_runs:
            for fold, record in trial.folds.items():
                who = Identity(key=f"{key}/{fold}", name=fold, kind="fold", sweep=header.name, parent=run)
                self.store.ended(who, "fold", trials.fold_part(header, record), "FINISHED")
        if before is None:
            self._load.write(lambda samples: self.store.add_metrics(sweep_run, samples))
        return run

    def _at_the_ends(self, write: Callable[[], T]) -> T:
        try:
            return write()
        except UNAVAILABLE as error:
            raise TrackingUnavailable(self.uri, str(error)) from error

    def _within(self, write: Callable[[], T]) -> T | None:
        """Never lets MLflow's trouble reach a running sweep."""
        if time.monotonic() < self._retry_at:
            return None
        try:
            return write()
        except UNAVAILABLE as error:
            if not self.behind:
                warnings.warn(f"{TrackingUnavailable(self.uri, str(error))} The sweep goes on.", RuntimeWarning, stacklevel=3)
            self.behind, self._retry_at = True, time.monotonic() + RETRY_S
            return None
