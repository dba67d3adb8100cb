"""Workers: the units of a plan on one or many processes, with equal bytes however many there are."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from preprocessing.synthesis.plan import Settings, Unit

Item = TypeVar("Item")
Result = TypeVar("Result")


def drawn(units: Sequence[Unit], root: Path, settings: Settings, num_workers: int) -> Iterator[Unit]:
    """The units as they are finished, in order."""
    yield from each(partial(_draw, root=root, settings=settings), units, num_workers)


def each(function: Callable[[Item], Result], items: Sequence[Item], num_workers: int) -> Iterator[Result]:
    """What the function returns for each of the items, in order."""
    if num_workers <= 1 or len(items) <= 1:
        yield from map(function, items)
        return
    context = multiprocessing.get_context("forkserver")
    pool = ProcessPoolExecutor(min(num_workers, len(items)), mp_context=context, initializer=_prepare_worker)
    try:
        for future in [pool.submit(function, item) for item in items]:
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _draw(unit: Unit, root: Path, settings: Settings) -> Unit:
    unit.write(root, settings)
    return unit


def _prepare_worker() -> None:
    """A worker is one thread, leaves Ctrl-C to its parent, and does not outlive a killed one."""
    import cv2

    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "only workers are prepared"

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
