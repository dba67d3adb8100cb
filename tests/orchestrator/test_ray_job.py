"""The sweep as a job: submitted from the checkout, stopped half-way, submitted again; and without it, by the installed package."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.orchestrator import ray_examples as examples
from tests.orchestrator.ray_examples import HALF_WAY, NUM_FOLDS, NUM_TRIALS, SWEEP, Left, Running, left

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(1200)]

SCRIPTS = Path(sys.executable).parent
"""Of this environment: ``ray`` and the ``python`` of the job."""


@dataclass(frozen=True)
class Cluster:
    """A head node of our own, and how its users reach it."""

    head: Running
    address: str
    environment: dict[str, str]

    def job(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``ray job ...``, from the checkout."""
        action, *rest = arguments
        command = [str(SCRIPTS / "ray"), "job", action, "--address", self.address, *rest]
        return subprocess.run(
            command,
            cwd=examples.REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=2 * examples.PATIENCE_S,
            check=False,
        )

    def stop(self, job: str) -> None:
        """``ray job stop``, without the seconds that the command takes to start: the sweep could end meanwhile."""
        assert self._request(f"{job}/stop", "POST") == {"stopped": True}
        examples.until(lambda: self._request(job, "GET")["status"] != "RUNNING", "end of the job", self.head)
        assert self._request(job, "GET")["status"] == "STOPPED"

    def _request(self, path: str, method: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.environment['RAY_AUTH_TOKEN']}"}
        with urlopen(Request(f"{self.address}/api/jobs/{path}", method=method, headers=headers), timeout=examples.PATIENCE_S) as answer:
            return dict(json.load(answer))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """``ray start --head`` on free ports, with a token of its own, in no directory of ours."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # a longer path does not fit into the names of Ray's sockets
    names = ("port", "dashboard-port", "dashboard-agent-listen-port", "dashboard-agent-grpc-port", "metrics-export-port",
             "runtime-env-agent-port", "ray-client-server-port")  # fmt: skip
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    own = {"PATH": f"{SCRIPTS}:{os.environ['PATH']}", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")} | own
    flags = [f"--{name}={port}" for name, port in ports.items()]
    command = [str(SCRIPTS / "ray"), "start", "--head", "--block", "--num-cpus=2", f"--temp-dir={folder}", "--disable-usage-stats", *flags]
    head = Running(command, folder / "output", cwd=folder, environment=environment)
    made = Cluster(head, f"http://127.0.0.1:{ports['dashboard-port']}", environment)
    try:
        examples.until(lambda: made.job("list").returncode == 0, "cluster", head)
        yield made
    finally:
        head.end()
        shutil.rmtree(folder, ignore_errors=True)


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]


def document(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """A job's result among what ``ray job submit`` shows of its output."""
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    found = re.search(r"^\{\n.*?^\}$", ended.stdout, re.DOTALL | re.MULTILINE)
    assert found, ended.stdout[-3000:]
    return dict(json.loads(found[0]))


def test_a_job_that_is_stopped_half_way_ends_as_an_undisturbed_sweep(cluster: Cluster, undisturbed: Left, new_home: Path) -> None:
    sweep = ("--working-dir", ".", "--", "python", *SWEEP, "--home", str(new_home))
    started = cluster.job("submit", "--no-wait", "--submission-id", "stopped", *sweep)
    assert started.returncode == 0, started.stderr
    examples.wait_for_folds(cluster.head, new_home, HALF_WAY)
    cluster.stop("stopped")

    result = document(cluster.job("submit", "--submission-id", "again", *sweep))
    assert left(result, new_home) == undisturbed
    assert 0 < result["num_trained"] <= NUM_TRIALS * NUM_FOLDS + 1 - HALF_WAY


def test_a_job_needs_no_working_directory_where_the_package_is_installed(cluster: Cluster, new_home: Path) -> None:
    small = ("--trials", "1", "--max-epochs", "2")
    result = document(cluster.job("submit", "--", "python", *SWEEP, *small, "--home", str(new_home)))
    assert [trial["state"] for trial in result["trials"]] == ["complete"] and result["num_trained"] == NUM_FOLDS + 1
