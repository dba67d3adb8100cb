"""What a trial costs beside its training: proposing, Tune, the study's database, MLflow. All folds of all trials are recorded before.

The study and MLflow's database are new in every repeat. The peer is Tune as its documentation shows it: a function that reports once,
proposed by ``OptunaSearch`` over SQLite, without MLflow.
"""

import itertools
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import search_spaces
from benchmarks import examples
from benchmarks.homes import built_home
from benchmarks.measure import Row, Size, bound, interleave
from benchmarks.sessions import session_of, submit, train_all
from orchestrator.proposals import Proposer
from orchestrator.results import SweepResult, Trial
from orchestrator.search import search, trial_result
from orchestrator.session import Session
from orchestrator.study import Study
from orchestrator.tracking import Tracker
from search_spaces.recipe import Recipe, with_settings

T = TypeVar("T")
AT_ONCE = 2
"""Trials: what two workers need."""
BESIDE = "MLflow, in a thread beside,"
FIXED = ("training.epochs", "training.batch_size")
"""Not searched here: they would only make the recording of the folds longer."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    rounds: int
    num_trials: int
    num_plain: int
    """Trials of plain Tune."""


PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=3, num_trials=30, num_plain=8),
    "quick": Plan(rounds=1, num_trials=16, num_plain=6),
    "tiny": Plan(rounds=1, num_trials=3, num_plain=3),
}


class Clock:
    """Seconds by what they were spent on, and when trials settled."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.settled: list[float] = []

    def timed(self, what: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return work()
        finally:
            self.spent[what] += time.perf_counter() - started

    @property
    def per_trial_ms(self) -> float:
        """After the first trials, as many as run at once: they pay for Tune's start and for that of its actors."""
        return 1000 * (self.settled[-1] - self.settled[AT_ONCE - 1]) / (len(self.settled) - AT_ONCE)


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    recipe, numbers = examples.recipe(epochs=1, batch_size=32, num_evals=1), itertools.count()
    space = {name: d for name, d in search_spaces.load("ststnet", "synthetic")[1].items() if name not in FIXED}
    with built_home(recipe) as home, session_of(recipe, home) as session:
        proposer = Proposer(
            recipe=recipe, space=space, sampler="random", seed=0, num_folds=len(session.corpus.fold_names), advancing_together=False
        )
        _record_all(session, proposer, plan.num_trials)
        clocks = list[Clock]()

        def ours() -> float:
            clocks.append(_sweep(session, proposer, home / f"sweep{next(numbers)}", plan.num_trials))
            return clocks[-1].per_trial_ms

        took = interleave({"ours": ours, "plain": lambda: _plain_tune(home / f"tune{next(numbers)}", plan.num_plain)}, plan.rounds)
    num_folds = proposer.num_folds
    what = f"a trial of {num_folds} recorded folds, after the first {AT_ONCE}"
    limit = _breakdown(clocks, plan.num_trials)
    return [bound(what, took["ours"], "ms", at_most=50, peer="Tune, function, OptunaSearch", against=took["plain"], limit=limit)]


def _record_all(session: Session, proposer: Proposer, num_trials: int) -> None:
    """Random proposals do not depend on what settled: train what they will ask for."""
    recipes = [with_settings(proposer.recipe, proposer.propose(index, []).settings) for index in range(num_trials)]
    train_all(lambda: [submit(session, recipe, folds=session.corpus.fold_names, seed=session.seed) for recipe in recipes])


def _sweep(session: Session, proposer: Proposer, folder: Path, num_trials: int) -> Clock:
    """The search of ``orchestrator.sweep`` with a new study and a new MLflow database."""
    folder.mkdir()
    clock, tracker, header = Clock(), Tracker(None, folder), _header(session, proposer.recipe)
    tracker.sweep(header, proposer.recipe)
    study = TimedStudy(f"sqlite:///{folder / 'optuna.db'}", header.name, proposer, lag=AT_ONCE)
    study.clock = clock

    def on_trial(trial: Trial) -> None:  # in a thread of its own
        clock.timed(BESIDE, lambda: tracker.trial(header, trial))

    search(session, proposer.recipe, study, header, num_trials=num_trials, hours=None, on_trial=on_trial)
    for settled in study.results():
        clock.timed("reading records", lambda settled=settled: trial_result(session, proposer.recipe, settled))  # type: ignore[misc]
    return clock


class TimedStudy(Study):
    """A study that notes its time."""

    clock = Clock()

    def ask(self, index: int) -> Any:
        return self.clock.timed("ask", lambda: super(TimedStudy, self).ask(index))

    def tell(self, *arguments: Any, **options: Any) -> None:
        self.clock.timed("tell", lambda: super(TimedStudy, self).tell(*arguments, **options))
        self.clock.settled.append(time.perf_counter())


def _header(session: Session, recipe: Recipe) -> SweepResult:
    corpus = session.corpus
    return SweepResult(
        name="benchmark", model=recipe.model, corpus="synthetic", classes=corpus.classes, fold_names=corpus.fold_names,
        data_digest=corpus.digest, seed=session.seed, trials=(),
    )  # fmt: skip


def _breakdown(clocks: list[Clock], num_trials: int) -> str:
    parts = {what: 1000 * statistics.median(clock.spent[what] for clock in clocks) / num_trials for what in clocks[0].spent}
    rest = statistics.median(clock.per_trial_ms for clock in clocks) - sum(ms for what, ms in parts.items() if what != BESIDE)
    return ", ".join(f"{what} {ms:.0f} ms" for what, ms in {**parts, "Tune, judging and the rest": max(0.0, rest)}.items())


def _plain_tune(folder: Path, num_trials: int) -> float:
    """Milliseconds per trial after the first."""
    import optuna
    from ray import tune
    from ray.tune.search import ConcurrencyLimiter
    from ray.tune.search.optuna import OptunaSearch

    folder.mkdir()
    clock = Clock()

    class Watch(tune.Callback):
        def on_trial_complete(self, *_: Any, **__: Any) -> None:
            clock.settled.append(time.perf_counter())

    def objective(config: dict[str, float]) -> None:
        tune.report({"score": config["lr"]})

    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'optuna.db'}")
    learning_rate = {"lr": optuna.distributions.FloatDistribution(1e-5, 1e-2, log=True)}
    proposals = OptunaSearch(learning_rate, metric="score", mode="max", storage=storage)
    tune.Tuner(
        tune.with_resources(objective, {"node:__internal_head__": 0.001}),
        tune_config=tune.TuneConfig(search_alg=ConcurrencyLimiter(proposals, AT_ONCE), num_samples=num_trials),
        run_config=tune.RunConfig(storage_path=str(folder), callbacks=[Watch()], verbose=0),
    ).fit()
    return clock.per_trial_ms
