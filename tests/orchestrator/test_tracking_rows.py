"""An ended run written as rows is, to every question that MLflow answers, the run that MLflow's own calls write."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator import tracking_rows
from orchestrator.tracking import Tracker
from orchestrator.tracking_content import Identity, Part
from orchestrator.tracking_store import Store
from tests.orchestrator.tracking_examples import RECIPE, contents, full_sweep

VALUES = [("x", math.nan, 0), ("x", math.inf, 1), ("y", -math.inf, 3), ("y", 2.5, 3), ("y", 2.5, 3), ("y", 1e-300, 2), ("z", 1.0, 0)]


@pytest.fixture(scope="module")
def trackers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tracker, Tracker]:
    """One that writes rows, and one that makes MLflow's calls, as behind a server."""
    by_rows, by_calls = Tracker(None, tmp_path_factory.mktemp("rows")), Tracker(None, tmp_path_factory.mktemp("calls"))
    assert tracking_rows.database_of(by_rows.store.client) is not None
    by_calls.store._database = None
    return by_rows, by_calls


def test_a_sweep_is_the_same_by_rows_and_by_calls(trackers: tuple[Tracker, Tracker]) -> None:
    for tracker in trackers:
        tracker.sweep(full_sweep("same"), RECIPE)
        for one in full_sweep("same").trials:
            assert tracker.trial(full_sweep("same"), one, fold_runs=True)
    by_rows, by_calls = (contents(tracker, "same") for tracker in trackers)
    assert len(by_rows) == 10 and by_rows == by_calls
    assert by_rows["same/0"]["inputs"] and by_rows["same/0"]["files"] and by_rows["same/0"]["is_child"]


def test_numbers_that_sql_lacks(trackers: tuple[Tracker, Tracker]) -> None:
    odd = Part(params={"a": (1, 2), "b": "x" * 9000}, metrics=VALUES, tags={"long": "y" * 9000})

    def written(store: Store) -> None:
        parent = store.upsert(Identity(key="odd", name="odd", kind="sweep", sweep="odd"))
        store.ended(Identity(key="odd/0", name="0", kind="trial", sweep="odd", parent=parent), "trial", odd, "FINISHED")

    for tracker in trackers:
        written(tracker.store)
    by_rows, by_calls = (contents(tracker, "odd")["odd/0"] for tracker in trackers)
    assert {name: by_rows[name] for name in ("params", "tags")} == {name: by_calls[name] for name in ("params", "tags")}
    assert repr(by_rows["metrics"]) == repr(by_calls["metrics"]) and repr(by_rows["latest"]) == repr(by_calls["latest"])
    assert len(by_rows["metrics"]["y"]) == 3


def test_a_run_is_there_whole_or_not_at_all(trackers: tuple[Tracker, Tracker]) -> None:
    """A tag that is too long for PostgreSQL, or, here, a row that is there already: nothing of the run stays."""
    tracker = trackers[0]
    header = replace(full_sweep("whole"), trials=())
    tracker.sweep(header, RECIPE)
    database, parent = tracker.store._database, tracker.store.known("whole")["whole"]
    assert database is not None
    twice = replace(parent, id="f" * 32, tags={**parent.tags, "losotune.key": "whole/9"})
    broken = Part(params={"ok": 1}, metrics=[("x", None, 0)])  # type: ignore[list-item]
    with pytest.raises(Exception, match="NoneType|float"):
        tracking_rows.write(database, tracker.store.experiment_id, twice, broken)
    assert set(contents(tracker, "whole")) == {"whole"}


def test_files_are_there_before_the_run(tmp_path: Path) -> None:
    """Where they cannot be written, there is no run that lacks them."""
    tracker = Tracker(None, tmp_path)
    tracker.sweep(replace(full_sweep("files"), trials=()), RECIPE)
    (tmp_path / "artifacts").rmdir() if (tmp_path / "artifacts").exists() else None
    (tmp_path / "artifacts").write_text("no folder")
    with pytest.warns(RuntimeWarning, match="The sweep goes on"):
        assert tracker.trial(full_sweep("files"), full_sweep("files").trials[0]) is None
    assert set(contents(tracker, "files")) == {"files"}
