"""Study reader: what the pages need of an Optuna study, in four small queries.

Optuna's own ``load_study`` makes an object of every score of every fold: seconds for 2,000 trials, and pages are opened often.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages._rdb.models import StudyModel, TrialModel, TrialParamModel, TrialUserAttributeModel
from optuna.trial import TrialState
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.exc import DBAPIError

from orchestrator.ledger import tuples
from orchestrator.study import INDEX, INTERRUPTED, REASON, SETTINGS
from search_spaces.recipe import Plain


@dataclass(frozen=True, kw_only=True)
class StudyTrial:
    """One trial as the study knows it."""

    index: int
    settings: Mapping[str, Plain]
    settled: bool
    started: datetime | None
    ended: datetime | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class StudyRows:
    """A study's trials by index, without those whose driver died, and the distribution of each dimension."""

    trials: Mapping[int, StudyTrial] = field(default_factory=dict)
    distributions: Mapping[str, BaseDistribution] = field(default_factory=dict)


class StudyReader:
    """Reads one Optuna database; nothing is created or changed."""

    def __init__(self, storage: str) -> None:
        self.engine: Engine = create_engine(storage)

    def read(self, study: str) -> StudyRows:
        """Empty where there is no such study, as for a reproduction, or no readable database: pages go on without times."""
        try:
            with self.engine.connect() as connection:
                number = connection.execute(select(StudyModel.study_id).where(StudyModel.study_name == study)).scalar()
                return StudyRows() if number is None else _rows(connection, number)
        except DBAPIError:
            return StudyRows()


def _rows(connection: Any, study: int) -> StudyRows:
    columns = TrialModel.__table__.c  # the times of the class itself are properties
    trials = connection.execute(
        select(columns.trial_id, columns.state, columns.datetime_start, columns.datetime_complete)
        .where(columns.study_id == study)
        .order_by(columns.number)
    ).all()
    told: dict[int, dict[str, Any]] = {}
    attributes = (
        select(TrialUserAttributeModel.trial_id, TrialUserAttributeModel.key, TrialUserAttributeModel.value_json)
        .join(TrialModel, TrialModel.trial_id == TrialUserAttributeModel.trial_id)
        .where(TrialModel.study_id == study, TrialUserAttributeModel.key.in_((INDEX, SETTINGS, REASON, INTERRUPTED)))
    )
    for trial, key, value in connection.execute(attributes):
        told.setdefault(trial, {})[key] = json.loads(value)
    dimensions = (
        select(TrialParamModel.param_name, func.min(TrialParamModel.distribution_json))
        .join(TrialModel, TrialModel.trial_id == TrialParamModel.trial_id)
        .where(TrialModel.study_id == study)
        .group_by(TrialParamModel.param_name)
    )
    distributions = {name: json_to_distribution(text) for name, text in connection.execute(dimensions)}
    found = (_trial(told[trial], *row) for trial, *row in trials if INDEX in told.get(trial, {}) and not told[trial].get(INTERRUPTED))
    return StudyRows(trials={trial.index: trial for trial in found}, distributions=distributions)


def _trial(attributes: Mapping[str, Any], state: TrialState, started: datetime | None, ended: datetime | None) -> StudyTrial:
    settings = {name: tuples(value) for name, value in json.loads(attributes[SETTINGS]).items()}
    return StudyTrial(
        index=attributes[INDEX],
        settings=settings,
        settled=state.is_finished(),
        started=_utc(started),
        ended=_utc(ended),
        reason=attributes.get(REASON, ""),
    )


def _utc(time: datetime | None) -> datetime | None:
    """Optuna keeps UTC without saying so."""
    return None if time is None else time.replace(tzinfo=UTC)
