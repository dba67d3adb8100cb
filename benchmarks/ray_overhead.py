"""What Ray Train costs: trials through the queue, against a plain pool of as many processes, and against one TorchTrainer per fold.

Both sides run ``fold_job.run`` on the same folds and write the same records to homes of their own; each repeat has new seeds, so nothing
is found recorded. The pool runs while Ray idles beside it. The cost of an *empty* fold is that of an item whose record exists: handed out,
looked up, read, handed in.
"""

import itertools
import sys
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import examples
from benchmarks.homes import built_home
from benchmarks.measure import NUM_WORKERS, Row, Size, bound, faster, interleave, overhead, processes, seconds
from benchmarks.sessions import plain_jobs, session_of, submit, train_all, warm_up
from orchestrator import cluster
from orchestrator.cluster import WORKER_ENVIRONMENT
from orchestrator.fold_job import FoldJob
from orchestrator.fold_job import run as run_job
from orchestrator.session import Session
from search_spaces.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is trained."""

    rounds: int
    epochs: int
    num_folds: int
    num_trials: int
    num_empty: int
    num_trainers: int
    short_epochs: int
    """Of the folds that are compared with one TorchTrainer each: half a second."""


PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=5, epochs=120, num_folds=8, num_trials=2, num_empty=400, num_trainers=4, short_epochs=22),
    "quick": Plan(rounds=2, epochs=80, num_folds=8, num_trials=2, num_empty=200, num_trainers=2, short_epochs=22),
    "tiny": Plan(rounds=1, epochs=1, num_folds=2, num_trials=2, num_empty=4, num_trainers=2, short_epochs=1),
}
EMPTY_LIMIT = "a call of the queue actor (0.6 ms) and reading the record"
START_LIMIT = "Ray Train's start of a worker group (5 s) and torch's import (1.3 s)"


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    recipe = examples.recipe(epochs=plan.epochs, batch_size=32, num_evals=2)
    with built_home(recipe) as home:
        rows, short_fold_s, jobs = _queue(plan, recipe, home)
        return [*rows, _one_trainer_per_fold(short_fold_s, jobs)]


def _queue(plan: Plan, recipe: Recipe, home: Path) -> tuple[list[Row], float, list[FoldJob]]:
    """The rows, wall seconds per short fold, and jobs to compare that with."""
    called = time.perf_counter()
    with session_of(recipe, home) as session:
        opened = time.perf_counter()
        short = replace(recipe, training=replace(recipe.training, epochs=1))
        train_all(lambda: [submit(session, short, folds=session.corpus.fold_names[:1], seed=9000)])
        start_s, whole_s = time.perf_counter() - opened, time.perf_counter() - called
        warm_up(session, short)
        with processes(NUM_WORKERS, WORKER_ENVIRONMENT) as pool:
            list(pool.map(run_job, plain_jobs(session, short, session.corpus.fold_names[:8], (9001, 9002), home)))
            took, empty = _trials(plan, session, recipe, home, pool), _empty(plan, session, short, home, pool)
        short_fold_s, jobs = _short_folds(plan, session, recipe, home)
    num = plan.num_trials * plan.num_folds
    what = f"{plan.num_trials} trials x {plan.num_folds} folds of {took['pool'] * NUM_WORKERS / num:.2f} s"
    return [
        overhead(what, took["queue"], f"plain pool of {NUM_WORKERS}", took["pool"], goal=1.05, limit="1.0x: the training itself"),
        bound("an empty fold", empty["queue"], "ms", at_most=10, peer="plain pool", against=empty["pool"], limit=EMPTY_LIMIT),
        bound(f"start until the first fold is done ({whole_s:.1f} s with Ray's own)", start_s, "s", at_most=10, limit=START_LIMIT),
    ], short_fold_s, jobs  # fmt: skip


def _trials(plan: Plan, session: Session, recipe: Recipe, home: Path, pool: Executor) -> dict[str, float]:
    folds, fresh = session.corpus.fold_names[: plan.num_folds], itertools.count(1)

    def seeds() -> list[int]:
        return [next(fresh) for _ in range(plan.num_trials)]

    def queue() -> float:
        return train_all(lambda: [submit(session, recipe, folds=folds, seed=seed) for seed in seeds()])

    def plain() -> float:
        jobs = plain_jobs(session, recipe, folds, seeds(), home)
        return seconds(lambda: list(pool.map(run_job, jobs)))

    return interleave({"queue": queue, "pool": plain}, plan.rounds)


def _empty(plan: Plan, session: Session, recipe: Recipe, home: Path, pool: Executor) -> dict[str, float]:
    """Milliseconds of a worker's time per fold that is recorded already."""
    folds = session.corpus.fold_names[:8]
    ours = [replace(job, home=home) for job in plain_jobs(session, recipe, folds, (9001, 9002), home)]
    theirs = plain_jobs(session, recipe, folds, (9001, 9002), home)
    each = 1000 * NUM_WORKERS / plan.num_empty
    return interleave(
        {
            "queue": lambda: each * seconds(lambda: _exchange(session, _repeated(ours, plan.num_empty))),
            "pool": lambda: each * seconds(lambda: list(pool.map(run_job, _repeated(theirs, plan.num_empty)))),
        },
        plan.rounds,
    )


def _repeated(jobs: Sequence[FoldJob], num: int) -> list[FoldJob]:
    return list(itertools.islice(itertools.cycle(jobs), num))


def _exchange(session: Session, jobs: Sequence[FoldJob]) -> None:
    """Jobs through the queue without a ``Submission``, which would leave out what is recorded."""
    import ray

    name, outcomes = uuid.uuid4().hex, list[Any]()
    ray.get(session.queue.submit.remote(name, 0, list(jobs)))
    while len(outcomes) < len(jobs):
        news, _ = ray.get(session.queue.news.remote(name, len(outcomes), 0))
        outcomes += news
    errors = {outcome.error for outcome in outcomes} - {None}
    assert not errors, errors
    session.queue.forget.remote(name)


def _short_folds(plan: Plan, session: Session, recipe: Recipe, home: Path) -> tuple[float, list[FoldJob]]:
    recipe = replace(recipe, training=replace(recipe.training, epochs=plan.short_epochs))
    folds, seeds = session.corpus.fold_names[: plan.num_folds], (9101, 9102)
    took = train_all(lambda: [submit(session, recipe, folds=folds, seed=seed) for seed in seeds])
    return took / (len(folds) * len(seeds)), plain_jobs(session, recipe, folds[: plan.num_trainers], (9103,), home)


def _one_trainer_per_fold(ours: float, jobs: Sequence[FoldJob]) -> Row:
    """Wall time per fold, as many at once on either side; the peer's from a few folds."""
    with redirect_stdout(sys.stderr):
        cluster.connect()
        try:
            with ThreadPoolExecutor(NUM_WORKERS) as drivers:
                theirs = seconds(lambda: list(drivers.map(_fit_one, jobs))) / len(jobs)
        finally:
            cluster.disconnect()
    what = f"a fold of {ours * NUM_WORKERS:.2f} s, in wall time ({len(jobs)} folds of the peer's)"
    limit = "a TorchTrainer's start and end: 6-8 s on 2 cores"
    return faster(what, ours, "one TorchTrainer per fold", theirs, unit="s", goal=20.0, limit=limit)


def _fit_one(job: FoldJob) -> None:
    """As Ray's documentation has it."""
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    def loop(config: dict[str, FoldJob]) -> None:
        run_job(config["job"])

    run_config = RunConfig(name=uuid.uuid4().hex, storage_path=str(job.home / "train"))
    TorchTrainer(loop, train_loop_config={"job": job}, scaling_config=ScalingConfig(num_workers=1), run_config=run_config).fit()
