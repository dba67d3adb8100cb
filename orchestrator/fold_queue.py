"""The queue of fold jobs: an actor that hands them to workers on lease and collects what came of them.

It holds no result that matters (those are fold records), so losing it loses nothing: trials submit again what is missing. A slot is a
worker's place in its group. When a worker dies, Ray Train restarts it in the same slot under another name; joining hands back what the
slot's former holder had on lease."""

import asyncio
import heapq
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from orchestrator.fold_job import FoldDone, FoldJob

MAX_ATTEMPTS = 3
"""A job whose worker died this often is given up: it is what kills them."""
POLL_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Item:
    """A job in the queue."""

    name: str
    """Unique, also among the items of a queue that died before."""
    trial: str
    job: FoldJob


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an item: folds done, or an error."""

    done: tuple[FoldDone, ...] = ()
    error: str | None = None
    folds: tuple[str, ...] = ()
    """The folds that the error concerns; none if it concerns all work."""


@dataclass
class _Trial:
    folds: frozenset[str]
    """All that were submitted."""
    outcomes: list[Outcome] = field(default_factory=list)
    rungs: dict[int, dict[str, tuple[np.ndarray, np.ndarray]]] = field(default_factory=lambda: defaultdict(dict))
    """Epoch -> fold -> (inner truth, inner probabilities): what folds that advance together tell on the way."""
    cancelled: bool = False

    def complete_rungs(self, epoch_seen: int) -> dict[int, dict[str, tuple[np.ndarray, np.ndarray]]]:
        """Later epochs that every submitted fold has reached."""
        return {epoch: told for epoch, told in self.rungs.items() if epoch > epoch_seen and self.folds <= set(told)}


class FoldQueue:
    """Run it as a Ray actor (``start``)."""

    def __init__(self, num_slots: int, *, succeeds: bool = False) -> None:
        """``succeeds`` a queue that died: its ``num_slots`` workers may still hold jobs from it."""
        self._silent = set(range(num_slots)) if succeeds else set()
        """Slots that have not called yet. Until all have, nothing is handed out, so that no fold is trained by two."""
        self._pending: list[tuple[int, int, str]] = []  # heap of (priority, order of submission, name)
        self._items: dict[str, tuple[int, int, Item]] = {}
        self._leases: dict[str, tuple[int, str]] = {}  # name -> (slot, worker)
        self._holders: dict[int, str] = {}  # slot -> worker
        self._attempts: dict[str, int] = defaultdict(int)
        self._trials: dict[str, _Trial] = {}
        self._shared: dict[int, Item] = {}
        self._closed = False
        self._broken: str | None = None
        self._repeated = self._submitted = 0
        self._changed = asyncio.Condition()

    async def submit(self, trial: str, priority: int, jobs: Sequence[FoldJob]) -> None:
        """Queue a trial's jobs in order; lower priorities come first. Submitting a trial again changes nothing."""
        if trial in self._trials:
            return
        self._trials[trial] = _Trial(frozenset(fold for job in jobs for fold in job.folds))
        for job in jobs:
            item = Item(name=uuid.uuid4().hex, trial=trial, job=job)
            self._submitted += 1
            self._items[item.name] = (priority, self._submitted, item)
            heapq.heappush(self._pending, (priority, self._submitted, item.name))
        await self._notify()

    async def join(self, slot: int, worker: str) -> None:
        """A worker takes its slot: what the slot's former holder had on lease goes back into the queue."""
        for name, (held, holder) in list(self._leases.items()):
            if held == slot and holder != worker:
                self._give_back(name)
        self._holders[slot] = worker
        self._silent.discard(slot)
        if slot == 0:
            self._shared.clear()
        await self._notify()

    def _give_back(self, name: str) -> None:
        del self._leases[name]
        self._repeated += 1
        priority, order, item = self._items[name]
        if self._attempts[name] >= MAX_ATTEMPTS:
            folds = ", ".join(item.job.folds)
            error = f"The worker died {MAX_ATTEMPTS} times while it trained {folds}. Out of memory? See Ray's logs."
            self._end(name, Outcome(error=error, folds=item.job.folds))
        elif not self._is_cancelled(item.trial):
            heapq.heappush(self._pending, (priority, order, name))

    def _is_cancelled(self, trial: str) -> bool:
        known = self._trials.get(trial)
        return known is None or known.cancelled

    async def exchange(self, slot: int, worker: str, finished: str | None, outcome: Outcome | None) -> Item | str:
        """Hand in a finished item and take the next on lease: an ``Item``, ``"wait"`` or ``"stop"``."""
        if finished is not None and outcome is not None:
            await self._hand_in(finished, outcome)
        return await self._take(slot, worker) or ("stop" if self._closed else "wait")

    async def take_together(self, worker: str, sequence: int, rank: int) -> Item | str:
        """The ``sequence``-th item of a group that trains each fold together: the same answer for every rank."""
        if rank == 0:
            item = await self._take(0, worker)
            if item is None:
                return "stop" if self._closed else "wait"
            self._shared[sequence] = item
            await self._notify()
            return item
        await self._until(lambda: sequence in self._shared or self._closed)
        if sequence in self._shared:
            return self._shared[sequence]
        return "stop" if self._closed else "wait"

    async def has_work(self) -> str:
        """``"work"``, ``"wait"`` or ``"stop"``, after waiting a while for work."""
        await self._until(lambda: bool(self._pending) or self._closed)
        return "stop" if self._closed else "work" if self._pending else "wait"

    async def hand_in(self, finished: str, outcome: Outcome) -> None:
        await self._hand_in(finished, outcome)

    async def tell_rung(self, trial: str, epoch: int, scores: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> bool:
        """Folds on their way tell their inner predictions at an epoch; whether the trial was cancelled meanwhile."""
        known = self._trials.get(trial)
        if known is None:
            return True  # it is over, or will be submitted again
        known.rungs[epoch].update(scores)
        await self._notify()
        return known.cancelled

    async def news(self, trial: str, num_seen: int, epoch_seen: int) -> tuple[list[Outcome], dict[int, dict[str, Any]]] | None:
        """Outcomes beyond the first ``num_seen`` and complete rungs beyond ``epoch_seen``, waiting a while for one; None if the trial is
        unknown."""
        known = self._trials.get(trial)
        if self._broken is not None:
            return [Outcome(error=self._broken)], {}
        if known is None:
            return None
        await self._until(lambda: len(known.outcomes) > num_seen or bool(known.complete_rungs(epoch_seen)) or self._broken is not None)
        return known.outcomes[num_seen:], known.complete_rungs(epoch_seen)

    async def cancel(self, trial: str) -> None:
        """Drop a trial's waiting items and tell its running ones to stop at their next rung."""
        known = self._trials.get(trial)
        if known is not None:
            known.cancelled = True
        for _, _, name in self._pending:
            if self._items[name][2].trial == trial:
                del self._items[name]
        self._drop_ended()
        await self._notify()

    async def forget(self, trial: str) -> None:
        """A trial is over: its outcomes are no longer needed."""
        await self.cancel(trial)
        self._trials.pop(trial, None)

    async def close(self) -> None:
        """Workers stop when they have finished what they hold."""
        self._closed = True
        await self._notify()

    async def break_down(self, error: str) -> None:
        """There are no workers any more: every trial learns the error."""
        self._broken = error
        await self._notify()

    async def stats(self) -> dict[str, int]:
        return {"waiting": len(self._pending), "on_lease": len(self._leases), "repeated": self._repeated}

    async def _take(self, slot: int, worker: str) -> Item | None:
        if slot in self._silent:
            self._silent.remove(slot)
            await self._notify()
        await self._until(lambda: bool(self._pending) and not self._silent or self._closed)
        superseded = self._holders.get(slot, worker) != worker  # a dead worker's call that still waited here
        if not self._pending or self._silent or self._closed or superseded:
            return None
        _, _, name = heapq.heappop(self._pending)
        self._leases[name] = (slot, worker)
        self._attempts[name] += 1
        return self._items[name][2]

    async def _hand_in(self, name: str, outcome: Outcome) -> None:
        self._leases.pop(name, None)
        self._end(name, outcome)
        await self._notify()

    def _end(self, name: str, outcome: Outcome) -> None:
        entry = self._items.pop(name, None)
        known = self._trials.get(entry[2].trial) if entry else None
        if known is not None:
            known.outcomes.append(outcome)
        self._drop_ended()

    def _drop_ended(self) -> None:
        """What waits is always an item: one that its slow worker handed in after its slot was taken over waits no longer."""
        self._pending = [entry for entry in self._pending if entry[2] in self._items]
        heapq.heapify(self._pending)

    async def _until(self, holds: Any) -> None:
        """Wait a while for a condition; callers ask again."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(holds), POLL_S)
            except TimeoutError:
                return

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class FoldQueueActor(FoldQueue):
    """The queue as an actor, which Ray makes anew when its process dies."""

    def __init__(self, num_slots: int) -> None:
        import ray

        super().__init__(num_slots, succeeds=ray.get_runtime_context().was_current_actor_reconstructed)


def start(num_slots: int) -> Any:
    """The queue's actor handle. It needs no CPU, restarts if it dies, and lives as long as the driver."""
    import ray

    return ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1, max_concurrency=1000)(FoldQueueActor).remote(num_slots)
