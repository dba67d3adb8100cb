"""Ray Train runs every fold: worker groups that pull fold jobs from the queue until it closes.

- ``queue``: one group per sweep; each worker trains one fold at a time on its core or GPU. The same group serves ``fused``, where an item
  holds several folds that are trained as one program.
- ``ddp``: one group per sweep that trains each fold together, over gloo or nccl.
- ``job``: one group of one worker per fold, as many at once as there are workers: isolation for folds that last many minutes.

Only ``ddp`` exchanges gradients, so only its group has a process group: without one a group starts two seconds sooner.
"""

import os
import threading
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from orchestrator.cluster import Resources
from orchestrator.fold_queue import Item, Outcome

Mode = Literal["queue", "fused", "ddp", "job"]
MAX_FAILURES = 20
"""Restarts of a worker group in one sweep before it is given up."""


@dataclass(frozen=True, kw_only=True)
class Workers:
    """How many workers of which kind."""

    mode: Mode
    num: int
    use_gpu: bool
    gpus_per_worker: float = 1.0
    home: Path

    @classmethod
    def fit(cls, mode: Mode, num: int | None, resources: Resources, home: Path) -> "Workers":
        """As asked, or one per GPU or core. More workers than GPUs share them in fractions."""
        wanted = num or resources.num_workers
        gpus = resources.num_gpus
        if not gpus and wanted > resources.num_cpus:
            raise ValueError(
                f"Workers must not outnumber the cluster's cores, but got --workers {wanted} for {resources.num_cpus}. "
                f"Use --workers {resources.num_cpus} or fewer."
            )
        return cls(mode=mode, num=wanted, use_gpu=bool(gpus), gpus_per_worker=min(1.0, gpus / wanted) if gpus else 0.0, home=home)


class WorkerGroups:
    """Starts the groups in threads of the driver and ends them. Use it as a context."""

    def __init__(self, workers: Workers, queue: Any) -> None:
        self.workers, self.queue = workers, queue
        serve: Callable[[int], None] = self._serve_jobs if workers.mode == "job" else self._serve
        slots = range(workers.num) if workers.mode == "job" else range(1)
        self._threads = [threading.Thread(target=self._guarded, args=(serve, slot), daemon=True) for slot in slots]

    def __enter__(self) -> "WorkerGroups":
        import ray.train.torch  # here, since two threads that import Ray's libraries at once find half of them
        import ray.tune  # noqa: F401

        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        import ray

        ray.get(self.queue.close.remote())
        for thread in self._threads:
            thread.join(timeout=60 if error_type is None else 1)  # after an error or Ctrl-C nobody waits for running folds

    def _guarded(self, serve: Callable[[int], None], slot: int) -> None:
        import ray

        try:
            serve(slot)
        except Exception as error:
            reason = f"The worker group failed and could not be restarted: {_one_line(error)}. Run the same command again to resume."
            ray.get(self.queue.break_down.remote(reason))

    def _serve(self, slot: int) -> None:
        self._fit(self.workers.num, slot, max_items=None)

    def _serve_jobs(self, slot: int) -> None:
        """One trainer per item, as long as the queue is open."""
        import ray

        while (open_items := ray.get(self.queue.has_work.remote())) != "stop":
            if open_items == "work":
                self._fit(1, slot, max_items=1)

    def _fit(self, num: int, slot: int, max_items: int | None) -> None:
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig

        from orchestrator.fold_trainer import FoldTrainer

        workers = self.workers
        resources = {"GPU": workers.gpus_per_worker, "CPU": 0.5} if workers.use_gpu else {"CPU": 1}
        together = TorchConfig(backend="nccl" if workers.use_gpu else "gloo") if workers.mode == "ddp" else None
        FoldTrainer(
            _serve_folds,
            train_loop_config={"queue": self.queue, "mode": workers.mode, "slot": slot, "max_items": max_items, "use_gpu": workers.use_gpu},
            backend_config=together,
            scaling_config=ScalingConfig(num_workers=num, use_gpu=workers.use_gpu, resources_per_worker=resources),
            run_config=RunConfig(
                name=f"{workers.mode}-{uuid.uuid4().hex[:12]}",
                storage_path=str(workers.home / "train"),
                failure_config=FailureConfig(max_failures=MAX_FAILURES),
            ),
        ).fit()


def _serve_folds(config: dict[str, Any]) -> None:
    """What every worker of a group runs."""
    import ray.train
    import torch

    context = ray.train.get_context()
    torch.set_num_threads(1)
    device = str(ray.train.torch.get_device()) if config["use_gpu"] else "cpu"
    worker = _Worker(config["queue"], slot=config["slot"] + context.get_world_rank(), rank=context.get_world_rank(), device=device)
    if config["mode"] == "ddp":
        worker.serve_together()
    else:
        worker.serve(config["max_items"])


class _Worker:
    """One process of a group."""

    def __init__(self, queue: Any, *, slot: int, rank: int, device: str) -> None:
        import ray

        self.queue, self.slot, self.rank, self.device = queue, slot, rank, device
        self.name = f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        ray.get(queue.join.remote(slot, self.name))

    def serve(self, max_items: int | None) -> None:
        """Pull items and train them, one at a time."""
        import ray

        finished: str | None = None
        outcome: Outcome | None = None
        num_taken = 0
        while True:
            if num_taken == max_items:
                if finished is not None:
                    ray.get(self.queue.hand_in.remote(finished, outcome))
                return
            item = ray.get(self.queue.exchange.remote(self.slot, self.name, finished, outcome))
            finished = outcome = None
            if item == "stop":
                return
            if isinstance(item, Item):
                num_taken += 1
                finished, outcome = item.name, self._train(item)
            elif max_items is not None:
                return

    def serve_together(self) -> None:
        """Every rank trains the same item; rank 0 took it and hands it in."""
        import ray
        import torch.distributed as dist

        from orchestrator.distributed import Together

        dist.barrier()  # rank 0 has joined, so the queue shares nothing of a former group
        sequence = 0
        while True:
            item = ray.get(self.queue.take_together.remote(self.name, sequence, self.rank))
            if item == "stop":
                return
            if isinstance(item, Item):
                sequence += 1
                outcome = self._train(item, Together())
                dist.barrier()
                if self.rank == 0:
                    ray.get(self.queue.hand_in.remote(item.name, outcome))

    def _train(self, item: Item, group: Any = None) -> Outcome:
        """An error of the work is an outcome; only a dying process is Ray Train's affair."""
        import ray

        from orchestrator.fold_job import run

        def watch(epoch: int, scores: dict[str, Any]) -> bool:
            return bool(ray.get(self.queue.tell_rung.remote(item.trial, epoch, scores)))

        try:
            return Outcome(done=tuple(run(item.job, device=self.device, group=group, watch=watch if len(item.job.folds) > 1 else None)))
        except Exception as error:
            if os.environ.get("LOSOTUNE_DEBUG") == "1":
                traceback.print_exc()
            return Outcome(error=_one_line(error), folds=item.job.folds)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"
