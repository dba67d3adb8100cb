"""Tracking rows: a run that is over before it is written, as rows of MLflow's own tables in one transaction.

Where MLflow is a database that this process opens, its client spends 45 statements, 5 commits and 60 ms of Python on such a run, most of it
on questions whose answer is no: the run is new. Here it is one statement a table. Behind a server MLflow's own calls do it.
``tests/orchestrator/test_tracking_rows.py`` compares what both leave, so that another MLflow shows in a test and not in a store.
"""

import math
import sys
import uuid
from collections.abc import Iterable
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import DatasetInput
from mlflow.store.tracking.dbmodels.models import (
    SqlDataset,
    SqlInput,
    SqlInputTag,
    SqlLatestMetric,
    SqlMetric,
    SqlParam,
    SqlRun,
    SqlTag,
)
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from orchestrator.tracking_content import KnownRun, Part

Row = dict[str, Any]
Value = tuple[str, float, int]
"""(name, value, step)."""


def database_of(client: MlflowClient) -> SqlAlchemyStore | None:
    """The database behind a client, if there is nothing in between (no server, no workspaces)."""
    store = client._tracking_client.store
    return store if type(store) is SqlAlchemyStore else None


def write(store: SqlAlchemyStore, experiment_id: str, run: KnownRun, content: Part) -> None:
    """All rows of an ended run or none: its tags (the content's among them), and the content's parameters, metrics and inputs."""
    with store.ManagedSessionMaker(read_only=False) as session:
        _insert(session, SqlRun, [_run(run, experiment_id)])
        _insert(session, SqlTag, ({"key": key, "value": value} for key, value in run.tags.items()), run.id)
        _insert(session, SqlParam, ({"key": key, "value": value} for key, value in content.run_params.items()), run.id)
        values = list(dict.fromkeys(content.metrics))
        _insert(session, SqlMetric, (_metric(value, run.start_ms) for value in values), run.id)
        _insert(session, SqlLatestMetric, (_metric(value, run.start_ms) for value in _latest(values)), run.id)
        for given in content.inputs:
            _link(session, int(experiment_id), run.id, given)


def _insert(session: Session, table: Any, rows: Iterable[Row], run_id: str | None = None) -> None:
    found = [row if run_id is None else {**row, "run_uuid": run_id} for row in rows]
    if found:
        session.execute(insert(table.__table__), found)


def _run(run: KnownRun, experiment_id: str) -> Row:
    return {
        **dict.fromkeys(("source_name", "entry_point_name", "source_version"), ""),
        "run_uuid": run.id,
        "name": run.tags[MLFLOW_RUN_NAME],
        "experiment_id": int(experiment_id),
        "artifact_uri": run.artifact_uri,
        "source_type": "UNKNOWN",
        "user_id": "unknown",
        "status": run.status,
        "start_time": run.start_ms,
        "end_time": run.start_ms,
        "deleted_time": None,
        "lifecycle_stage": "active",
    }


def _metric(metric: Value, timestamp: int) -> Row:
    """SQL has no infinity, and MLflow keeps NaN as a 0 that is marked."""
    name, given, step = metric
    value = 0.0 if math.isnan(given) else max(-sys.float_info.max, min(sys.float_info.max, given))
    return {"key": name, "value": value, "timestamp": timestamp, "step": step, "is_nan": math.isnan(given)}


def _latest(values: Iterable[Value]) -> Iterable[Value]:
    """Per name the one of the largest (step, value), as MLflow has it."""
    latest: dict[str, Value] = {}
    for value in values:
        if value[0] not in latest or (value[2], value[1]) > (latest[value[0]][2], latest[value[0]][1]):
            latest[value[0]] = value
    return latest.values()


def _link(session: Session, experiment_id: int, run_id: str, given: DatasetInput) -> None:
    """The run used a dataset, which may be known already."""
    dataset = given.dataset
    key = {"experiment_id": experiment_id, "name": dataset.name, "digest": dataset.digest}
    known = session.scalar(select(SqlDataset.dataset_uuid).filter_by(**key))
    if known is None:
        known = uuid.uuid4().hex
        described = {"dataset_source_type": dataset.source_type, "dataset_source": dataset.source}
        more = {"dataset_schema": dataset.schema, "dataset_profile": dataset.profile}
        _insert(session, SqlDataset, [{**key, **described, **more, "dataset_uuid": known}])
    link = uuid.uuid4().hex
    ends = {"source_type": "DATASET", "source_id": known, "destination_type": "RUN", "destination_id": run_id}
    _insert(session, SqlInput, [{"input_uuid": link, **ends}])
    _insert(session, SqlInputTag, [{"input_uuid": link, "name": tag.key, "value": tag.value} for tag in given.tags])
