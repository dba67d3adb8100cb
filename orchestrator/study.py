"""The study: the search's only truth, in a database (SQLite by default, PostgreSQL on a cluster). One driver writes it.

A trial has an index (0 is the paper's point), its settings, and, once settled, a state: COMPLETE with the pooled inner score, PRUNED, or
FAIL with a reason. A trial that was RUNNING when its driver died is failed as interrupted and its index is asked again.

A database server that is restarted costs a pause of at most a minute; one that stays away ends the search with ``StudyUnavailable``, and
the same command goes on later."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.distributions import distribution_to_json
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import BaseModel, TrialIntermediateValueModel, TrialParamModel, TrialUserAttributeModel
from optuna.storages._rdb.storage import _create_scoped_session as create_session
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from orchestrator import databases
from orchestrator.ledger import tuples
from orchestrator.proposals import Proposal, Proposer
from orchestrator.unavailable import StudyUnavailable
from search_spaces.recipe import Plain

State = Literal["complete", "pruned", "failed"]
_STATES: dict[State, TrialState] = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
INDEX, SETTINGS, REASON, INTERRUPTED, STOPPED_AT, NOTES = "index", "settings", "reason", "interrupted", "stopped_at", "pruner_notes"


@dataclass(frozen=True, kw_only=True)
class Settled:
    """An ended trial as the study knows it."""

    index: int
    settings: Mapping[str, Plain]
    state: State
    inner_score: float | None
    reason: str
    stopped_at: int | None
    """Of a pruned trial: the last step that was looked at (a count of folds, or an epoch)."""


def default_storage(home: Path) -> str:
    return f"sqlite:///{home.absolute() / 'optuna.db'}"


class Study:
    """Asks, reports and tells; remembers what settled."""

    def __init__(self, storage: str, name: str, proposer: Proposer, *, lag: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.address, self.proposer, self.lag = storage, proposer, lag
        with self._said():
            self.study = optuna.create_study(storage=_storage(storage), study_name=name, load_if_exists=True, direction="maximize")
            databases.commit_quickly(self.study._storage._backend.engine)
        self.settled: dict[int, FrozenTrial] = {}
        """Index -> trial in the form that proposals see."""
        self._ids: dict[int, int] = {}
        """Index -> the database's number of the trial."""
        with self._database():
            self._recover()

    @contextmanager
    def _database(self) -> Iterator[None]:
        """Around what reads or writes: a server that is away is waited for, and what it says at last is told."""
        with self._said():
            if databases.is_remote(self.address):
                databases.wait_for(self.study._storage._backend.engine)
            yield

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, StorageInternalError, ConnectionError) as error:
            raise StudyUnavailable(self.address, databases.said(error)) from error

    def _recover(self) -> None:
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state in (TrialState.RUNNING, TrialState.WAITING):
                if trial.state == TrialState.WAITING:
                    self.study.ask()  # a waiting trial cannot be told
                self._set(trial, INTERRUPTED, True)
                self.study.tell(trial.number, state=TrialState.FAIL)
            elif not trial.user_attrs.get(INTERRUPTED) and INDEX in trial.user_attrs:
                self.settled[trial.user_attrs[INDEX]] = _visible(trial)
                self._ids[trial.user_attrs[INDEX]] = trial._trial_id

    def may_ask(self, index: int) -> bool:
        """Whether all that trial ``index`` is to see has settled."""
        return all(earlier in self.settled for earlier in range(index - self.lag + 1))

    def ask(self, index: int) -> Proposal:
        """Propose trial ``index`` and note it as RUNNING."""
        proposal = self.proposer.propose(index, [self.settled[earlier] for earlier in range(index - self.lag + 1)])
        with self._database():
            self._ids[index] = self.study._storage.create_new_trial(self.study._study_id)
            self._add(index, [*_params(proposal.frozen), *_attributes({INDEX: index, SETTINGS: json.dumps(dict(proposal.settings))})])
        return proposal

    def tell(self, proposal: Proposal, state: State, *, inner_score: float | None, reason: str = "", stopped_at: int | None = None) -> None:
        """Settle a trial: its scores by step, its outcome and why."""
        frozen, index = proposal.frozen, proposal.index
        notes = {REASON: reason, STOPPED_AT: stopped_at, NOTES: json.dumps(dict(frozen.system_attrs))}
        last = frozen.intermediate_values.get(frozen.last_step) if state == "pruned" else None  # as Optuna's own tell has it
        value = inner_score if state == "complete" else last
        with self._database():
            self._add(index, [*_scores(frozen), *_attributes(notes)])
            self.study._storage.set_trial_state_values(self._ids[index], _STATES[state], None if value is None else [value])
            self.study.get_trials(deepcopy=False)  # reads what is new; what ended is not read again
            self.settled[index] = _visible(self._trial(index))

    def _trial(self, index: int) -> FrozenTrial:
        return self.study._storage.get_trial(self._ids[index])

    def _add(self, index: int, rows: Iterable[BaseModel]) -> None:
        """Rows of a running trial in one transaction: Optuna's methods take one each, of 2 ms and several queries."""
        with create_session(self.study._storage._backend.scoped_session) as session:
            for row in rows:
                row.trial_id = self._ids[index]
                session.add(row)

    def _set(self, trial: FrozenTrial, name: str, value: Any) -> None:
        self.study._storage.set_trial_user_attr(trial._trial_id, name, value)

    def result(self, index: int) -> Settled:
        """A settled trial."""
        return _settled(index, self._trial(index))

    def results(self) -> list[Settled]:
        """Every settled trial, by index."""
        return [self.result(index) for index in sorted(self.settled)]


def _storage(address: str) -> str | RDBStorage:
    """Of a server: answers or says so in seconds."""
    if not databases.is_remote(address):
        return address
    databases.probe(address)
    try:
        return RDBStorage(address, engine_kwargs=databases.options_of(make_url(address)))
    except RuntimeError as error:  # tables of another version, or of MLflow
        raise databases.taken(address, error) from error


def _params(trial: FrozenTrial) -> Iterator[BaseModel]:
    for name, distribution in trial.distributions.items():
        value = distribution.to_internal_repr(trial.params[name])
        yield TrialParamModel(param_name=name, param_value=value, distribution_json=distribution_to_json(distribution))


def _scores(trial: FrozenTrial) -> Iterator[BaseModel]:
    for step, score in trial.intermediate_values.items():
        value, kind = TrialIntermediateValueModel.intermediate_value_to_stored_repr(score)
        yield TrialIntermediateValueModel(step=step, intermediate_value=value, intermediate_value_type=kind)


def _attributes(attributes: Mapping[str, Any]) -> Iterator[BaseModel]:
    for name, content in attributes.items():
        yield TrialUserAttributeModel(key=name, value_json=json.dumps(content))


def _settled(index: int, trial: FrozenTrial) -> Settled:
    states = {state: name for name, state in _STATES.items()}
    attributes = trial.user_attrs
    settings = {name: tuples(value) for name, value in json.loads(attributes[SETTINGS]).items()}
    complete = trial.state == TrialState.COMPLETE
    return Settled(
        index=index,
        settings=settings,
        state=states[trial.state],
        inner_score=trial.value if complete else None,
        reason=attributes.get(REASON, ""),
        stopped_at=attributes.get(STOPPED_AT),
    )


def _visible(trial: FrozenTrial) -> FrozenTrial:
    """A settled trial as later proposals see it, from what the database keeps."""
    return create_trial(
        state=trial.state,
        value=trial.value if trial.state == TrialState.COMPLETE else None,
        params=trial.params,
        distributions=trial.distributions,
        intermediate_values=trial.intermediate_values,
        system_attrs=json.loads(trial.user_attrs.get(NOTES, "{}")),
    )
