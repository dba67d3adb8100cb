"""What is read of a home: equal to what the search found, live while it runs, and nothing is changed by looking."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from dashboards.runs import NoSweep, Runs
from dashboards.sweep_view import INTERRUPTED, RUNNING
from orchestrator.results import SweepResult
from orchestrator.selection import score_all
from orchestrator.summaries import SummaryKeeper
from orchestrator.summary_files import folder
from orchestrator.tracking_store import KIND

Swept = tuple[Path, SweepResult]


def change(home: Path, database: str, statement: str) -> None:
    with closing(sqlite3.connect(home / database)) as opened, opened:
        assert opened.execute(statement).rowcount > 0


def test_arrays_say_what_the_search_found(swept: Swept) -> None:
    home, result = swept
    view = Runs(home).view(result.name)
    assert view is not None and not view.live and view.num_settled == len(result.trials)
    assert view.index.tolist() == [trial.index for trial in result.trials]
    assert view.state.tolist() == [trial.state for trial in result.trials]
    assert view.settings == [json.loads(json.dumps(dict(trial.settings))) for trial in result.trials]
    for row, trial in enumerate(result.trials):
        assert view.inner_score[row] == pytest.approx(trial.inner_score if trial.inner_score is not None else float("nan"), nan_ok=True)
        assert view.folds_done[row] == len(trial.folds)
        for position, fold in enumerate(result.fold_names):
            record = trial.folds.get(fold)
            assert np.isfinite(view.wall_s[row, position]) == (record is not None)
            if record is not None:
                told = {clip.key: view.predicted[row, place] for place, clip in enumerate(view.clips) if clip.fold == fold}
                assert told == dict(zip(record.held_out.keys, record.held_out.predicted().tolist(), strict=True))
                found = view.record(trial.index, fold)
                assert found is not None and found.name == record.name
    expected = score_all(result)
    assert {rule: score.value() for rule, score in view.scores.items()} == {rule: score.value() for rule, score in expected.items()}
    assert all(start and end and start <= end for start, end in view.times.values())
    assert set(view.distributions) == set(result.trials[1].settings)


def test_the_list_has_the_sweep_with_its_scores_and_run(swept: Swept) -> None:
    home, result = swept
    runs = Runs(home)
    (listed,) = runs.sweeps()
    assert (listed.name, listed.status, listed.searched) == (result.name, "FINISHED", True)
    assert listed.metrics["nested/all/uf1"] == score_all(result)["nested"].value()
    assert listed.run_id is not None and runs.trial_run_id(result.name, 0) not in (None, listed.run_id)
    assert set(runs.trial_runs(result.name)) == {trial.index for trial in result.trials}


def test_an_empty_home_stays_empty(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    assert runs.sweeps() == [] and runs.trial_run_id("none", 0) is None
    with pytest.raises(NoSweep, match="'none' .* has neither"):
        runs.view("none")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ("../x", "a/b", "a' or '1'='1", ".hidden", "", "a`b"))
def test_a_name_that_could_lead_elsewhere_is_refused(name: str, swept: Swept) -> None:
    runs = Runs(swept[0])
    with pytest.raises(NoSweep):
        runs.listed(name)
    assert runs.trial_run_id(name, 0) is None


def test_without_mlflow_the_summary_is_shown(copied: Swept) -> None:
    home, result = copied
    (home / "mlflow.db").unlink()
    (listed,) = Runs(home).sweeps()
    assert (listed.name, listed.status, listed.run_id) == (result.name, "UNKNOWN", None)
    view = Runs(home).view(result.name)
    assert view is not None and len(view.scores) == 4


def test_an_mlflow_that_does_not_answer_is_asked_once(copied: Swept, monkeypatch: pytest.MonkeyPatch) -> None:
    home, result = copied
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    runs = Runs(home, "http://127.0.0.1:9")  # the discard port: nobody listens
    (listed,) = runs.sweeps()
    assert (listed.name, listed.status) == (result.name, "UNKNOWN") and runs.away
    monkeypatch.setattr("dashboards.runs.Tracker.existing", lambda *_: pytest.fail("it was asked again"))
    assert runs.view(result.name) is not None


def test_a_database_that_is_being_made_is_left_alone(tmp_path: Path) -> None:
    for name in ("mlflow.db", "optuna.db"):
        (tmp_path / name).touch()
    runs = Runs(tmp_path)
    assert runs.sweeps() == [] and not runs.study("x").trials and not runs.away
    assert [(path.name, path.stat().st_size) for path in sorted(tmp_path.iterdir())] == [("mlflow.db", 0), ("optuna.db", 0)]


def test_a_running_trial_is_shown_with_the_folds_that_it_has(copied: Swept) -> None:
    home, result = copied
    last = result.trials[-1]
    sweeps = f"SELECT run_uuid FROM tags WHERE key = '{KIND}' AND value = 'sweep'"
    change(home, "mlflow.db", f"UPDATE runs SET status = 'RUNNING' WHERE run_uuid IN ({sweeps})")
    change(home, "optuna.db", f"UPDATE trials SET state = 'RUNNING', datetime_complete = NULL WHERE number = {last.index}")
    keeper = SummaryKeeper(home, result)
    view = Runs(home).view(result.name)
    assert view is not None and view.live and view.listed.status == RUNNING
    assert [(trial.index, trial.folds_done) for trial in view.running] == [(last.index, len(last.folds))], "by the names of its records"
    del keeper
    view = Runs(home).view(result.name)
    assert view is not None and view.listed.status == INTERRUPTED and not view.running


def test_a_lost_record_is_told(copied: Swept) -> None:
    home, result = copied
    (home / "ledger").unlink()
    view = Runs(home).view(result.name)
    assert view is not None
    with pytest.raises(ValueError, match="trial 0 .paper., .* is gone"):
        view.record(0, result.fold_names[0])
    assert view.record(0, "nobody") is None and view.record(99, result.fold_names[0]) is None


def test_a_sweep_without_a_settled_trial_has_no_view(copied: Swept) -> None:
    home, result = copied
    shutil.rmtree(folder(home, result.name))
    assert Runs(home).view(result.name) is None
