"""Rows, medians of interleaved repeats, and pools with their environment."""

import os
from collections.abc import Callable

import pytest

from benchmarks.measure import COLUMNS, Row, bound, faster, interleave, machine, overhead, processes


def test_faster_divides_the_peer_by_ours() -> None:
    row = faster("w", 2.0, "peer", 30.0, goal=10.0)
    assert (row.ratio, row.reached, row.goal) == (15.0, True, ">= 10x")
    assert not faster("w", 2.0, "peer", 3.0, goal=10.0).reached
    assert faster("w", 2.0, "peer", 3.0).reached is None


def test_overhead_divides_ours_by_the_peer() -> None:
    assert overhead("w", 1.04, "pool", 1.0, goal=1.05).reached
    assert not overhead("w", 1.06, "pool", 1.0, goal=1.05).reached


def test_a_bound_is_on_ours_alone() -> None:
    row = bound("w", 0, "folds", at_most=0, against=9)
    assert row.reached and row.ratio is None
    assert bound("w", 4.0, "ms", at_most=10, against=8.0).ratio == 2.0


def test_a_row_has_a_cell_per_column() -> None:
    row = faster("what", 0.5, "plain loop", 7.0, goal=10.0, limit="memory")
    assert row.cells == ("what", "0.5 ms", "7 ms plain loop", "14.0x", ">= 10x", "yes", "memory")
    assert len(Row(what="nothing here").cells) == len(COLUMNS)


def test_interleave_takes_turns_and_gives_medians() -> None:
    order: list[str] = []

    def variant(name: str, values: list[float]) -> Callable[[], float]:
        given = iter(values)

        def measure() -> float:
            order.append(name)
            return next(given)

        return measure

    assert interleave({"a": variant("a", [1, 9, 2]), "b": variant("b", [5, 4, 3])}, 3) == {"a": 2, "b": 4}
    assert order == list("ababab")


def test_processes_set_their_environment_before_python_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with processes(1, {"OMP_NUM_THREADS": "1"}) as ours, processes(1, {"OMP_NUM_THREADS": None}) as plain:
        assert ours.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        assert plain.submit(os.getenv, "OMP_NUM_THREADS").result() is None
    assert os.environ["OMP_NUM_THREADS"] == "2"


def test_machine_says_what_it_measured_on() -> None:
    assert {"cpu", "cores", "gpu", "torch", "torch_threads", "load"} <= set(machine())
