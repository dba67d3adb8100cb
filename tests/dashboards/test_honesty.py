"""The page Honesty: the gap as a number and a sentence, equal to what selection says."""

from pathlib import Path

import pytest

from dashboards.honesty import honesty
from dashboards.page import Callout, Figure, Table
from dashboards.runs import Runs
from orchestrator import metrics
from orchestrator.results import SweepResult
from orchestrator.selection import gap
from tests.dashboards.view_examples import column, of, row, score, view, words

RIGHT = [0, 1] * 4


def test_a_gap_that_is_real_is_told_as_such() -> None:
    scores = {"nested": score("nested", [0, 0] * 4), "oracle": score("oracle", RIGHT)}
    page = honesty(view(row(0, (0.5,) * 4), scores=scores, reasons={"last_epoch": "Trial 0 failed."}, num_scored=1))
    told = of(page, Callout)
    assert (told.tone, told.title, told.text) == ("warn", "The gap is real.", gap(scores).sentence)
    differences = of(page, Table, "Differences")
    assert column(differences, "difference") == ["oracle - nested"] and column(differences, "UF1") == pytest.approx([2 / 3])
    assert dict(of(page, Table, "How each rule chose").rows)["last_epoch"] == "Trial 0 failed."


def test_equal_scores_are_no_gap() -> None:
    scores = {rule: score(rule, RIGHT) for rule in ("nested", "oracle")}
    assert of(honesty(view(row(0, (0.5,) * 4), scores=scores)), Callout).title == "The gap may be chance."


@pytest.mark.parametrize(("tags", "said"), (({"feature_stage": "shared"}, "Leaks."), ({"protocol": "lovo"}, "Not subject-independent.")))
def test_what_leaks_is_said_first(tags: dict[str, str], said: str) -> None:
    first = honesty(view(row(0, (0.5,) * 4), tags=tags)).blocks[0]
    assert isinstance(first, Callout) and (first.title, first.tone) == (said, "bad")


def test_a_running_sweep_has_no_score_yet_and_a_killed_one_never() -> None:
    assert "1 trials are complete so far" in words(honesty(view(row(0, (0.5,) * 4), status="RUNNING")))
    assert "The same command again resumes it" in words(honesty(view(row(0, (0.5,) * 4), status="KILLED")))


def test_what_the_best_inner_score_is_worth() -> None:
    rows = [row(index, (level,) * 4, predicted=answers) for index, (level, answers) in enumerate(LEVELS)]
    page = honesty(view(*rows))
    drawn = of(page, Figure, "Does the inner score").figure
    assert list(drawn.data[1].x) == pytest.approx([0.5, 0.6, 0.7]) and list(drawn.data[1].y) == pytest.approx([1.0, 1 / 3, 0.0])
    assert "has +0.7000 more there" in words(page) and "Correlation of the two over 3 settings: -0.98" in words(page)


LEVELS = ((0.5, [0, 1] * 4), (0.6, [0, 0] * 4), (0.7, [1, 0] * 4))


def test_a_real_sweeps_numbers_are_selections(swept: tuple[Path, SweepResult]) -> None:
    home, result = swept
    shown = Runs(home).view(result.name)
    assert shown is not None
    page = honesty(shown)
    table = of(page, Table, "Scores by rule")
    expected = [score.value() for score in shown.scores.values()]
    assert column(table, "UF1") == pytest.approx(expected) and column(table, "honest") == ["yes", "yes", "yes", "NO"]
    bounds = [metrics.interval(score.predictions, "uf1") for score in shown.scores.values()]
    assert list(zip(column(table, "UF1 low"), column(table, "UF1 high"), strict=True)) == bounds
    assert of(page, Callout).text == gap(shown.scores).sentence
    assert [trace.y[0] for trace in of(page, Figure).figure.data] == list(shown.scores)
