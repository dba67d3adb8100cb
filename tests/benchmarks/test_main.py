"""The command: what it lists, prints and refuses."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as command
from benchmarks.measure import Row, faster


def test_list_names_every_subject() -> None:
    ended = subprocess.run([sys.executable, "-m", "benchmarks", "--list"], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    for name, about in command.SUBJECTS.items():
        assert name in ended.stdout and about[:20] in ended.stdout


@pytest.mark.parametrize("name", command.SUBJECTS)
def test_every_subject_runs_in_every_size(name: str) -> None:
    module = command._module(name)
    assert callable(module.run) and set(module.PLANS) == {"full", "quick", "tiny"}


def test_an_unknown_subject_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["speed"])
    assert ended.value.code == 2
    assert "must be one of ray_overhead" in capsys.readouterr().err


def test_json_has_machine_and_rows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [faster("it", 1.0, "theirs", 20.0, goal=10.0), Row(what="nothing here")]
    sizes: list[str] = []

    def run(size: str) -> list[Row]:
        sizes.append(size)
        return rows

    monkeypatch.setattr(command, "_module", lambda name: SimpleNamespace(run=run))
    assert command.main(["fusion", "--quick", "--json"]) == 0
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert [row["ratio"] for row in document["rows"]] == [20.0, None]
    assert document["rows"][0]["subject"] == "fusion" and document["machine"]["cores"] >= 1
    assert sizes == ["quick"] and "1 of 1 goals reached" in shown.err


def test_the_verdict_names_what_was_missed() -> None:
    assert command.verdict([faster("slow one", 1.0, "p", 2.0, goal=10.0)]) == "0 of 1 goals reached; missed: slow one"
