"""Tracking store: MLflow runs that are found by a key of ours, and content that is logged once.

A run carries the tag ``losotune.key``; who asks for the same key gets the same run. What is logged to a run is one *part* (``header``,
``trial``, ``scores``): its digest is kept in the tag ``losotune.logged.<part>``, and a part whose digest is there is not logged again.
Metrics bear the run's start time plus the part's revision as their timestamp, never the clock: MLflow drops a metric with equal name, time,
step and value, so a process killed between metrics and tag repeats itself without effect. One process at a time writes a sweep.
"""

import logging
import os
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from alembic.util.exc import CommandError
from mlflow import MlflowClient
from mlflow.entities import Experiment, Metric, Param, Run, RunStatus, RunTag, ViewType
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.telemetry import set_telemetry_client
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME
from mlflow.utils.uri import append_to_uri_path

from orchestrator import databases, tracking_rows
from orchestrator.addresses import is_server, masked
from orchestrator.tracking_content import Identity, KnownRun, Part
from orchestrator.unavailable import UNAVAILABLE, TrackingUnavailable

KEY = "losotune.key"
KIND = "losotune.kind"
"""``sweep``, ``trial`` or ``fold``."""
SWEEP = "losotune.sweep"
"""On every run of a sweep: its name."""
LOGGED = "losotune.logged"

METRICS_PER_BATCH, PARAMS_PER_BATCH = 800, 100
"""With the tags (100 at most) below MLflow's 1000 entities per call."""


class Store:
    """One MLflow experiment. Creates database and experiment if they are missing."""

    def __init__(self, uri: str, artifacts: Path, experiment: str) -> None:
        self.uri = uri
        if uri.startswith("sqlite:///"):
            Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        try:
            databases.probe(uri)
            self.client = client(uri)
            found = self._experiment(experiment, artifacts)
        except UNAVAILABLE as error:
            raise TrackingUnavailable(uri, str(error)) from error
        except CommandError as error:
            raise databases.taken(uri, error) from error
        self.experiment_id = str(found.experiment_id)
        self._place = str(found.artifact_location)
        self._database = tracking_rows.database_of(self.client)
        if self._database is not None:
            databases.commit_quickly(self._database.engine)
        self._runs: dict[str, KnownRun] = {}

    def _experiment(self, name: str, artifacts: Path) -> Experiment:
        found = self.client.get_experiment_by_name(name)
        if found is None:
            location = None if is_server(self.uri) else artifacts.absolute().as_uri()  # a server has its own place
            return self.client.get_experiment(self.client.create_experiment(name, artifact_location=location))
        if found.lifecycle_stage != "active":
            raise ValueError(
                f"An experiment must be active to take runs, but '{name}' in {masked(self.uri)} is deleted. "
                f"Restore it: mlflow experiments restore --experiment-id {found.experiment_id}"
            )
        return found

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

    def upsert(self, who: Identity) -> KnownRun:
        """The run with this key, created (RUNNING) if ``load`` did not find it."""
        run = self._runs.get(who.key)
        if run is None:
            run = self._runs[who.key] = _known(self.client.create_run(self.experiment_id, run_name=who.name, tags=_tags(who)))
        elif run.tags.get(MLFLOW_RUN_NAME) != who.name:
            self.client.update_run(run.id, name=who.name)
            run.tags[MLFLOW_RUN_NAME] = who.name
        return run

    def ended(self, who: Identity, part: str, content: Part, status: str) -> KnownRun:
        """The run with this key, holding one part, with the status it ended with."""
        if self._database is not None and who.key not in self._runs:
            return self._write_ended(self._database, who, part, content, status)
        run = self.upsert(who)
        self.log(run, part, content)
        self.set_status(run, status)
        return run

    def _write_ended(self, database: SqlAlchemyStore, who: Identity, part: str, content: Part, status: str) -> KnownRun:
        run_id, now = uuid.uuid4().hex, _now_ms()
        tags = {**_tags(who), **content.run_tags, f"{LOGGED}.{part}": f"0:{content.digest()}"}
        place = append_to_uri_path(self._place, run_id, "artifacts")
        run = KnownRun(id=run_id, start_ms=now, status=status, tags=tags, artifact_uri=place)
        self._write_texts(run, content.texts)  # first: a run that is there has its files
        tracking_rows.write(database, self.experiment_id, run, content)
        self._runs[who.key] = run
        return run

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
        self._write_texts(run, content.texts)
        if content.inputs:
            self.client.log_inputs(run.id, list(content.inputs))
        next_revision = int(revision) + 1
        tags = content.run_tags | {tag: f"{next_revision}:{now}"}
        self._batches(run, content, tags, timestamp=run.start_ms + next_revision)
        run.tags.update(tags)
        return True

    def _write_texts(self, run: KnownRun, texts: Mapping[str, str]) -> None:
        """All artifacts of a part in one go, without asking MLflow where they belong."""
        if not texts:
            return
        with tempfile.TemporaryDirectory(prefix="losotune-run-") as folder:
            for path, text in texts.items():
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            try:
                get_artifact_repository(run.artifact_uri, self.uri, self.uri).log_artifacts(folder)
            except Exception as error:  # of the store's own library: boto3's share no base with others
                raise OSError(f"{type(error).__name__}: {error}") from error

    def _batches(self, run: KnownRun, content: Part, tags: Mapping[str, str], *, timestamp: int) -> None:
        """Parameters, metrics, then the tags: the one that says all is logged comes last."""
        params = [Param(name, text) for name, text in content.run_params.items()]
        metrics = [Metric(name, value, timestamp, step) for name, value, step in content.metrics]
        run_tags = [RunTag(name, value) for name, value in tags.items()]
        while len(params) > PARAMS_PER_BATCH or len(metrics) > METRICS_PER_BATCH:
            self.client.log_batch(run.id, metrics=metrics[:METRICS_PER_BATCH], params=params[:PARAMS_PER_BATCH])
            params, metrics = params[PARAMS_PER_BATCH:], metrics[METRICS_PER_BATCH:]
        self.client.log_batch(run.id, metrics=metrics, params=params, tags=run_tags)

    def add_metrics(self, run: KnownRun, values: Sequence[Metric]) -> None:
        """Append to a run's histories."""
        if values:
            self.client.log_batch(run.id, metrics=values)

    def set_status(self, run: KnownRun, status: str) -> str:
        if run.status == status:
            return status
        if status == "RUNNING":
            self.client.update_run(run.id, status=status)
        else:
            self.client.set_terminated(run.id, status=status, end_time=_now_ms())
        run.status = status
        return status


def client(uri: str) -> MlflowClient:
    """MLflow at an address. It reports usage to its makers and prints to standard output unless the environment says otherwise, and gives a
    dead server four minutes for each call."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # which belongs to --json
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    set_telemetry_client()
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # a traceback per call: what fails is raised, and told by us
    if is_server(uri):
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _tags(who: Identity) -> dict[str, str]:
    tags = {KEY: who.key, KIND: who.kind, SWEEP: who.sweep, MLFLOW_RUN_NAME: who.name}
    return tags if who.parent is None else {**tags, MLFLOW_PARENT_RUN_ID: who.parent.id}


def _known(run: Run) -> KnownRun:
    info = run.info
    return KnownRun(
        id=info.run_id, start_ms=info.start_time, status=_status(info.status), tags=dict(run.data.tags), artifact_uri=info.artifact_uri
    )  # fmt: skip


def _now_ms() -> int:
    return int(time.time() * 1000)


def _status(status: str | int) -> str:
    return status if isinstance(status, str) else str(RunStatus.to_string(status))
