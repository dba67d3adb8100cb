"""One driver: a sweep is driven by one process at a time, so that no fold is trained twice. A second one is refused, and told by whom."""

import fcntl
import os
import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from orchestrator.results import SweepResult

FOLDER = "drivers"


@contextmanager
def only_driver(home: Path, sweep: SweepResult) -> Iterator[SweepResult]:
    """Be the driver of a sweep for the time being; the kernel ends it with the process, however that dies.

    Raises:
        ValueError: another process is.
    """
    path = home / FOLDER / f"{sweep.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _lock(file, sweep.name, home)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()} since {datetime.now():%Y-%m-%d %H:%M:%S}")
        file.flush()
        yield sweep


def _lock(file: IO[str], name: str, home: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        raise ValueError(
            f"A sweep must have one driver, but '{name}' is driven by {file.read()}. "
            f"Watch it: python -m dashboards.serve --home {home}; or end that process, and run this command again to resume."
        ) from error
    except OSError as error:
        warnings.warn(f"{home} must be able to lock files, but: {error}. Start no second driver of {name}.", RuntimeWarning, stacklevel=4)
