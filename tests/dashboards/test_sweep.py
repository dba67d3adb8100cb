"""The page Sweep: what it counts, ranks and says while a sweep runs."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboards.page import Callout, Figure, Link, Table
from dashboards.sweep import sweep
from dashboards.sweep_view import INTERRUPTED, LIVE_S, RunningTrial
from tests.dashboards.view_examples import column, of, row, score, view, words

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROWS = (
    row(0, (0.5, 0.5, 0.5, 0.5)),
    row(1, (0.2,), settings={"training.lr": 0.01}),
    row(2, (0.6, 0.8, 0.6, 0.6), settings={"training.lr": 0.001, "model.dropout": 0.5}),
    row(3, (), settings={"training.lr": 0.1}),
)


def test_counts_savings_and_ranks() -> None:
    times = {index: (START + timedelta(minutes=index), START + timedelta(minutes=index, seconds=90)) for index in range(4)}
    page = sweep(view(*ROWS, times=times))
    told = of(page, Callout).text
    assert "4 trials have settled (2 complete, 1 stopped early, 1 failed)" in told and "trial 2 with UF1 0.6500" in told
    assert "saved 3 of 16 folds (19%), about 6.0 s of training" in words(page)
    board = of(page, Table, "Leaderboard")
    assert column(board, "trial") == ["trial 2", "trial 0 (paper)"] and column(board, "inner UF1") == pytest.approx([0.65, 0.5])
    assert column(board, "against the best") == pytest.approx([0, -0.15]) and column(board, "took") == ["0:01:30", "0:01:30"]
    assert column(board, "settings") == ["lr=0.001, model.dropout=0.5", "the paper's own"]
    everything = of(page, Table, "All trials")
    assert column(everything, "why") == ["", "", "stopped after step 1", "made up"] and everything.folded
    assert column(board, "MLflow")[0] == Link(text="run", url="/runs/ststnet-toy-1/2")
    assert column(everything, "held-out")[3] is None, "a failed trial has nothing to look at"


def test_trials_over_time_have_their_best_so_far() -> None:
    times = {index: (START, START + timedelta(minutes=minute)) for index, minute in enumerate((1, 2, 4, 3))}
    drawn = of(sweep(view(*ROWS, times=times)), Figure, "Trials over time").figure
    lines = {trace.name: trace for trace in drawn.data}
    assert list(lines["best so far"].y) == pytest.approx([0.5, 0.65])
    assert list(lines["stopped early"].y) == pytest.approx([0.2]) and "failed" not in lines
    assert sorted(lines["complete"].x) == list(lines["complete"].x)


def test_while_it_runs_it_looks_again() -> None:
    running = (RunningTrial(index=4, settings={"training.lr": 0.02}, started=START, folds_done=3),)
    page = sweep(view(*ROWS, status="RUNNING", num_settled=5, running=running))
    assert page.refresh_s == LIVE_S
    assert column(of(page, Table, "Running now"), "folds trained") == ["3 of 4"]
    assert "1 settled trials are not shown yet" in words(page)
    assert sweep(view(*ROWS)).refresh_s is None


def test_one_that_broke_off_says_what_to_do() -> None:
    told = of(sweep(view(*ROWS, status=INTERRUPTED)), Callout)
    assert told.tone == "warn" and "The same command again resumes it" in told.title


@pytest.mark.parametrize(
    ("status", "said"), (("FINISHED", "The number to publish is the nested one"), ("KILLED", "Nested, of the trials so far"))
)
def test_only_a_finished_sweep_has_a_number_to_publish(status: str, said: str) -> None:
    scores = {"nested": score("nested", [0, 1] * 4)}
    assert f"{said}: UF1 1.0000" in of(sweep(view(*ROWS, status=status, scores=scores)), Callout).text


def test_before_the_first_trial_there_is_a_page() -> None:
    page = sweep(view(status="RUNNING"))
    assert "0 trials have settled (none complete yet)" in words(page) and of(page, Table, "What this is")


def test_a_reproduction_has_neither_search_nor_savings() -> None:
    page = sweep(view(row(0, (0.5, 0.5, 0.5, 0.5)), tags={"sampler": "none"}))
    assert page.title == "Reproduction" and "saved" not in words(page) and "are needed" not in words(page)
