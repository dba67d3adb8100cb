"""Nothing outlives who started it, however that one ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SLEEP = "import time; time.sleep(600)"
FAMILY = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '{SLEEP}']).pid, flush=True); {SLEEP}"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(0, flush=True); time.sleep(600)"
OWNER = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE); time.sleep(600)"
PATIENCE_S = 60.0


def leashed(code: str) -> list[str]:
    return [sys.executable, "-m", "dashboards.leash", sys.executable, "-c", code]


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("code", (FAMILY, STUBBORN))
def test_when_the_pipe_closes_the_family_ends(code: str) -> None:
    process = subprocess.Popen(leashed(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY)
    assert process.stdout is not None and process.stdin is not None
    grandchild = int(process.stdout.readline())
    family = [each.pid for each in psutil.Process(process.pid).children(recursive=True)]
    assert family and (grandchild == 0 or grandchild in family)
    process.stdin.close()
    process.wait(PATIENCE_S)
    assert gone(family)
    process.stdout.close()


def test_an_owner_that_is_killed_takes_it_along() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, *leashed(FAMILY)], stdout=subprocess.PIPE, cwd=REPOSITORY)
    assert owner.stdout is not None
    grandchild = int(owner.stdout.readline())
    family = [each.pid for each in psutil.Process(owner.pid).children(recursive=True)]
    assert grandchild in family and len(family) == 3
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait(PATIENCE_S)
    assert gone(family)
    owner.stdout.close()


def test_the_exit_code_is_the_commands() -> None:
    for code, expected in (("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 128 + 9)):
        with subprocess.Popen(leashed(code), stdin=subprocess.PIPE, cwd=REPOSITORY) as process:
            assert process.wait(PATIENCE_S) == expected
