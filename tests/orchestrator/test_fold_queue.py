"""The queue hands each job to one living worker, whatever dies. Run directly; once as the Ray actor that it is in a sweep."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from orchestrator import fold_queue
from orchestrator.fold_job import FoldDone, FoldJob
from orchestrator.fold_queue import MAX_ATTEMPTS, FoldQueue, Item, Outcome
from tests.orchestrator.training_examples import recipe

T = TypeVar("T")
RECIPE = recipe("ststnet")


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold_queue, "POLL_S", 0.05)


def job(fold: str) -> FoldJob:
    return FoldJob(recipe=RECIPE, folds=(fold,), shards=Path("/none"), seed=0, home=Path("/none"))


def jobs(*folds: str) -> list[FoldJob]:
    return [job(fold) for fold in folds]


def done(fold: str) -> Outcome:
    return Outcome(done=(FoldDone(fold=fold, record=f"record of {fold}", inner_score=0.5),))


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def take(queue: FoldQueue, slot: int = 0, worker: str = "w0") -> Item:
    item = await queue.exchange(slot, worker, None, None)
    assert isinstance(item, Item), item
    return item


async def fold(queue: FoldQueue, slot: int = 0, worker: str = "w0") -> str:
    return (await take(queue, slot, worker)).job.folds[0]


async def outcomes(queue: FoldQueue, trial: str) -> list[Outcome]:
    news = await queue.news(trial, 0, 0)
    assert news is not None
    return news[0]


def test_earlier_trials_come_first_and_each_trials_folds_in_order() -> None:
    async def work() -> list[str]:
        queue = FoldQueue(1)
        await queue.submit("late", 7, jobs("c", "d"))
        await queue.submit("early", 2, jobs("b", "a"))
        await queue.submit("late too", 7, jobs("e"))
        return [await fold(queue) for _ in range(5)]

    assert run(work()) == ["b", "a", "c", "d", "e"]


def test_every_job_goes_to_one_worker_and_comes_back_to_its_trial() -> None:
    async def worker(queue: FoldQueue, slot: int) -> list[str]:
        taken, finished, outcome = [], None, None
        await queue.join(slot, f"w{slot}")
        while isinstance(item := await queue.exchange(slot, f"w{slot}", finished, outcome), Item):
            taken.append(item.job.folds[0])
            await asyncio.sleep(0)
            finished, outcome = item.name, done(item.job.folds[0])
        return taken

    async def work() -> None:
        queue = FoldQueue(3)
        await queue.submit("a", 0, jobs(*(f"a{number}" for number in range(20))))
        await queue.submit("b", 1, jobs(*(f"b{number}" for number in range(10))))
        taken = sum(await asyncio.gather(*(worker(queue, slot) for slot in range(3))), [])
        assert sorted(taken) == sorted([f"a{number}" for number in range(20)] + [f"b{number}" for number in range(10)])
        told = [outcome.done[0].fold for outcome in await outcomes(queue, "b")]
        assert sorted(told) == sorted(f"b{number}" for number in range(10))
        assert (await queue.news("b", 9, 0))[0] == (await outcomes(queue, "b"))[9:]  # type: ignore[index]
        assert await queue.stats() == {"waiting": 0, "on_lease": 0, "repeated": 0}

    run(work())


def test_submitting_again_changes_nothing() -> None:
    async def work() -> dict[str, int]:
        queue = FoldQueue(1)
        for _ in range(3):
            await queue.submit("a", 0, jobs("x", "y"))
        return await queue.stats()

    assert run(work())["waiting"] == 2


def test_a_worker_that_takes_over_a_slot_gives_back_its_leases_alone() -> None:
    async def work() -> None:
        queue = FoldQueue(2)
        await queue.join(0, "first")
        await queue.join(1, "other")
        await queue.submit("a", 0, jobs("x", "y", "z"))
        assert [await fold(queue, 0, "first"), await fold(queue, 1, "other")] == ["x", "y"]
        await queue.join(0, "first")  # itself again: nothing happens
        assert (await queue.stats())["repeated"] == 0
        await queue.join(0, "second")
        assert await queue.stats() == {"waiting": 2, "on_lease": 1, "repeated": 1}
        assert [await fold(queue, 0, "second"), await fold(queue, 1, "other")] == ["x", "z"]

    run(work())


def test_a_dead_workers_call_that_still_waits_gets_no_job() -> None:
    async def work() -> None:
        queue = FoldQueue(1)
        await queue.join(0, "dead")
        waiting = asyncio.create_task(queue.exchange(0, "dead", None, None))
        await asyncio.sleep(0)
        await queue.join(0, "alive")
        await queue.submit("a", 0, jobs("x"))
        assert await waiting == "wait"
        assert await fold(queue, 0, "alive") == "x"

    run(work())


def test_a_slow_worker_may_hand_in_after_its_slot_was_taken_over() -> None:
    async def work() -> None:
        queue = FoldQueue(1)
        await queue.join(0, "slow")
        await queue.submit("a", 0, jobs("x", "y"))
        item = await take(queue, 0, "slow")
        await queue.join(0, "next")
        await queue.hand_in(item.name, done("x"))
        assert await fold(queue, 0, "next") == "y"  # x is not trained again
        assert [outcome.done[0].fold for outcome in await outcomes(queue, "a")] == ["x"]

    run(work())


def test_a_job_that_kills_its_workers_is_given_up_and_named() -> None:
    async def work() -> None:
        queue = FoldQueue(1)
        await queue.submit("a", 0, jobs("casme2/sub17", "casme2/sub01"))
        for attempt in range(MAX_ATTEMPTS):
            await queue.join(0, f"w{attempt}")
            assert await fold(queue, 0, f"w{attempt}") == "casme2/sub17"
        await queue.join(0, "last")
        (given_up,) = await outcomes(queue, "a")
        assert str(given_up.error).startswith(f"The worker died {MAX_ATTEMPTS} times while it trained casme2/sub17.")
        assert given_up.folds == ("casme2/sub17",)
        assert await fold(queue, 0, "last") == "casme2/sub01"

    run(work())


def test_a_cancelled_trials_jobs_are_dropped_and_its_running_ones_told() -> None:
    async def work() -> None:
        queue = FoldQueue(1)
        await queue.submit("a", 0, jobs("a1", "a2"))
        await queue.submit("b", 1, jobs("b1"))
        running = await take(queue)
        scores = {"a1": (np.zeros(2), np.zeros((2, 3)))}
        assert await queue.tell_rung("a", 1, scores) is False
        await queue.cancel("a")
        assert await queue.tell_rung("a", 2, scores) is True
        await queue.join(0, "next")  # the running one's worker dies: it is not trained again
        assert await fold(queue, 0, "next") == "b1"
        await queue.hand_in(running.name, done("a1"))
        assert (await queue.stats())["waiting"] == 0

    run(work())


def test_an_unknown_trial_has_no_news_and_stops_its_folds() -> None:
    async def work() -> None:
        queue = FoldQueue(1)
        assert await queue.news("unknown", 0, 0) is None
        await queue.submit("a", 0, jobs("x"))
        await queue.forget("a")
        assert await queue.news("a", 0, 0) is None
        assert await queue.tell_rung("a", 1, {}) is True
        assert await queue.exchange(0, "w0", None, None) == "wait"
        await queue.submit("a", 0, jobs("x"))  # it may be submitted anew
        assert await fold(queue) == "x"

    run(work())


def test_a_rung_is_told_when_every_fold_has_reached_it() -> None:
    async def work() -> None:
        queue = FoldQueue(2)
        await queue.submit("a", 0, jobs("x", "y"))
        score = (np.array([0]), np.array([[1.0, 0.0]]))
        await queue.tell_rung("a", 5, {"x": score})
        assert await queue.news("a", 0, 0) == ([], {})
        await queue.tell_rung("a", 5, {"y": score})
        news = await queue.news("a", 0, 0)
        assert news is not None and set(news[1]) == {5} and set(news[1][5]) == {"x", "y"}
        assert await queue.news("a", 0, 5) == ([], {})

    run(work())


def test_a_closed_queue_stops_its_workers_though_jobs_wait() -> None:
    async def work() -> None:
        queue = FoldQueue(2)
        await queue.submit("a", 0, jobs("x", "y"))
        item = await take(queue)
        assert await queue.has_work() == "work"
        await queue.close()
        assert await queue.exchange(0, "w0", item.name, done("x")) == "stop"
        assert await queue.has_work() == "stop"
        assert [await queue.take_together("w0", 0, rank) for rank in range(2)] == ["stop", "stop"]
        assert len(await outcomes(queue, "a")) == 1

    run(work())


def test_a_broken_queue_tells_every_trial_why() -> None:
    async def work() -> None:
        queue = FoldQueue(1)
        await queue.submit("a", 0, jobs("x"))
        await queue.break_down("no workers left")
        for trial in ("a", "unknown"):
            assert [outcome.error for outcome in await outcomes(queue, trial)] == ["no workers left"]

    run(work())


def test_a_group_that_trains_together_gets_one_answer() -> None:
    async def work() -> None:
        queue = FoldQueue(1)
        await queue.join(0, "w0")
        await queue.submit("a", 0, jobs("x", "y"))
        for sequence, name in enumerate(("x", "y")):
            followers = [asyncio.create_task(queue.take_together(f"w{rank}", sequence, rank)) for rank in (1, 2)]
            await asyncio.sleep(0)
            leader = await queue.take_together("w0", sequence, 0)
            assert isinstance(leader, Item) and leader.job.folds == (name,)
            assert all(item is leader for item in await asyncio.gather(*followers))
            assert await queue.take_together("w3", sequence, 3) is leader  # a late rank too
        assert await queue.take_together("w0", 2, 0) == await queue.take_together("w1", 2, 1) == "wait"
        await queue.join(0, "restarted")
        assert await queue.take_together("w1", 0, 1) == "wait"  # nothing of the former group is shared
        assert await queue.take_together("restarted", 0, 0) == await queue.take_together("w1", 0, 1) != "wait"

    run(work())


def test_a_queue_that_takes_a_dead_ones_place_waits_for_all_slots() -> None:
    """Workers of the dead queue still hold jobs: until each has called, a submitted fold may be in training already."""

    async def work() -> None:
        queue = FoldQueue(2, succeeds=True)
        await queue.submit("a", 0, jobs("x"))
        assert await queue.exchange(0, "w0", "an item of the dead queue", done("x")) == "wait"
        assert await queue.news("a", 0, 0) == ([], {})
        assert isinstance(await queue.exchange(1, "w1", None, None), Item)

    run(work())


@pytest.fixture(scope="module")
def ray_session() -> Iterator[Any]:
    import ray

    ours = not ray.is_initialized()
    if ours:
        ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    yield ray
    if ours:
        ray.shutdown()


@pytest.mark.ray
@pytest.mark.slow
def test_as_a_ray_actor_it_serves_waiting_callers_at_once_and_is_made_anew(ray_session: Any) -> None:
    ray, queue = ray_session, fold_queue.start(1)
    waiting = queue.exchange.remote(0, "w0", None, None)
    ray.get(queue.submit.remote("a", 0, jobs("x", "y")))
    item = ray.get(waiting)
    item = item if isinstance(item, Item) else ray.get(queue.exchange.remote(0, "w0", None, None))  # it had waited its second
    assert isinstance(item, Item) and item.job == job("x")
    ray.get(queue.hand_in.remote(item.name, done("x")))
    assert ray.get(queue.news.remote("a", 0, 0))[0] == [done("x")]
    ray.kill(queue, no_restart=False)
    assert ray.get(queue.news.remote("a", 1, 0), timeout=60) is None  # it lost all, so trials submit again
    ray.get(queue.submit.remote("a", 0, jobs("y")))
    assert ray.get(queue.exchange.remote(0, "w0", None, None), timeout=60).job == job("y")
    ray.kill(queue)
