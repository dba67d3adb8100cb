"""Real sweeps in processes of their own: started, watched, killed, and all that they leave behind.

Other Rays may run on the machine: only descendants of a process that was started here are ever signalled.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import psutil
from mlflow import MlflowClient

from orchestrator.ledger import Ledger
from orchestrator.study import INDEX, INTERRUPTED, default_storage
from orchestrator.tracking import default_uri
from orchestrator.tracking_store import KEY
from orchestrator.tracking_store import SWEEP as SWEEP_TAG

REPOSITORY = Path(__file__).resolve().parents[2]
NUM_TRIALS, NUM_FOLDS = 3, 16
OPTIONS = {"corpus": "synthetic", "trials": NUM_TRIALS, "max-epochs": 16, "workers": 2}
SWEEP = ("-m", "orchestrator.sweep", "ststnet", "--json", *(f"--{name}={value}" for name, value in OPTIONS.items()))
"""Two settings that complete and one that is stopped early."""
HALF_WAY = NUM_FOLDS + 4
"""So many fold records: the first trial has settled, the second runs."""
PATIENCE_S = 400.0
"""For anything to happen: twenty times what it takes on an idle machine."""


class Running:
    """A process of ours, with its output in files."""

    def __init__(self, command: Sequence[str], output: Path, *, cwd: Path = REPOSITORY, environment: dict[str, str] | None = None) -> None:
        self.output = output
        output.mkdir(parents=True, exist_ok=True)
        with self._file("out").open("w") as out, self._file("err").open("w") as err:
            self.process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=out, stderr=err, start_new_session=True)

    def _file(self, stream: str) -> Path:
        return self.output / f"{stream}.txt"

    @property
    def out(self) -> str:
        return self._file("out").read_text()

    @property
    def err(self) -> str:
        return self._file("err").read_text()

    def descendants(self) -> list[psutil.Process]:
        """All that it started, Ray's processes included."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def actors(self, *kinds: str) -> list[psutil.Process]:
        """The processes of some kinds of Ray actors: Ray titles them ``ray::RayTrainWorker``, ``ray::FoldQueue.news``."""
        return [process for process in self.descendants() if title(process).startswith(tuple(f"ray::{kind}" for kind in kinds))]

    def ended(self) -> int:
        """Wait for the end; the exit code."""
        return self.process.wait(PATIENCE_S)

    def end(self) -> None:
        """Kill it and all that it started."""
        started = self.descendants()
        for process in (self.process, *started):
            kill(process.pid)
        self.process.wait(PATIENCE_S)
        psutil.wait_procs(started, PATIENCE_S)


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def kill(pid: int) -> None:
    """``kill -9``."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended by itself meanwhile


def until(holds: Callable[[], Any], what: str, running: Running) -> Any:
    """Wait until something holds while a process runs, and give it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert running.process.poll() is None, f"it ended before {what}: {running.err[-3000:]}"
        assert time.monotonic() < deadline, f"no {what} within {PATIENCE_S} s: {running.err[-3000:]}"
        time.sleep(0.02)
    return found


def start(home: Path, *arguments: str) -> Running:
    """The sweep, on a Ray of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    return Running([sys.executable, *SWEEP, "--home", str(home), *arguments], home / "output", environment=environment)


def wait_for_folds(running: Running, home: Path, number: int) -> None:
    until(lambda: len(list(Ledger(home).names())) >= number, f"{number} folds", running)


def finish(running: Running) -> dict[str, Any]:
    """The document of a sweep that must end well."""
    assert running.ended() == 0, running.err[-3000:]
    return dict(json.loads(running.out))


@dataclass(frozen=True)
class Left:
    """What a sweep left behind, times aside: equal however it came about."""

    table: dict[str, Any]
    runs: dict[str, tuple[Any, ...]]
    """MLflow: key -> status, name, parameters and metrics."""
    trials: dict[int, tuple[Any, ...]]
    """Optuna: index -> state, score, parameters and scores by step."""
    versions: int
    """How many versions of the model were registered."""


def left(document: dict[str, Any], home: Path, *, uri: str | None = None, storage: str | None = None) -> Left:
    """Read everything back, and check that nothing was done twice or left running."""
    finished = Ledger(home).executions()
    assert not [name for name, times in Counter(finished).items() if times > 1], "a fold was trained twice"
    assert set(finished) <= set(Ledger(home).names())
    table = {name: value for name, value in document.items() if name not in ("model_version", "num_trained")}
    table["tags"] = {name: value for name, value in document["tags"].items() if name != "commit"}  # a job's copy has no history
    client = MlflowClient(uri or default_uri(home), uri or default_uri(home))
    return Left(
        table,
        _runs(client, document["sweep"] if uri else None),
        _trials(storage or default_storage(home)),
        len(client.search_model_versions()),
    )


def _runs(client: MlflowClient, sweep: str | None) -> dict[str, tuple[Any, ...]]:
    """Every run of a home; of a server, which others use too, every run of the sweep."""
    query = f"tags.`{SWEEP_TAG}` = '{sweep}'" if sweep else ""
    found = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()], query, max_results=1000)
    keys = [run.data.tags.get(KEY, "none") for run in found]
    assert len(keys) == len(set(keys)), "a run was written twice"
    assert "RUNNING" not in {run.info.status for run in found}
    return {
        key: (run.info.status, run.info.run_name, run.data.params, _lasting(run.data.metrics)) for key, run in zip(keys, found, strict=True)
    }


def _lasting(metrics: dict[str, float]) -> dict[str, float]:
    """Without what was measured of time and machine."""
    return {name: value for name, value in metrics.items() if not name.endswith("wall_s") and not name.startswith("system/")}


def _trials(storage: str) -> dict[int, tuple[Any, ...]]:
    (name,) = optuna.get_all_study_names(storage)
    found = optuna.load_study(study_name=name, storage=storage).trials
    assert all(trial.state.is_finished() for trial in found), "a trial was left RUNNING"
    settled = [trial for trial in found if not trial.user_attrs.get(INTERRUPTED)]
    indices = [trial.user_attrs[INDEX] for trial in settled]
    assert len(indices) == len(set(indices)), "a trial settled twice"
    return {
        index: (trial.state.name, trial.value if trial.state.name == "COMPLETE" else None, trial.params, trial.intermediate_values)
        for index, trial in zip(indices, settled, strict=True)
    }
