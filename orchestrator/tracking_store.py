"""Tracking store: MLflow runs that are found by a key of ours, and content that is logged once.

A run carries the tag ``losotune.key``; who asks for the same key gets the same run. What is logged to a run is one *part* (``header``,
``trial``, ``scores``): its digest is kept in the tag ``losotune.logged.<part>``, and a part whose digest is there is not logged again.
Metrics bear the run's start time plus the part's revision as their timestamp, never the clock: MLflow drops a metric with equal name, time,
step and value, so a process killed between metrics and tag repeats itself without effect. One process at a time writes a sweep.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests
from mlflow import MlflowClient
from mlflow.entities import DatasetInput, Metric, Param, Run, RunStatus, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.telemetry import set_telemetry_client
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME
from sqlalchemy.exc import SQLAlchemyError

from search_spaces.recipe import Plain, digest

KEY = "losotune.key"
KIND = "losotune.kind"
"""``sweep``, ``trial`` or ``fold``."""
SWEEP = "losotune.sweep"
"""On every run of a sweep: its name."""
LOGGED = "losotune.logged"

UNAVAILABLE = (MlflowException, SQLAlchemyError, requests.RequestException, OSError)
"""What a server or database that cannot be reached or written looks like."""

METRICS_PER_BATCH, PARAMS_PER_BATCH = 800, 100
"""With the tags (100 at most) below MLflow's 1000 entities per call."""
PARAM_LENGTH, TAG_LENGTH = 6000, 8000


class TrackingUnavailable(ConnectionError):
    """MLflow could not be reached or written. Nothing is lost: the ledger has it all."""

    def __init__(self, uri: str, answer: str) -> None:
        super().__init__(uri, answer)
        self.uri, self.answer = uri, answer

    def __str__(self) -> str:
        answer = (self.answer.strip() or "nothing").splitlines()[0]
        return (
            f"MLflow must be reachable to write runs, but '{self.uri}' answered: {answer}. "
            "All results are in the ledger: bring it back and run the same command again."
        )


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is logged to one run in one go. Parameters cannot change once logged; everything else may."""

    params: Mapping[str, Plain] = field(default_factory=dict)
    metrics: Sequence[tuple[str, float, int]] = ()
    """(name, value, step)."""
    tags: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """Artifact path -> content."""
    inputs: Sequence[DatasetInput] = ()

    def digest(self) -> str:
        inputs = [[item.dataset.name, item.dataset.digest, item.dataset.source] for item in self.inputs]
        metrics = [[name, repr(value), step] for name, value, step in self.metrics]
        return digest([dict(self.params), metrics, dict(self.tags), dict(self.texts), inputs])[:16]


@dataclass
class KnownRun:
    """What this process knows of a run; it is the only writer."""

    id: str
    start_ms: int
    status: str
    tags: dict[str, str]


class Store:
    """One MLflow experiment. Creates database and experiment if they are missing."""

    def __init__(self, uri: str, artifacts: Path, experiment: str) -> None:
        self.uri = uri
        _quiet()
        if uri.startswith("http"):  # a dead server must cost seconds, not the default's four minutes per call
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
        if uri.startswith("sqlite:///"):
            Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        try:
            self.client = MlflowClient(tracking_uri=uri, registry_uri=uri)
            self.experiment_id = self._experiment(experiment, artifacts)
        except UNAVAILABLE as error:
            raise TrackingUnavailable(uri, str(error)) from error
        self._runs: dict[str, KnownRun] = {}

    def _experiment(self, name: str, artifacts: Path) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is None:
            location = None if self.uri.startswith("http") else artifacts.absolute().as_uri()  # a server has its own place
            return str(self.client.create_experiment(name, artifact_location=location))
        if found.lifecycle_stage != "active":
            raise ValueError(
                f"An experiment must be active to take runs, but '{name}' in {self.uri} is deleted. "
                f"Restore it: mlflow experiments restore --experiment-id {found.experiment_id}"
            )
        return str(found.experiment_id)

    def load(self, sweep: str) -> None:
        """Read what MLflow holds of a sweep, and forget what was known of it."""
        self._runs = {key: run for key, run in self._runs.items() if run.tags.get(SWEEP) != sweep}
        for run in self._search(f"tags.`{SWEEP}` = '{sweep}'"):
            if key := run.data.tags.get(KEY):
                self._runs.setdefault(key, _known(run))  # oldest first: of two runs with one key the elder counts

    def _search(self, query: str) -> Iterator[Run]:
        token = None
        while True:
            page = self.client.search_runs([self.experiment_id], query, ViewType.ACTIVE_ONLY, 1000, ["attributes.start_time ASC"], token)
            yield from page
            token = page.token
            if not token:
                return

    def upsert(self, key: str, name: str, *, kind: str, sweep: str, parent: KnownRun | None = None) -> KnownRun:
        """The run with this key, created (RUNNING) if ``load`` did not find it."""
        if key not in self._runs:
            tags = {KEY: key, KIND: kind, SWEEP: sweep, MLFLOW_RUN_NAME: name}
            if parent is not None:
                tags[MLFLOW_PARENT_RUN_ID] = parent.id
            self._runs[key] = _known(self.client.create_run(self.experiment_id, run_name=name, tags=tags))
        return self._runs[key]

    def known(self, sweep: str) -> dict[str, KnownRun]:
        return {key: run for key, run in self._runs.items() if run.tags.get(SWEEP) == sweep}

    def retire(self, key: str) -> None:
        """Delete a run whose content can no longer be true (MLflow keeps it restorable)."""
        self.client.delete_run(self._runs.pop(key).id)

    def log(self, run: KnownRun, part: str, content: Part) -> bool:
        """Log a part unless it is there already. Says whether it wrote."""
        tag = f"{LOGGED}.{part}"
        revision, _, before = run.tags.get(tag, "-1:").partition(":")
        now = content.digest()
        if before == now:
            return False
        for path, text in content.texts.items():
            self.client.log_text(run.id, text, path)
        if content.inputs:
            self.client.log_inputs(run.id, list(content.inputs))
        next_revision = int(revision) + 1
        tags = {name: value[:TAG_LENGTH] for name, value in content.tags.items()} | {tag: f"{next_revision}:{now}"}
        self._batches(run, content, tags, timestamp=run.start_ms + next_revision)
        run.tags.update(tags)
        return True

    def _batches(self, run: KnownRun, content: Part, tags: Mapping[str, str], *, timestamp: int) -> None:
        """Parameters, metrics, then the tags: the one that says all is logged comes last."""
        params = [Param(name, _text(value)[:PARAM_LENGTH]) for name, value in content.params.items()]
        metrics = [Metric(name, value, timestamp, step) for name, value, step in content.metrics]
        run_tags = [RunTag(name, value) for name, value in tags.items()]
        while len(params) > PARAMS_PER_BATCH or len(metrics) > METRICS_PER_BATCH:
            self.client.log_batch(run.id, metrics=metrics[:METRICS_PER_BATCH], params=params[:PARAMS_PER_BATCH])
            params, metrics = params[PARAMS_PER_BATCH:], metrics[METRICS_PER_BATCH:]
        self.client.log_batch(run.id, metrics=metrics, params=params, tags=run_tags)

    def set_status(self, run: KnownRun, status: str) -> str:
        if run.status == status:
            return status
        if status == "RUNNING":
            self.client.update_run(run.id, status=status)
        else:
            self.client.set_terminated(run.id, status=status, end_time=int(time.time() * 1000))
        run.status = status
        return status


def _quiet() -> None:
    """MLflow reports usage to its makers and prints to standard output by default; both only if the environment asks for it."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # which belongs to --json
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    set_telemetry_client()


def _known(run: Run) -> KnownRun:
    return KnownRun(id=run.info.run_id, start_ms=run.info.start_time, status=_status(run.info.status), tags=dict(run.data.tags))


def _status(status: str | int) -> str:
    return status if isinstance(status, str) else str(RunStatus.to_string(status))


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else json.dumps(value)
