"""Tracking writes each sweep once, whatever is killed or repeated, and never stops a sweep."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import mlflow
import pytest

from orchestrator import prediction_files, selection
from orchestrator.selection import inner_score
from orchestrator.tracking import Tracker, TrackingUnavailable
from orchestrator.tracking_content import Identity
from orchestrator.tracking_store import KIND, SWEEP
from tests.orchestrator.tracking_examples import CLASSES, RECIPE, full_sweep, sweep, trial

Snapshot = dict[str, tuple[str, dict[str, str], dict[str, str], dict[str, int]]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def tracker(home: Path) -> Iterator[Tracker]:
    """Its calls leave MLflow's global state and the current directory alone."""
    before, files = mlflow.get_tracking_uri(), set(Path.cwd().iterdir())
    yield Tracker(None, home)
    assert mlflow.get_tracking_uri() == before and mlflow.active_run() is None
    assert not {path.name for path in set(Path.cwd().iterdir()) - files} & {"mlruns", "mlflow.db", "mlartifacts"}


def snapshot(tracker: Tracker, name: str) -> Snapshot:
    """All that MLflow holds of a sweep: by run, its status, parameters, tags and the lengths of its metric histories."""
    client = tracker.store.client
    runs = client.search_runs([tracker.store.experiment_id], f"tags.`{SWEEP}` = '{name}'")
    return {
        run.info.run_id: (
            run.info.status,
            run.data.params,
            run.data.tags,
            {metric: len(client.get_metric_history(run.info.run_id, metric)) for metric in run.data.metrics},
        )
        for run in runs
    }


def test_a_sweep_is_a_run_with_a_child_per_trial(tracker: Tracker, home: Path) -> None:
    result = full_sweep("whole")
    scores = list(selection.score_all(replace(result, trials=result.trials[:1])).values())
    run_id = tracker.sweep(replace(result, trials=()), RECIPE)
    for one in result.trials:
        assert tracker.trial(result, one)
    assert tracker.scores(result, scores, RECIPE.targets) and tracker.finish(result)

    client = tracker.store.client
    run = client.get_run(run_id)
    children = {
        child.data.tags["mlflow.runName"]: child
        for child in client.search_runs([tracker.store.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")
    }
    paper, pruned = children["0000 the paper's point"], children["0001 dropout=0.1"]
    assert run.info.status == "FINISHED" and run.info.run_name == "whole seed=0 tpe"
    assert run.info.artifact_uri.startswith((home / "artifacts").as_uri())
    assert run.data.params["training.lr"] == "0.001" and run.data.params["model.widths"] == "[3, 5, 8]"
    tags = run.data.tags
    assert (tags["rule"], tags["honest"], tags["data_digest"], tags["feature_stage"]) == ("nested", "true", "d" * 64, "in_fold")
    said = tags["mlflow.note.content"]
    assert (
        "Trial 0 is the paper's own setting" in said
        and "3 trials: 1 complete, 1 pruned, 1 failed." in said
        and "| `nested` | yes |" in said
    )
    for one in (run, paper, pruned):
        assert [(given.dataset.name, given.dataset.digest) for given in one.inputs.dataset_inputs] == [("toy", "d" * 36)]
    for name in ("nested/all/uf1", "nested/toy/uar", "nested/all/uf1.low", "oracle/all/uf1", "paper/all/uf1", "delta/last_epoch/toy/uar"):
        assert name in run.data.metrics, name
    assert run.data.metrics["delta/nested/all/uf1"] == pytest.approx(run.data.metrics["nested/all/uf1"] - 0.7)

    stored = Path(client.download_artifacts(run_id, "scores"))
    read, _ = prediction_files.read(stored / "nested.predictions.csv", CLASSES)
    assert sorted(read.keys) == sorted(scores[0].predictions.keys)
    assert [row["corpus"] for row in csv.DictReader((stored / "oracle.predictions.csv").open())] == ["toy"] * 12
    assert sum(map(sum, json.loads((stored / "nested.confusion.json").read_text())["counts"])) == 12

    assert [children[name].info.status for name in sorted(children)] == ["FINISHED", "KILLED", "FAILED"]
    assert "heldout.last_epoch/uf1" in paper.data.metrics and "heldout.last_epoch/uf1" not in pruned.data.metrics
    assert {name: paper.data.tags[name] for name in ("rule", "honest", "point", "paper", "corpus", "protocol")} == {
        "rule": "last_epoch", "honest": "true", "point": "paper", "paper": RECIPE.paper, "corpus": "toy", "protocol": "loso"
    }  # fmt: skip
    assert (pruned.data.tags["state"], pruned.data.tags["reason"], pruned.data.tags["honest"]) == ("pruned", "too low", "false")
    assert pruned.data.params == {"training.lr": "0.001", "model.dropout": "0.1"}
    history = client.get_metric_history(paper.info.run_id, "fold/heldout_accuracy")
    assert [metric.step for metric in history] == [0, 1, 2, 3]
    curve = client.get_metric_history(paper.info.run_id, "curve/inner_uf1")
    assert [metric.step for metric in curve] == [2, 4] and curve[-1].value == pytest.approx(inner_score(result.trials[0].folds))
    losses = client.get_metric_history(paper.info.run_id, "curve/train_loss")
    assert [round(metric.value, 3) for metric in losses] == [0.7, 0.1]
    table = json.loads(Path(client.download_artifacts(paper.info.run_id, "folds.json")).read_text())
    assert [row[1] for row in table["data"]] == list(result.fold_names)


def test_writing_everything_again_changes_nothing(tracker: Tracker, home: Path) -> None:
    result = full_sweep("again")
    scores = list(selection.score_all(result).values())
    tracker.reconcile(result, RECIPE, scores, fold_runs=True)
    before = snapshot(tracker, "again")
    kinds = [tags[KIND] for _, _, tags, _ in before.values()]
    assert [kinds.count(kind) for kind in ("sweep", "trial", "fold")] == [1, 3, 6]

    tracker.reconcile(result, RECIPE, scores, fold_runs=True)
    restarted = Tracker(None, home)
    restarted.sweep(replace(result, trials=()), RECIPE)
    for one in result.trials:
        restarted.trial(result, one, fold_runs=True)
    restarted.scores(result, scores, RECIPE.targets)
    restarted.finish(result)
    assert snapshot(tracker, "again") == before


def test_a_killed_driver_is_made_good(tracker: Tracker, home: Path) -> None:
    """Killed between creating a run and filling it, after the metrics but before the tag, and with a trial that never ended."""
    result = full_sweep("killed")
    first = Tracker(None, home)
    first.sweep(replace(result, trials=()), RECIPE)
    first.trial(result, result.trials[0])
    parent = first.store.known("killed")["killed"]
    first.store.upsert(Identity(key="killed/1", name="0001", kind="trial", sweep="killed", parent=parent))
    lost = first.store.upsert(Identity(key="killed/7", name="0007", kind="trial", sweep="killed", parent=parent))
    done = first.store.known("killed")["killed/0"]
    tracker.store.client.delete_tag(done.id, "losotune.logged.trial")

    Tracker(None, home).reconcile(result, RECIPE, list(selection.score_all(result).values()))
    after = snapshot(tracker, "killed")
    assert len(after) == 5 and after[lost.id][0] == "KILLED" and after[parent.id][0] == "FINISHED"
    assert "RUNNING" not in {status for status, *_ in after.values()}
    assert after[done.id][3]["fold/wall_s"] == 4, "metrics logged before the kill are not logged twice"


def test_new_content_is_logged_as_a_later_value(tracker: Tracker) -> None:
    """More trials may change a sweep's scores: the newest value is the one shown."""
    result = sweep("grown", trial(0, right=0.9))
    run_id = tracker.reconcile(result, RECIPE, [selection.last_epoch(result)])
    high = tracker.store.client.get_run(run_id).data.metrics["last_epoch/all/uf1"]
    worse = replace(result, trials=(trial(0, right=0.2),))
    tracker.reconcile(worse, RECIPE, [selection.last_epoch(worse)])
    assert tracker.store.client.get_run(run_id).data.metrics["last_epoch/all/uf1"] < high


def test_a_search_begun_anew_replaces_its_trials(tracker: Tracker) -> None:
    result = sweep("anew", trial(0), trial(1))
    tracker.reconcile(result, RECIPE)
    changed = replace(result, trials=(trial(0), replace(trial(1), settings={"training.lr": 0.5})))
    tracker.reconcile(changed, RECIPE)
    params = [params for _, params, tags, _ in snapshot(tracker, "anew").values() if tags["mlflow.runName"] == "0001 lr=0.5"]
    assert params == [{"training.lr": "0.5"}]


def test_a_failing_database_costs_the_view_not_the_sweep(tracker: Tracker, home: Path) -> None:
    result, mine = full_sweep("outage"), Tracker(None, home)
    mine.sweep(replace(result, trials=()), RECIPE)
    with closing(sqlite3.connect(home / "mlflow.db")) as database:
        database.execute("ALTER TABLE runs RENAME TO away")
        with pytest.warns(RuntimeWarning, match="no such table.*The sweep goes on"):
            assert mine.trial(result, result.trials[0]) is None
        assert mine.behind and mine.trial(result, result.trials[1]) is None and not mine.finish(result)
        with pytest.raises(TrackingUnavailable, match="run the same command again"):
            mine.reconcile(result, RECIPE)
        assert mine.behind
        database.execute("ALTER TABLE away RENAME TO runs")
    mine.reconcile(result, RECIPE)
    assert not mine.behind and len(snapshot(tracker, "outage")) == 4


def test_an_unreachable_server_is_said_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingUnavailable, match="127.0.0.1:9"):
        Tracker("http://127.0.0.1:9", tmp_path)


def test_commands_that_only_read_create_no_database(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--home must hold"):
        Tracker.existing(None, tmp_path / "typo")
    assert not (tmp_path / "typo").exists()
