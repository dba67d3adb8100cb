"""A sweep has one driver: the next one is refused while it lives, and welcome however it ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.one_driver import only_driver
from orchestrator.results import SweepResult

SWEEP = SweepResult(
    name="stanet-synthetic-1",
    model="stanet",
    corpus="synthetic",
    classes=("a",),
    fold_names=("s1",),
    data_digest="d",
    seed=0,
    trials=(),
    tags={},
)
OTHER = SweepResult(**{**vars(SWEEP), "name": "stanet-synthetic-2"})
HOLD = """
import sys, time
from pathlib import Path
from orchestrator.one_driver import only_driver
from tests.orchestrator.test_one_driver import SWEEP
with only_driver(Path(sys.argv[1]), SWEEP):
    print("driving", flush=True)
    time.sleep(600)
"""


def test_a_second_driver_is_told_who_the_first_is(tmp_path: Path) -> None:
    with only_driver(tmp_path, SWEEP) as start:
        assert start is SWEEP
        with pytest.raises(ValueError, match=f"one driver, but 'stanet-synthetic-1' is driven by process {os.getpid()} on .* since"):
            only_driver(tmp_path, SWEEP).__enter__()
        with only_driver(tmp_path, OTHER):
            pass
    with only_driver(tmp_path, SWEEP):
        pass


def test_a_driver_that_was_killed_is_no_driver(tmp_path: Path) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout is not None and first.stdout.readline() == "driving\n"
        with pytest.raises(ValueError, match=f"driven by process {first.pid} on"):
            only_driver(tmp_path, SWEEP).__enter__()
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=60)
    with only_driver(tmp_path, SWEEP):
        assert f"process {os.getpid()}" in (tmp_path / "drivers" / "stanet-synthetic-1.lock").read_text()
