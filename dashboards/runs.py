"""Runs: the only reader of MLflow, the study, the summaries and the ledger. Gives the sweeps of a home, and one sweep as arrays."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlflow.entities import Run, ViewType

from dashboards.running import running
from dashboards.stores import in_use
from dashboards.study_reader import StudyReader, StudyRows
from dashboards.sweep_view import INTERRUPTED, RUNNING, Listed, SweepView
from orchestrator.results import SweepResult
from orchestrator.study import default_storage
from orchestrator.summary_files import FOLDER, driven, folder, read_clips, read_header, read_scores, read_trials
from orchestrator.tracking import Tracker, default_uri
from orchestrator.tracking_store import KEY, KIND, SWEEP, UNAVAILABLE

PAGE = 1000
RETRY_S = 30.0


class NoSweep(LookupError):
    """There is no sweep of that name; says which there are."""


class Runs:
    """A home's sweeps. Reads only: an empty home stays empty, and MLflow being away costs links and scores of old sweeps, no page."""

    def __init__(self, home: Path, tracking_uri: str | None = None, storage: str | None = None) -> None:
        self.home, self.tracking_uri = home.absolute(), tracking_uri
        self.storage = storage or default_storage(home)
        self._study: StudyReader | None = None
        self._tracker: Tracker | None = None
        self._retry_at = 0.0

    @property
    def address(self) -> str:
        """MLflow's address or database."""
        return self.tracking_uri or default_uri(self.home)

    def tracker(self) -> Tracker | None:
        """The view in MLflow; None while there is none, or it does not answer."""
        if self.away or not in_use(self.address, "runs"):
            return None
        if self._tracker is None:
            try:
                self._tracker = Tracker.existing(self.tracking_uri, self.home)
            except (ValueError, *UNAVAILABLE):
                self._retry_at = time.monotonic() + RETRY_S
        return self._tracker

    @property
    def away(self) -> bool:
        """MLflow did not answer lately: it is left alone for a while, so that pages stay quick."""
        return time.monotonic() < self._retry_at

    def sweeps(self) -> list[Listed]:
        """Searches and reproductions, the newest first; those that MLflow does not know come from their summaries."""
        known = {found.name: found for run in self._search(f"tags.`{KIND}` = 'sweep'") for found in [self._listed(run)]}
        headers = (read_header(place) for place in sorted((self.home / FOLDER).glob("*")) if place.name not in known)
        return [*reversed(known.values()), *(_unlisted(self.home, header) for header in headers if header is not None)]

    def listed(self, name: str) -> Listed:
        """One sweep.

        Raises:
            NoSweep: neither MLflow nor the summaries know it.
        """
        if not _harmless(name):
            raise NoSweep(
                "A sweep must be named by letters, digits, '-', '_' and '.', but the name that came is not. Choose one of the list."
            )
        for run in self._search(f"tags.`{KEY}` = '{name}'"):
            return self._listed(run)
        header = read_header(folder(self.home, name))
        if header is None:
            raise NoSweep(
                f"A sweep must be known to MLflow or have a summary, but '{name}' in {self.home} has neither. Choose one of the list."
            )
        return _unlisted(self.home, header)

    def view(self, name: str) -> SweepView | None:
        """One sweep as arrays; None before its first trial has settled or its summary is made (``completion`` makes it)."""
        listed, study = self.listed(name), self.study(name)
        place = folder(self.home, name)
        header = read_header(place)
        if header is None:
            return None
        table, kept = read_trials(place), read_scores(place)
        scores, reasons, num_scored = kept or ({}, {}, 0)
        settled = [index for index, trial in study.trials.items() if trial.settled]
        view = SweepView(
            home=self.home, listed=listed, header=header, table=table, clips=tuple(read_clips(place)),
            num_settled=max(len(settled), table.num_rows), times={n: (t.started, t.ended) for n, t in study.trials.items()},
            distributions=study.distributions, scores=scores, reasons=reasons, num_scored=num_scored,
        )  # fmt: skip
        return replace(view, running=running(view, study.trials.values())) if view.live else view

    def study(self, name: str) -> StudyRows:
        """The study's trials; empty for a reproduction, and while there is no study."""
        if not in_use(self.storage, "studies"):
            return StudyRows()
        if self._study is None:
            self._study = StudyReader(self.storage)
        return self._study.read(name)

    def trial_runs(self, name: str) -> dict[int, Run]:
        """The MLflow runs of a sweep's trials, by index."""
        found = self._search(f"tags.`{SWEEP}` = '{name}' and tags.`{KIND}` = 'trial'")
        return {int(run.data.tags[KEY].rpartition("/")[2]): run for run in found}

    def trial_run_id(self, name: str, index: int) -> str | None:
        """The MLflow run of one trial."""
        return next((run.info.run_id for run in self._search(f"tags.`{KEY}` = '{name}/{index}'")), None) if _harmless(name) else None

    def artifact(self, run_id: str, path: str) -> Any:
        """A JSON artifact of a run; None where there is none."""
        tracker = self.tracker()
        if tracker is None:
            return None
        try:
            return json.loads(Path(tracker.store.client.download_artifacts(run_id, path)).read_bytes())
        except (*UNAVAILABLE, ValueError):
            return None

    def _search(self, query: str) -> list[Run]:
        """Oldest first; nothing where MLflow is away."""
        tracker, token = self.tracker(), None
        found: list[Run] = []
        if tracker is None:
            return []
        try:
            while True:
                ids, order = [tracker.store.experiment_id], ["attributes.start_time ASC"]
                page = tracker.store.client.search_runs(ids, query, ViewType.ACTIVE_ONLY, PAGE, order, token)
                found, token = [*found, *page], page.token
                if not token:
                    return found
        except UNAVAILABLE:
            self._retry_at = time.monotonic() + RETRY_S
            return []

    def _listed(self, run: Run) -> Listed:
        tags, info = run.data.tags, run.info
        status = str(info.status)
        if status == RUNNING and driven(self.home, tags[KEY]) is False:
            status = INTERRUPTED
        return Listed(
            name=tags[KEY], model=tags.get("model", ""), corpus=tags.get("corpus", ""), status=status, run_id=info.run_id,
            experiment_id=info.experiment_id, started=_time(info.start_time), ended=_time(info.end_time), tags=tags,
            params=run.data.params, metrics=run.data.metrics,
        )  # fmt: skip


def _unlisted(home: Path, header: SweepResult) -> Listed:
    """A sweep that MLflow does not tell of."""
    status = RUNNING if driven(home, header.name) else "UNKNOWN"
    return Listed(
        name=header.name, model=header.model, corpus=header.corpus, status=status, run_id=None, experiment_id=None, started=None,
        ended=None, tags=header.tags, params={}, metrics={},
    )  # fmt: skip


def _harmless(name: str) -> bool:
    """A name that may stand in a path and in a query."""
    return name.replace("-", "").replace("_", "").replace(".", "").isalnum() and not name.startswith(".")


def _time(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
