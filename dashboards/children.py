"""Children: the other programs that ``dashboards.serve`` starts, MLflow's UI and Optuna's dashboard, each on a port of loopback."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboards import study_server
from dashboards.stores import in_use
from orchestrator.study import default_storage
from orchestrator.tracking import default_uri

LOOPBACK = "127.0.0.1"
PATIENCE_S = 15.0
TAIL = 5
"""Lines of a dead child's output that are told."""


@dataclass(kw_only=True)
class Child:
    """A program that waits for its database, runs, and is ended."""

    name: str
    place: socket.socket
    """Bound to its port and never listening: it keeps everybody else from the port until the program listens there."""
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    """Whether there is a database for it: two programs that create one at once break it, so it never does."""
    told: bool = False
    """Its address was printed."""
    process: "subprocess.Popen[bytes] | None" = None
    folder: "tempfile.TemporaryDirectory[str]" = field(default_factory=lambda: tempfile.TemporaryDirectory(prefix="losotune-"))
    """Where it runs and may leave what it likes; its output is there, too."""

    @property
    def port(self) -> int:
        return int(self.place.getsockname()[1])

    @property
    def output(self) -> Path:
        return Path(self.folder.name) / "output.txt"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """On a leash."""
        ours = os.pathsep.join(filter(None, (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH"))))
        with self.output.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dashboards.leash", *self.command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder.name,
                env={**os.environ, "PYTHONPATH": ours, **self.environment},
                start_new_session=True,  # Ctrl-C on the terminal is for us: we end it
            )

    def answers(self) -> bool:
        """Whether somebody listens on its port."""
        with closing(socket.socket()) as probe:
            probe.settimeout(0.5)
            return probe.connect_ex((LOOPBACK, self.port)) == 0

    def died(self) -> str | None:
        """What it said last, if it ended by itself."""
        if self.process is None or self.process.poll() is None:
            return None
        lines = self.output.read_text(errors="replace").strip().splitlines()[-TAIL:]
        return f"exit code {self.process.returncode}: {' | '.join(lines) or 'it said nothing'}"

    def let_go(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()

    def wait(self) -> None:
        """Until it has ended; never for ever."""
        if self.process is not None:
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()  # the leash; what it held was killed long before
                self.process.wait()
        self.folder.cleanup()
        self.place.close()


def mlflow(home: Path, tracking_uri: str | None) -> Child | None:
    """MLflow's UI on a home's database; None where a server with a UI of its own is used."""
    uri = tracking_uri or default_uri(home)
    if uri.startswith("http"):
        return None
    place = _held(5000)
    settings = {
        "MLFLOW_BACKEND_STORE_URI": uri,  # not on the command line: it may hold a password
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": (home / "artifacts").as_uri(),
        "MLFLOW_SERVE_ARTIFACTS": "false",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(place.getsockname()[1]), "--workers", "1"]
    return Child(name="MLflow", place=place, command=command, environment=settings, ready=lambda: in_use(uri, "runs"))


def optuna(home: Path, storage: str | None) -> Child:
    """Optuna's dashboard on a home's studies."""
    uri, place = storage or default_storage(home), _held(8080)
    command = [sys.executable, "-m", "dashboards.study_server", LOOPBACK, str(place.getsockname()[1])]
    settings = {study_server.STORAGE: uri}
    return Child(name="Optuna dashboard", place=place, command=command, environment=settings, ready=lambda: in_use(uri, "studies"))


def _held(wanted: int) -> socket.socket:
    """A socket bound to the port that is wanted, or to a free one; who may reuse addresses can still listen there."""
    for port in (wanted, 0):
        found = socket.socket()
        try:
            found.bind((LOOPBACK, port))
        except OSError:
            found.close()
            continue
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # now: before, two of us could hold one port
        return found
    raise ValueError(f"A port of {LOOPBACK} must be free, but none is. End programs that listen there: ss -ltnp")


def listen(wanted: int, host: str = LOOPBACK) -> socket.socket:
    """A bound socket on the wanted port, or, where that is taken, on a free one."""
    family: Any = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in (wanted, 0):
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, port))
            return found
        except OSError as error:
            found.close()
            if port == 0 or not 0 < wanted < 65536:
                raise ValueError(
                    f"--host must be an address of this machine, but '{host}' cannot be listened on ({error}). Use 127.0.0.1."
                ) from error
    raise AssertionError("a free port is found or an error raised")
