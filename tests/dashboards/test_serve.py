"""``python -m dashboards.serve`` for real: it starts all there is to see, ends it whole, and says which part died."""

import os
import re
import signal
import socket
import sys
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from dashboards import children
from dashboards.serve import main
from orchestrator.results import SweepResult
from tests.orchestrator.ray_examples import PATIENCE_S, Running, title, until


def serve(home: Path, output: Path, *arguments: str) -> Running:
    return Running([sys.executable, "-u", "-m", "dashboards.serve", "--home", str(home), *arguments], output)


def told(running: Running, name: str) -> str:
    return str(until(lambda: re.search(rf"^{name}: (http\S+)$", running.out, re.M), name, running)[1])


def gone(family: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(family, PATIENCE_S)[1]


def test_an_empty_home_is_served_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running = serve(home, tmp_path / "output", "--port", str(taken.getsockname()[1]))
        try:
            address = told(running, "pages")
            assert not address.endswith(f":{taken.getsockname()[1]}"), "a taken port is left alone"
            with urlopen(address, timeout=PATIENCE_S) as answer:
                assert b"python -m orchestrator.sweep stanet" in answer.read()
            family = running.descendants()
            assert not family and list(home.iterdir()) == [], "there is no database for MLflow and Optuna, and none is made"
            running.process.send_signal(signal.SIGINT)
            assert running.ended() == 0 and running.out.endswith("ended\n") and running.err == ""
        finally:
            running.end()


def test_everything_is_started_and_one_that_dies_ends_all(swept: tuple[Path, SweepResult], tmp_path: Path) -> None:
    running = serve(swept[0], tmp_path / "output")
    try:
        for name in ("pages", "Optuna dashboard", "MLflow"):
            with urlopen(told(running, name), timeout=PATIENCE_S) as answer:
                assert answer.status == 200
        family = running.descendants()
        reachable = {address for each in (psutil.Process(running.process.pid), *family) for address in listening(each)}
        assert reachable == {"127.0.0.1"}
        assert not [each for each in family if str(swept[0] / "optuna.db") in title(each)], "addresses may hold passwords"
        (victim,) = [each for each in family if "study_server" in title(each) and "leash" not in title(each)]
        os.kill(victim.pid, signal.SIGKILL)
        assert running.ended() == 1 and gone(family)
        assert "error: Optuna dashboard must run beside the pages, but it ended with exit code 137" in running.err
    finally:
        running.end()


def listening(process: psutil.Process) -> list[str]:
    """The addresses that it can be reached at."""
    return [each.laddr.ip for each in process.net_connections("inet") if each.status == psutil.CONN_LISTEN]


def test_beyond_loopback_a_password_is_demanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LOSOTUNE_DASHBOARD_PASSWORD", raising=False)
    with pytest.raises(ValueError, match="at least 12 characters in LOSOTUNE_DASHBOARD_PASSWORD, but got none for '0.0.0.0'"):
        main(["--host", "0.0.0.0", "--home", str(tmp_path)])


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ValueError, match="'203.0.113.7' cannot be listened on"):
        children.listen(8000, "203.0.113.7")


def test_no_child_for_a_server_that_has_its_own_pages(tmp_path: Path) -> None:
    assert children.mlflow(tmp_path, "https://mlflow.example") is None
    assert not children.optuna(tmp_path, None).ready() and children.optuna(tmp_path, "postgresql://u:p@db/x").ready()
