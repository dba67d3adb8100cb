"""Machine load: CPU, memory, disk, network and GPUs of the driver's machine while a sweep runs, as MLflow's system metrics.

MLflow's own parts measure; its own thread is not used: it ends for good when a server is away once, and reads the whole run at each sample.
Here a sample stays in memory until it is written, which happens when a trial ended. Step = minutes since the sweep's run began, so that a
resumed sweep goes on where it is and nothing is written twice.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import psutil
from mlflow.entities import Metric
from mlflow.system_metrics.metrics.base_metrics_monitor import BaseMetricsMonitor
from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
from mlflow.system_metrics.metrics.disk_monitor import DiskMonitor
from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor
from mlflow.system_metrics.metrics.network_monitor import NetworkMonitor

SAMPLE_S, MINUTE_S = 10.0, 60.0
KEPT = 100_000
"""Values, if they can be written to nobody: half a week."""


class MachineLoad:
    """Samples in a thread between ``start`` and ``stop``."""

    def __init__(self, *, sample_s: float = SAMPLE_S, point_s: float = MINUTE_S) -> None:
        self.sample_s, self.point_s = sample_s, point_s
        self._values: deque[Metric] = deque(maxlen=KEPT)
        self._stopped: threading.Event | None = None

    def start(self, since_ms: int) -> None:
        """``since_ms``: when the run began. A second call changes nothing."""
        if self._stopped is None:
            self._stopped = threading.Event()
            self._values.clear()
            threading.Thread(target=self._watch, args=(self._stopped, since_ms), daemon=True, name="machine_load").start()

    def stop(self) -> None:
        if self._stopped is not None:
            self._stopped.set()
            self._stopped = None

    def write(self, write: Callable[[Sequence[Metric]], None]) -> None:
        """Hand on what is new; what could not be written is kept."""
        values = list(self._values)
        write(values)
        for _ in values:
            self._values.popleft()

    def _watch(self, stopped: threading.Event, since_ms: int) -> None:
        psutil.cpu_percent()  # the first call measures nothing
        monitors, begun = _monitors(), time.monotonic()
        while not stopped.wait(self.sample_s):
            for monitor in monitors:
                monitor.collect_metrics()
            if time.monotonic() - begun >= self.point_s:
                self._point(monitors, since_ms)
                begun = time.monotonic()

    def _point(self, monitors: Sequence[BaseMetricsMonitor], since_ms: int) -> None:
        now = int(time.time() * 1000)
        step = (now - since_ms) // int(1000 * MINUTE_S)
        for monitor in monitors:
            for name, value in monitor.aggregate_metrics().items():
                self._values.append(Metric(f"system/{name}", float(value), now, step))
            monitor.clear_metrics()


def _monitors() -> list[BaseMetricsMonitor]:
    monitors = [CPUMonitor(), DiskMonitor(), NetworkMonitor()]
    try:
        return [*monitors, GPUMonitor()]
    except (ImportError, RuntimeError):  # no nvidia-ml-py, or no GPU
        return monitors
