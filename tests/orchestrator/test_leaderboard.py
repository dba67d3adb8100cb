"""The result of a sweep as plain data, which depends on the search alone, and as tables for people."""

import dataclasses
import json

import pytest

from orchestrator.leaderboard import document, tell
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import score_all
from tests.orchestrator.tracking_examples import RECIPE, full_sweep, sweep, trial


def elsewhere(made: Trial) -> Trial:
    """The same trial on another machine, slower, with other weights kept."""
    folds = {name: dataclasses.replace(record, wall_s=99.0, device="cuda:3", weights="w") for name, record in made.folds.items()}
    return dataclasses.replace(made, folds=folds)


def text(result: SweepResult) -> str:
    return json.dumps(document(result, score_all(result)), allow_nan=False)


def test_the_document_does_not_depend_on_time_or_machine() -> None:
    made = full_sweep()
    assert text(made) == text(dataclasses.replace(made, trials=tuple(elsewhere(one) for one in made.trials)))
    assert text(made) != text(sweep("ststnet-toy-1", trial(0, right=0.6)))


def test_the_document_holds_every_trial_and_every_rule() -> None:
    made = full_sweep()
    plain = json.loads(text(made))
    assert [(row["index"], row["state"], row["folds"]) for row in plain["trials"]] == [
        (0, "complete", "4/4"), (1, "pruned", "2/4"), (2, "failed", "0/4")
    ]  # fmt: skip
    assert plain["trials"][2]["reason"] == "too low" and plain["trials"][1]["settings"] == dict(made.trials[1].settings)
    scores = {row["rule"]: row for row in plain["scores"]}
    assert set(scores) == {"nested", "inner_mean", "last_epoch", "oracle"} and plain["without_score"] == {}
    assert [rule for rule, row in scores.items() if not row["honest"]] == ["oracle"]
    assert all(row["uf1_low"] <= row["uf1"] <= row["uf1_high"] for row in scores.values())
    assert "Choosing setting and epoch on the held-out subjects gives uf1" in plain["gap"]


def test_a_rule_without_a_score_says_why() -> None:
    plain = json.loads(text(sweep("ststnet-toy-1", trial(0, state="failed"), trial(1))))
    assert "last_epoch" not in {row["rule"] for row in plain["scores"]}
    assert "is failed (too low)" in plain["without_score"]["last_epoch"]


@pytest.mark.parametrize("as_json", (False, True))
def test_people_see_the_best_trial_first_and_what_is_not_honest(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    made = sweep("ststnet-toy-1", trial(0, right=0.6), trial(1, right=0.9), trial(2, state="failed"))
    tell(made, score_all(made), RECIPE, as_json=as_json)
    captured = capsys.readouterr()
    shown, other = (captured.err, captured.out) if as_json else (captured.out, captured.err)
    assert other == "" or not as_json, "standard output belongs to the machine-readable result"
    lines = shown.splitlines()
    board = [line for line in lines if " complete " in line or " failed " in line]
    assert board[0].split()[0].strip("│|") in ("1", "") and "0.9000" in shown
    assert shown.index("0.9000") < shown.index("0.6000")
    assert "2 complete, 1 failed" in shown and "the paper's own point" in shown and "published: uf1 0.7000" in shown
    assert any("oracle" in line and "NO" in line for line in lines)
