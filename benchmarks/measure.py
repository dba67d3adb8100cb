"""Measuring: rows of the table, interleaved repeats, and process pools whose environment is set before Python starts. Imports no Ray."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import torch

from orchestrator.cluster import WORKER_ENVIRONMENT, environment

Size = Literal["full", "quick", "tiny"]
"""``quick`` is ``full`` with fewer repeats on less data; ``tiny`` only shows that the pieces run."""
NUM_WORKERS = 2
"""Of ours and of the pools we are compared with."""
PLAIN_ENVIRONMENT = {name: None for name in WORKER_ENVIRONMENT}
"""What a user who sets nothing has."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    ours: float | None = None
    unit: str = ""
    peer: str = ""
    """What a user would run instead."""
    against: float | None = None
    """The peer's number, in the same unit."""
    ratio: float | None = None
    goal: str = ""
    reached: bool | None = None
    """None: there is no goal, or nothing could be measured here."""
    limit: str = ""
    """Where the limit lies: what dominates, or what it would take to go further."""

    @property
    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        verdict = "" if self.reached is None else "yes" if self.reached else "NO"
        against = f"{_number(self.against, self.unit)} {self.peer}".strip()
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}x" if self.ratio < 10 else f"{self.ratio:.1f}x"
        return (self.what, _number(self.ours, self.unit), against, ratio, self.goal, verdict, self.limit)

    @property
    def document(self) -> dict[str, Any]:
        return asdict(self)


COLUMNS = ("what", "ours", "against", "ratio", "goal", "reached", "where the limit lies")


def faster(what: str, ours: float, peer: str, against: float, *, unit: str = "ms", goal: float | None = None, limit: str = "") -> Row:
    """Ours is to be so many times as fast: the ratio is the peer's time over ours."""
    ratio = against / ours
    said, reached = ("", None) if goal is None else (f">= {goal:g}x", ratio >= goal)
    return Row(what=what, ours=ours, unit=unit, peer=peer, against=against, ratio=ratio, goal=said, reached=reached, limit=limit)


def overhead(what: str, ours: float, peer: str, against: float, *, goal: float, unit: str = "s", limit: str = "") -> Row:
    """Ours may take so many times as long: the ratio is our time over the peer's."""
    ratio = ours / against
    return Row(
        what=what, ours=ours, unit=unit, peer=peer, against=against, ratio=ratio, goal=f"<= {goal:g}x", reached=ratio <= goal, limit=limit
    )


def bound(
    what: str, ours: float, unit: str, *, at_most: float, peer: str = "", against: float | None = None, limit: str = ""
) -> Row:  # fmt: skip
    """Ours has a bound of its own; the peer's number is beside it for comparison."""
    ratio = against / ours if against is not None and ours > 0 else None
    return Row(
        what=what, ours=ours, unit=unit, peer=peer, against=against, ratio=ratio, goal=f"<= {at_most:g} {unit}", reached=ours <= at_most,
        limit=limit,
    )  # fmt: skip


def interleave(variants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Median of what each variant returns, over rounds that run all of them in turn (A B A B), so that a slow moment meets each alike."""
    seen: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, measure in variants.items():
            seen[name].append(measure())
    return {name: statistics.median(values) for name, values in seen.items()}


def seconds(work: Callable[[], object]) -> float:
    """The wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def processes(num: int, variables: Mapping[str, str | None]) -> Iterator[ProcessPoolExecutor]:
    """A warm pool of fresh processes that had these variables (None: unset) before Python started, when OpenMP and malloc read them."""
    with ProcessPoolExecutor(num, mp_context=get_context("spawn")) as pool:
        with environment(variables):
            for warm in [pool.submit(_warm) for _ in range(num)]:  # all are busy importing, so each call starts a process
                warm.result()
        yield pool


def _warm() -> None:
    started = time.perf_counter()
    torch.nn.functional.conv2d(torch.zeros(1, 1, 3, 3), torch.zeros(1, 1, 3, 3))
    time.sleep(max(0.0, 1.0 - (time.perf_counter() - started)))


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    names = [line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "torch": torch.__version__,
        "torch_threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def _lines(path: Path) -> Sequence[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else ()


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = f"{value:.1e}" if 0 < value < 1e-3 else f"{value:.3g}" if value < 100 else f"{value:.0f}"
    return f"{digits} {unit}".strip()
