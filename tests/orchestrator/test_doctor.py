"""The doctor finds faults that are made on purpose, on a machine that is otherwise well."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator import checks, doctor, tracking_checks
from orchestrator.findings import Finding
from orchestrator.tracking import Tracker


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_ADDRESS", *checks.RAY_ENVIRONMENT, *checks.ALLOCATOR):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))


def test_a_sound_machine_passes_and_nothing_is_left_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["--home", str(tmp_path / "home"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"] and len(shown["findings"]) == 15
    assert all(finding["mend"] for finding in shown["findings"] if finding["state"] != "ok")
    assert not list(tmp_path.iterdir())


def test_a_failed_check_is_exit_code_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    bad = Finding(name="home", state="fail", found="[full]", mend="free some space")
    monkeypatch.setattr(doctor, "examine", lambda *_, **__: [bad])
    assert doctor.main(["--home", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "free some space" in shown and "[full]" in shown and "1 of 1 checks failed" in shown


def test_a_check_that_raises_is_a_failed_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Finding:
        raise ImportError("libGL.so.1 is missing")

    for name in ("importable", "workers", "torch_build", "landmarks", "model_format"):
        monkeypatch.setattr(checks, name, lambda *_: Finding(name="", state="ok", found=""))
    monkeypatch.setattr(checks, "optical_flow", broken)
    failed = [finding for finding in doctor.examine(tmp_path) if finding.state == "fail"]
    assert [(finding.name, finding.found) for finding in failed] == [("TV-L1 flow", "ImportError: libGL.so.1 is missing")]


def test_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.ray_token().state == "ok"
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    assert checks.ray_token().state == "fail"
    (tmp_path / "token").write_text("secret")
    assert checks.ray_token().state == "ok"
    monkeypatch.delenv("RAY_AUTH_MODE")
    finding = checks.ray_token()
    assert finding.state == "warn" and "RAY_AUTH_MODE=token" in finding.mend and "secret" not in str(finding)


def test_ray_default_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_installed", lambda name: name != "aiohttp")
    finding = checks.ray_default()
    assert finding.state == "fail" and "aiohttp" in finding.found


def test_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.versions().state == "ok"
    monkeypatch.setitem(checks.TESTED, "ray", "2.6")
    assert checks.versions().state == "warn"


def test_ray_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.ray_environment().state == "ok"
    monkeypatch.setenv("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "2")
    assert checks.ray_environment().state == "warn"


def test_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.workers(None).state == "ok"
    assert checks.workers(1).state == "ok"
    assert checks.workers(100_000).state == "fail"
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    assert checks.workers(100_000).state == "warn"


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free_gib, state in ((100, "ok"), (5, "warn"), (0.5, "fail")):
        usage = SimpleNamespace(free=free_gib * checks.GIB)
        monkeypatch.setattr(checks.shutil, "disk_usage", lambda _, usage=usage: usage)
        assert checks.home(tmp_path / "not" / "yet").state == state
    monkeypatch.setattr(checks.os, "access", lambda *_: False)
    assert "cannot be written" in checks.home(tmp_path).found


def test_sqlite_databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.database("Optuna database", f"sqlite:///{tmp_path / 'a' / 'optuna.db'}").state == "ok"
    assert "relative" in checks.database("MLflow database", "sqlite:///mlflow.db").found
    assert checks.database("MLflow database", "./mlruns").state == "fail"
    monkeypatch.setattr(checks, "_filesystem", lambda _: "nfs4")
    assert checks.database("Optuna database", f"sqlite:///{tmp_path / 'optuna.db'}").state == "fail"
    monkeypatch.setattr(checks, "_filesystem", lambda _: "ext4")
    monkeypatch.setattr(checks, "_locks", lambda _: False)
    assert "does not lock" in checks.database("Optuna database", f"sqlite:///{tmp_path / 'optuna.db'}").found


def test_addresses_that_are_none(tmp_path: Path) -> None:
    for address in ("http://127.0.0.1:5000", "mysql://lab:pw@db/optuna", "./mlruns"):
        finding = checks.database("Optuna database", address)
        assert finding.state == "fail" and "no database address" in finding.found and "pw" not in finding.found
    absent = checks.database("Optuna database", "postgresql://lab:pw@127.0.0.1:9/optuna")
    assert absent.state == "fail" and "refused" in absent.found and ":pw" not in absent.found


def test_artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an existing database puts its files, else below the home."""
    address = f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert tracking_checks.artifacts(tmp_path, address).found == f"{(tmp_path / 'artifacts').as_uri()} can be written"
    Tracker(address, tmp_path / "elsewhere")
    assert tracking_checks.artifacts(tmp_path, address).found == f"{(tmp_path / 'elsewhere' / 'artifacts').as_uri()} can be written"
    monkeypatch.setattr(tracking_checks.os, "access", lambda *_: False)
    finding = tracking_checks.artifacts(tmp_path, address)
    assert finding.state == "fail" and "cannot be written" in finding.found and finding.mend
