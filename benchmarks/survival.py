"""A worker killed in mid-sweep: what is lost, what is trained again and what it costs, against the same kill in a plain process pool."""

import os
import signal
from collections import Counter
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import examples
from benchmarks.homes import built_home
from benchmarks.measure import NUM_WORKERS, Row, Size, bound, processes
from benchmarks.sessions import plain_jobs, session_of, submit, train_all, warm_up
from orchestrator.cluster import WORKER_ENVIRONMENT
from orchestrator.fold_job import clips_of, fold_id
from orchestrator.fold_job import run as run_job
from orchestrator.ledger import Ledger
from orchestrator.session import Session
from search_spaces.recipe import Recipe

WORKER = "RayTrainWorker"
LIMIT = "Ray Train restarts the whole group: 6-8 s on 2 cores"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is trained."""

    rounds: int
    epochs: int
    num_folds: int


PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=3, epochs=120, num_folds=16),
    "quick": Plan(rounds=1, epochs=80, num_folds=16),
    "tiny": Plan(rounds=1, epochs=10, num_folds=6),
}


@dataclass(frozen=True, kw_only=True)
class Harm:
    """What a kill did, summed over the rounds but for the time, which is the worst."""

    extra_s: float
    lost: int
    counted_twice: int
    given_out_again: int


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    recipe = examples.recipe(epochs=plan.epochs, batch_size=32, num_evals=2)
    with built_home(recipe) as home, session_of(recipe, home) as session:
        warm_up(session, examples.recipe(epochs=1, batch_size=32, num_evals=1))
        harms = [_kill_one(plan, session, recipe, seed) for seed in range(1, 2 * plan.rounds, 2)]
        with processes(NUM_WORKERS, WORKER_ENVIRONMENT) as pool:
            lost_by_pool = _kill_one_of_pool(plan, session, recipe, home, pool)
    lost, twice, again = (max(getattr(harm, name) for harm in harms) for name in ("lost", "counted_twice", "given_out_again"))
    kills = f"SIGKILL of 1 of {NUM_WORKERS} workers, {plan.num_folds} folds"
    return [
        bound(f"{kills}: extra time, worst of {plan.rounds}", max(h.extra_s for h in harms), "s", at_most=15, limit=LIMIT),
        bound(f"{kills}: lost", lost, "folds", at_most=0, peer="plain pool (it breaks)", against=lost_by_pool),
        bound(f"{kills}: counted twice", twice, "folds", at_most=0, limit="a record is named by what produced it"),
        bound(f"{kills}: begun again", again, "folds", at_most=NUM_WORKERS, limit="one per worker: the group restarts as a whole"),
    ]


def _kill_one(plan: Plan, session: Session, recipe: Recipe, seed: int) -> Harm:
    """An undisturbed trial, then one (at the next seed) whose worker is killed after a third of its folds."""
    import ray

    folds = session.corpus.fold_names[: plan.num_folds]
    undisturbed = train_all(lambda: [submit(session, recipe, folds=folds, seed=seed)])
    before, killed = ray.get(session.queue.stats.remote())["repeated"], list[int]()

    def kill(num_finished: int) -> None:
        if not killed and num_finished * 3 >= plan.num_folds:
            killed.append(worker_pids()[0])
            os.kill(killed[0], signal.SIGKILL)

    took = train_all(lambda: [submit(session, recipe, folds=folds, seed=seed + 1)], on_news=kill)
    assert killed, "the trial was over before a worker could be killed"
    ledger, digest = Ledger(session.home), clips_of(recipe, session.corpus.shards).digest
    names = [fold_id(recipe, fold, digest, seed + 1).name for fold in folds]
    executed = Counter(ledger.executions())
    return Harm(
        extra_s=max(0.0, took - undisturbed),
        lost=sum(not ledger.has(name) for name in names),
        counted_twice=sum(executed[name] > 1 for name in names),
        given_out_again=ray.get(session.queue.stats.remote())["repeated"] - before,
    )


def worker_pids() -> list[int]:
    """The Ray Train workers among this process's descendants: nobody else's are touched."""
    found = [process.pid for process in psutil.Process().children(recursive=True) if WORKER in " ".join(_command(process))]
    if not found:
        raise ValueError("A local Ray must be used to kill a worker, but none of its processes is below this one. Unset RAY_ADDRESS.")
    return sorted(found)


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _kill_one_of_pool(plan: Plan, session: Session, recipe: Recipe, home: Path, pool: Executor) -> int:
    """Folds of a plain pool that have no result after the same kill."""
    victim = pool.submit(os.getpid).result()
    jobs = plain_jobs(session, recipe, session.corpus.fold_names[: plan.num_folds], (1,), home)
    waiting = [pool.submit(run_job, job) for job in jobs]
    for num_finished, _ in enumerate(as_completed(waiting), start=1):
        if num_finished == -(-plan.num_folds // 3):
            os.kill(victim, signal.SIGKILL)
    return sum(future.exception() is not None for future in waiting)
