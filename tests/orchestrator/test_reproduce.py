"""``reproduce``: one system beside its paper, all systems of a corpus, and what happens when one fails or the time is up."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

import search_spaces
from orchestrator import measured, papers, reproduce, reproduce_all
from orchestrator.comparison import comparison
from orchestrator.ledger import Ledger
from orchestrator.results import SweepResult
from orchestrator.selection import last_epoch
from search_spaces.recipe import Recipe, with_settings
from tests.orchestrator.tracking_examples import RECIPE, sweep, trial

NAMES = ("stanet", "ststnet")


def fake(recipe: Recipe, variant: str, *, seeds: range, **_: Any) -> list[SweepResult]:
    return [dataclasses.replace(sweep("r", trial(0, right=0.6 + 0.1 * seed)), corpus=variant, seed=seed) for seed in seeds]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Two systems, whose folds need no training."""
    monkeypatch.setattr(search_spaces, "names", lambda: list(NAMES))
    monkeypatch.setattr(papers, "render", lambda known: f"{len(known)} measured")
    monkeypatch.setattr(reproduce_all, "reproduce", fake)
    return monkeypatch


def run(home: Path, *arguments: str) -> int:
    (home / "docs").mkdir(exist_ok=True)
    return reproduce.main(["--all", "--corpus", "synthetic", "--home", str(home), "--docs", str(home / "docs"), *arguments])


def test_all_systems_are_measured_and_the_page_is_written(two: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--seeds", "2") == 0
    known = measured.read(tmp_path / "docs" / papers.DATA)
    assert [key[1] for key in known] == list(NAMES) and all(entry.seeds == (0, 1) for entry in known.values())
    assert (tmp_path / "docs" / papers.PAGE).read_text() == "2 measured"
    shown = capsys.readouterr().out
    assert "1 of 2: stanet on synthetic" in shown and "2 of 2: ststnet" in shown
    rules = [line.split()[2:4] for line in shown.splitlines() if line.startswith(NAMES)]
    assert rules == [["last_epoch", "yes"], ["oracle", "NO"]] * 2
    assert "look next at MLflow" in shown


def test_one_that_fails_is_told_and_the_others_go_on(two: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(recipe: Recipe, variant: str, **rest: Any) -> list[SweepResult]:
        if recipe.model == "stanet":
            raise ValueError("no such folder")
        return fake(recipe, variant, **rest)

    two.setattr(reproduce_all, "reproduce", broken)
    assert run(tmp_path, "--json") == 1
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["failed"] == {"stanet": "no such folder"} and [entry["system"] for entry in document["measured"]] == ["ststnet"]
    assert "stanet failed: no such folder" in captured.err


def test_when_the_time_is_up_no_system_is_begun(two: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--hours", "0") == 0
    assert "not begun when the time was up: stanet, ststnet. Run the same command again." in capsys.readouterr().out
    assert measured.read(tmp_path / "docs" / papers.DATA) == {}


def test_named_systems_alone_are_reproduced_in_the_order_given(two: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--json", "--systems", "ststnet") == 0
    assert [entry["system"] for entry in json.loads(capsys.readouterr().out)["measured"]] == ["ststnet"]
    assert reproduce_all.with_recipe("synthetic", ["ststnet", "stanet", "ststnet"]) == ["ststnet", "stanet"]
    with pytest.raises(ValueError, match="but stanet has none. These have: ststnet"):
        reproduce_all.with_recipe("megc2019_flow", ["stanet"])


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["ststnet", "--all"], ["--all"], ["ststnet", "--systems", "ststnet"]):
        with pytest.raises(SystemExit) as ended:
            reproduce.main(arguments)
        assert ended.value.code == 2
    assert "--all needs the --corpus" in capsys.readouterr().err
    with pytest.raises(ValueError, match="but got 'nowhere'. There are: .*megc2019_flow"):
        reproduce.main(["--all", "--corpus", "nowhere"])
    with pytest.raises(ValueError, match="is no folder"):
        reproduce.main(["--all", "--corpus", "synthetic", "--docs", str(tmp_path / "absent")])


def test_a_number_is_compared_with_every_one_that_was_published() -> None:
    rows = comparison(RECIPE, [last_epoch(sweep("r", trial(0, right=right))) for right in (0.6, 0.9)])
    assert [(row["corpus"], row["metric"], row["published"]) for row in rows] == [
        ("all", "uf1", 0.7),
        ("all", "uar", None),
        ("all", "accuracy", None),
    ]
    assert rows[0]["difference"] == pytest.approx(rows[0]["reproduced"] - 0.7) and rows[0]["spread"] > 0


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # Ray ends waiting threads by SystemExit
def test_a_second_run_trains_nothing_and_writes_the_same_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Real folds of the synthetic corpus: two epochs of STSTNet."""
    recipe = with_settings(search_spaces.load("ststnet", "synthetic")[0], {"training.epochs": 2})
    monkeypatch.setattr(search_spaces, "names", lambda: ["ststnet"])
    monkeypatch.setattr(search_spaces, "load", lambda name, corpus: (recipe, {}))
    monkeypatch.setattr(papers, "render", lambda known: repr(known))
    pages = []
    for _ in range(2):
        assert run(tmp_path, "--workers", "2") == 0
        assert len(Ledger(tmp_path).executions()) == 16
        pages.append((tmp_path / "docs" / papers.PAGE).read_text())
    assert pages[0] == pages[1] and "num_folds=16" in pages[0]
