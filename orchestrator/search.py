"""The search: Tune runs trials, Optuna proposes them, Ray Train's workers train their folds. Returns what the study and the ledger hold."""

import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from orchestrator import console
from orchestrator.fold_job import clips_of, fold_id
from orchestrator.ledger import Ledger
from orchestrator.proposals import Proposer
from orchestrator.results import SweepResult, Trial
from orchestrator.session import Session
from orchestrator.study import Settled, Study
from search_spaces.recipe import Recipe, with_settings


def search(
    session: Session,
    recipe: Recipe,
    study: Study,
    header: SweepResult,
    *,
    num_trials: int,
    hours: float | None,
    on_trial: Callable[[Trial], object],
) -> SweepResult:
    """Run what is missing of ``num_trials`` trials; ``on_trial`` learns of each as it settles, and of all before this returns.

    It is called in order, in a thread of its own: the search does not wait for MLflow (50 ms a trial, or a slow server).

    Raises:
        ValueError: the workers failed for good; finished folds are kept.
    """
    from orchestrator.searcher import StudySearcher

    deadline = time.monotonic() + 3600 * hours if hours is not None else None
    num_folds = len(session.corpus.fold_names)
    per_trial = num_folds if session.mode != "fused" else _num_rungs(recipe)
    told: dict[int, int] = {}
    writes: list[Future[object]] = []
    missing = [index for index in range(study.proposer.limit(num_trials)) if index not in study.settled]
    with (
        ThreadPoolExecutor(1, thread_name_prefix="on_trial") as writer,
        console.progress(f"{header.name}: {len(missing)} trials", len(missing) * per_trial) as bar,
    ):

        def on_points(index: int, number: int) -> None:
            told[index] = told.get(index, 0) + number
            bar.advance(number)

        def on_settled(index: int) -> None:
            if told.get(index, 0) < per_trial:
                bar.advance(per_trial - told.get(index, 0))
            settled = study.result(index)
            writes.append(writer.submit(lambda: on_trial(trial_result(session, recipe, settled))))

        searcher = StudySearcher(study, num_trials=num_trials, deadline=deadline, on_points=on_points, on_settled=on_settled)
        if missing:
            _run_tune(session, recipe, header.name, searcher, len(missing))
        if searcher.aborted is not None:
            raise ValueError(searcher.aborted)
    for write in writes:
        write.result()  # raises what it raised
    return dataclasses.replace(header, trials=tuple(trial_result(session, recipe, settled) for settled in study.results()))


def _num_rungs(recipe: Recipe) -> int:
    return min(recipe.training.epochs, recipe.training.num_evals)


def _run_tune(session: Session, recipe: Recipe, sweep: str, searcher: Any, num_trials: int) -> None:
    """A fresh Tuner every time: a restored one has a second truth beside the study."""
    from ray import tune

    from orchestrator.searcher import FoldStopper
    from orchestrator.trial import FoldTrial

    trainable = tune.with_parameters(FoldTrial, session=session, recipe=recipe, sweep=sweep)
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"node:__internal_head__": 0.001}),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=FoldStopper(searcher),
            num_samples=num_trials,
            max_concurrent_trials=searcher.study.lag,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name=f"{sweep}-{int(time.time())}",
            storage_path=str(session.home / "tune"),
            failure_config=tune.FailureConfig(max_failures=3),
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            verbose=0,
        ),
    )
    tuner.fit()


def trial_result(session: Session, recipe: Recipe, settled: Settled) -> Trial:
    """A settled trial with its fold records: all of them, or, of a pruned trial, those that were looked at."""
    names = session.corpus.fold_names
    if settled.state == "failed":
        names = ()
    elif settled.state == "pruned" and session.mode != "fused":
        names = names[: settled.stopped_at]
    elif settled.state == "pruned":
        names = ()
    return Trial(
        index=settled.index,
        settings=settled.settings,
        state=settled.state,
        folds=_records(session, recipe, settled, names) if names else {},
        inner_score=settled.inner_score,
        reason=settled.reason,
    )


def _records(session: Session, recipe: Recipe, settled: Settled, names: tuple[str, ...]) -> dict[str, Any]:
    chosen, ledger = with_settings(recipe, settled.settings), Ledger(session.home)
    digest = clips_of(chosen, session.shards(chosen)).digest
    return {name: ledger.read(fold_id(chosen, name, digest, session.seed).name) for name in names}


def concurrency(num_workers: int, num_folds: int) -> int:
    """Trials at once: enough that workers never wait at the end of a trial, and no more, since each sees fewer of the others."""
    return 1 + -(-num_workers // num_folds)


def make_study(storage: str, recipe: Recipe, space: Any, header: SweepResult, session: Session, sampler: Any) -> Study:
    proposer = Proposer(
        recipe=recipe,
        space=space,
        sampler=sampler,
        seed=session.seed,
        num_folds=len(session.corpus.fold_names),
        advancing_together=session.mode == "fused",
    )
    lag = 1 if session.mode == "fused" else concurrency(session.num_workers, len(session.corpus.fold_names))
    return Study(storage, header.name, proposer, lag=lag)
