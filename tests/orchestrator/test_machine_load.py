"""The machine's load is measured while a sweep runs, and a value is written once."""

import time
from collections.abc import Sequence

import pytest
from mlflow.entities import Metric

from orchestrator.machine_load import MachineLoad


def test_values_are_handed_on_once_and_kept_until_then() -> None:
    load, written = MachineLoad(sample_s=0.01, point_s=0.03), list[Metric]()
    began = int(time.time() * 1000) - 3 * 60_000
    load.start(began)
    load.start(began)
    deadline = time.monotonic() + 60
    while not load._values and time.monotonic() < deadline:
        time.sleep(0.01)
    load.stop()

    def away(_: Sequence[Metric]) -> None:
        raise OSError("no server")

    with pytest.raises(OSError, match="no server"):
        load.write(away)
    time.sleep(0.05)  # a last point may be on its way
    load.write(written.extend)
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_percentage"} <= {metric.key for metric in written}
    assert {metric.step for metric in written} == {3}, "minutes since the run began, also after a restart"
    load.write(lambda rest: written.append(*rest) if rest else None)
    assert len(written) == len({(metric.key, metric.timestamp) for metric in written})
