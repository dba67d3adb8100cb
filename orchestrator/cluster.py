"""Ray as losotune needs it: one place that sets its environment, connects or starts it, and counts what it has.

Ray reads its variables when it is imported, so nothing here imports it before ``prepare_environment`` has run.
"""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DRIVER_ENVIRONMENT = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.2",  # default 2: every start, failure and end of a Train run waits for it
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # workers keep the working directory
    "RAY_TRAIN_V2_ENABLED": "1",
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",  # a process more; the folds of a machine that is taken away are leased again
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # results are in the ledger and MLflow
    "TUNE_DISABLE_AUTO_CALLBACK_SYNCER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",  # Tune's own snapshots are never read: the study and the ledger are the truth
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
}
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # one single-threaded process per core is 1.2-1.4 times as fast as threads
    "MALLOC_MMAP_THRESHOLD_": "4000000000",  # glibc hands large activations back to the system each step: up to 2.1 times slower
    "MALLOC_TRIM_THRESHOLD_": "16000000000",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    **{name: DRIVER_ENVIRONMENT[name] for name in ("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "RAY_CHDIR_TO_TRIAL_DIR")},
}
TOKEN_FILE = Path("~/.ray/auth_token")


@dataclass(frozen=True)
class Resources:
    """What the cluster offers to workers."""

    num_cpus: int
    num_gpus: int

    @property
    def num_workers(self) -> int:
        """One worker per GPU where there are any, else one per core."""
        return self.num_gpus or max(1, self.num_cpus)


def prepare_environment() -> None:
    """Set what Ray reads at import. A token that exists on this machine is used: without this, a cluster that demands it answers 401."""
    for name, value in DRIVER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if "ray" in sys.modules:
        return  # it read its mode when it was imported: another one now would reach the processes it starts, but not itself
    if TOKEN_FILE.expanduser().exists() or os.environ.get("RAY_AUTH_TOKEN"):
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def connect() -> Resources:
    """Join the cluster at RAY_ADDRESS, as inside of ``ray job submit``, or start a local one with its dashboard.

    The dashboard is needed: without it, a trial that is stopped while workers live leaks its placement group and the sweep hangs (ray
    #54305)."""
    prepare_environment()
    import ray

    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if os.environ.get("RAY_ADDRESS"):
        missing = {name: value for name, value in WORKER_ENVIRONMENT.items() if name not in _job_environment()}
        ray.init(runtime_env={"env_vars": missing}, **options)
    else:
        with environment(WORKER_ENVIRONMENT):  # a runtime environment would set the processes aside that Ray has started by now
            ray.init(address="local", include_dashboard=True, **options)
    for name in ("ray.train", "ray.tune", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    found = ray.cluster_resources()
    return Resources(num_cpus=int(found.get("CPU", 1)), num_gpus=int(found.get("GPU", 0)))


@contextmanager
def environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Variables (None: unset) for the time being: for processes that are started, and for libraries that look again."""
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def disconnect() -> None:
    import ray

    ray.shutdown()


def _job_environment() -> set[str]:
    """Variables that the submitted job sets itself; Ray refuses to set them twice."""
    import json

    runtime_env = json.loads(os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")).get("runtime_env", {})
    return set(runtime_env.get("env_vars", {}))
