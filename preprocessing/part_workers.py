"""Part workers: who makes the parts of a build, a pool of actors on Ray Data or this process, and how much memory each of them took."""

import contextlib
import logging
import os
import platform
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from preprocessing import pipelines
from preprocessing.parts import write_part
from preprocessing.resume import Work

Part = dict[str, str]


class Made(NamedTuple):
    """A finished part."""

    part: Part
    worker: str = ""
    """Machine and process that made it; empty: an earlier run did."""
    peak_bytes: int = 0
    """The most resident memory that the process has had so far."""


class PartWorker:
    """Makes parts, one at a time, on one core: loaded models and compiled kernels stay between them."""

    def __init__(self, folder: str, intermediates: str, on_gpu: bool) -> None:
        import cv2

        cv2.setNumThreads(1)
        self.folder, self.intermediates = Path(folder), Path(intermediates)
        self.device = "cuda" if on_gpu else "cpu"
        self.name = f"{platform.node()}/{os.getpid()}"

    def __call__(self, part: dict[str, Any]) -> dict[str, Any]:
        write_part({name: value for name, value in part.items() if name != "at"}, self.folder, self.intermediates, self.device)
        return {"at": part["at"], "worker": self.name, "peak_bytes": peak_bytes()}


def peak_bytes() -> int:
    """The most resident memory that this process has had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def made_here(work: Work, todo: Sequence[Part]) -> Iterator[Made]:
    """Parts one after another in this process, without Ray."""
    worker = PartWorker(**_arguments(work), on_gpu=False)
    for at, part in enumerate(todo):
        yield _made(todo, worker({"at": at} | part))


def made_on_ray(work: Work, todo: Sequence[Part], num_workers: int | None) -> Iterator[Made]:
    """Parts as they are finished, by a pool of actors. Ray Data's own checkpoints repeat rows on resume: finished files are the truth."""
    import ray  # here, so that --help and a finished build answer without it
    import ray.data

    if not ray.is_initialized():
        raise RuntimeError("Ray must be initialised before build(), but is not. Call ray.init(), or run python -m preprocessing.build.")
    resources = ray.cluster_resources()
    size = min(num_workers or int(resources.get("CPU", 1)), len(todo))
    on_gpu = pipelines.load(work.plan.pipeline).uses_gpu(work.plan.constants) and resources.get("GPU", 0) > 0
    with _quiet_ray_data():
        rows = ray.data.from_items([{"at": at} | part for at, part in enumerate(todo)], override_num_blocks=len(todo)).map(
            PartWorker, fn_constructor_kwargs=_arguments(work) | {"on_gpu": on_gpu}, compute=ray.data.ActorPoolStrategy(size=size),
            num_cpus=1, num_gpus=min(1.0, resources["GPU"] / size) if on_gpu else None,
        )  # fmt: skip
        for row in rows.iter_rows():
            yield _made(todo, row)


def _arguments(work: Work) -> dict[str, Any]:
    return {"folder": str(work.folder), "intermediates": str(work.home / "intermediates")}


def _made(todo: Sequence[Part], row: dict[str, Any]) -> Made:
    return Made(todo[row["at"]], row["worker"], row["peak_bytes"])


@contextlib.contextmanager
def _quiet_ray_data() -> Iterator[None]:
    """Our progress bar instead of Ray Data's; its context as before afterwards."""
    import ray.data

    context, logger = ray.data.DataContext.get_current(), logging.getLogger("ray.data")
    before = context.enable_progress_bars, logger.level
    context.enable_progress_bars = False
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        context.enable_progress_bars = before[0]
        logger.setLevel(before[1])
