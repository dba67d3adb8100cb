"""Tracking through a real MLflow server with basic authentication, over PostgreSQL and an S3-compatible store."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator import selection, tracking_checks
from orchestrator.tracking import Tracker, TrackingUnavailable
from tests.orchestrator.tracking_examples import RECIPE, contents, full_sweep
from tests.servers import ADMIN_PASSWORD, MlflowServer, Postgres

pytestmark = pytest.mark.slow


def test_a_server_killed_in_mid_sweep_loses_nothing(mlflow_server: MlflowServer, known_user: None, tmp_path: Path) -> None:
    """The same content in the end, files in the store included, as in a sweep over SQLite that nobody disturbed."""
    result = full_sweep("killed")
    scores = list(selection.score_all(result).values())
    tracker, undisturbed = Tracker(mlflow_server.address, tmp_path), Tracker(None, tmp_path)
    tracker.sweep(replace(result, trials=()), RECIPE)
    assert tracker.trial(result, result.trials[0])
    mlflow_server.kill()
    try:
        with pytest.warns(RuntimeWarning, match="Connection refused.*The sweep goes on"):
            assert tracker.trial(result, result.trials[1]) is None
        assert tracker.behind and not tracker.finish(result, "KILLED")
        with pytest.raises(TrackingUnavailable, match="bring it back"):
            tracker.reconcile(result, RECIPE, scores)
    finally:
        mlflow_server.start()
    tracker.reconcile(result, RECIPE, scores)
    undisturbed.reconcile(result, RECIPE, scores)
    assert not tracker.behind
    found = contents(tracker, "killed")
    assert found == contents(undisturbed, "killed") and found["killed"]["files"]
    assert ADMIN_PASSWORD not in repr(found)


def test_a_wrong_password_is_one_clear_line(
    mlflow_server: MlflowServer, known_user: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong-secret")
    with pytest.raises(TrackingUnavailable, match="error code 401.*Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD") as told:
        Tracker(mlflow_server.address, tmp_path)
    assert "wrong-secret" not in str(told.value) and "\n" not in str(told.value)
    finding = tracking_checks.mlflow_server("MLflow", mlflow_server.address)
    assert finding.state == "fail" and "401" in finding.found and "MLFLOW_TRACKING_PASSWORD" in finding.mend


def test_the_doctor_on_a_server(mlflow_server: MlflowServer, known_user: None, postgres: Postgres, tmp_path: Path) -> None:
    assert tracking_checks.mlflow_server("MLflow", mlflow_server.address).state == "ok"
    artifacts = tracking_checks.artifacts(tmp_path, mlflow_server.address)
    assert artifacts.state == "ok" and artifacts.found.startswith("mlflow-artifacts:/"), artifacts
    nobody = tracking_checks.mlflow_server("MLflow", "http://127.0.0.1:9")
    assert nobody.state == "fail" and "Connection refused" in nobody.found
