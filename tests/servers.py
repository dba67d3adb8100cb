"""Real servers for tests, on free loopback ports: PostgreSQL, an S3-compatible store, and MLflow behind a password.

Debian: ``apt-get install postgresql`` (its programs are used, not its service). The S3-compatible store is moto's server, over HTTP.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from orchestrator import databases

PATIENCE_S = 240.0
USER, PASSWORD = "losotune", "not-to-be-shown-7"
"""Of the PostgreSQL user."""
ADMIN, ADMIN_PASSWORD = "laboratory", "not-to-be-shown-either-9"
"""Of MLflow's server."""
BUCKET = "losotune"
REPOSITORY = Path(__file__).resolve().parents[1]
TIED = ("setpriv", "--pdeathsig", "QUIT") if shutil.which("setpriv") else ()
"""A process that dies with the one that started it, also where that is killed."""
LEASH = (sys.executable, "-m", "dashboards.leash")
"""The same for a family of processes: they end when the pipe that is their standard input closes."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"no {what} within {PATIENCE_S} s"
        time.sleep(0.1)


def kill(process: subprocess.Popen[bytes], *, how: int = signal.SIGKILL) -> None:
    """End a process that was started here, and its children."""
    if process.poll() is None:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for member in family:
            if member.is_running():
                member.send_signal(how)
        psutil.wait_procs(family, PATIENCE_S)
    process.wait(PATIENCE_S)


@dataclass
class Postgres:
    """A cluster in a folder of its own. PostgreSQL refuses to run as root, so root runs it as user ``postgres``."""

    programs: Path
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def owner(self) -> str | None:
        return "postgres" if os.geteuid() == 0 else None

    def create(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if self.owner:
            for path in (self.folder, secret):
                shutil.chown(path, self.owner)
        options = ("--auth=scram-sha-256", "--no-sync", f"--username={USER}", f"--pwfile={secret}", f"--pgdata={self.folder / 'data'}")
        subprocess.run([self.programs / "initdb", *options], check=True, capture_output=True, user=self.owner, cwd="/")

    def start(self) -> None:
        options = ("-D", self.folder / "data", "-p", str(self.port), "-k", self.folder, "-h", "127.0.0.1", "-F")
        with (self.folder / "log").open("ab") as log:
            command = [*TIED, self.programs / "postgres", *options]
            self.process = subprocess.Popen(command, stderr=log, stdout=log, user=self.owner, cwd="/")
        until(self._answers, "PostgreSQL")

    def stop(self, how: int = signal.SIGQUIT) -> None:
        """At once, dropping every connection; SIGQUIT is PostgreSQL's own word for it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE_S)

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, (self.folder / "log").read_text()
        try:
            databases.probe(self.address("postgres"))
        except ConnectionError:
            return False
        return True

    def address(self, database: str, *, user: str = USER, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def database(self, prefix: str) -> str:
        """The address of a new one."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.address(name)

    def execute(self, statement: str, database: str = "postgres") -> None:
        engine = create_engine(self.address(database), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        except OperationalError as error:
            raise AssertionError(f"{statement}: {error}") from error
        finally:
            engine.dispose()


def postgres_programs() -> Path | None:
    """Debian keeps them by version, outside of PATH."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *map(Path, os.environ.get("PATH", "").split(":"))]
    return next((place for place in places if (place / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = postgres_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's programs: apt-get install postgresql")
    if os.geteuid() == 0 and "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
        pytest.skip("root cannot run PostgreSQL, and there is no user 'postgres': apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="losotune-pg-"))
    folder.chmod(0o755)  # pytest's own folders can be entered by nobody else
    server = Postgres(programs, folder / "cluster")
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """The environment in which an S3-compatible store with an empty bucket is found."""
    boto3 = pytest.importorskip("boto3", reason="needs boto3: pip install boto3")
    moto = pytest.importorskip("moto.server", reason="needs an S3-compatible server: pip install 'moto[server]'")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "MLFLOW_S3_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "losotune",
        "AWS_SECRET_ACCESS_KEY": "losotune",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    client = boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", aws_access_key_id="losotune", aws_secret_access_key="losotune", region_name="us-east-1"
    )
    client.create_bucket(Bucket=BUCKET)
    yield environment
    server.stop()


@dataclass
class MlflowServer:
    """MLflow behind a user and a password, over a database and an artifact store."""

    folder: Path
    backend: str
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = self.folder / "auth.ini"
        lines = (
            "[mlflow]",
            "default_permission = READ",
            f"database_uri = sqlite:///{self.folder / 'users.db'}",
            f"admin_username = {ADMIN}",
        )
        config.write_text("\n".join(lines))
        given = {
            "MLFLOW_AUTH_CONFIG_PATH": str(config),
            "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "of-this-test",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PYTHONPATH": str(REPOSITORY),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            **self.environment,
        }
        options = ("--app-name", "basic-auth", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1")
        places = ("--backend-store-uri", self.backend, "--artifacts-destination", f"s3://{BUCKET}")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*LEASH, sys.executable, "-m", "mlflow", "server", *options, *places],
                env={**os.environ, **given}, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        until(self._answers, "MLflow server")

    def kill(self) -> None:
        """``kill -9``."""
        if self.process is not None:
            kill(self.process)

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            return requests.get(f"{self.address}/health", timeout=2).ok
        except requests.RequestException:
            return False


@pytest.fixture(scope="session")
def mlflow_server(postgres: Postgres, s3: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """Over PostgreSQL and S3. Who uses it says who they are: ``MLFLOW_TRACKING_USERNAME`` and ``MLFLOW_TRACKING_PASSWORD``."""
    pytest.importorskip("flask_wtf", reason="MLflow's basic-auth needs it: pip install 'mlflow[auth]'")
    server = MlflowServer(tmp_path_factory.mktemp("mlflow"), postgres.database("mlflow"), s3)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def known_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials as a user gives them; and a dead server is told at once."""
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", ADMIN)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", ADMIN_PASSWORD)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
