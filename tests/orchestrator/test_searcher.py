"""The searcher behind Tune: asks in turn, judges each point once, and tells how each trial ended."""

import pickle
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.tune.schedulers import TrialScheduler
from ray.tune.search import Searcher

from orchestrator.searcher import FoldStopper, StudySearcher
from orchestrator.trial import DONE, FAILED, POINTS, SCORE
from tests.orchestrator.search_examples import NUM_FOLDS, study


class Watched:
    """A searcher on a study, and what it said."""

    def __init__(self, home: Path, *, num_trials: int = 3, lag: int = 1, deadline: float | None = None, sampler: str = "tpe") -> None:
        self.points: list[tuple[int, int]] = []
        self.settled: list[int] = []
        self.study = study(home, lag=lag, sampler=sampler)
        self.searcher = StudySearcher(
            self.study,
            num_trials=num_trials,
            deadline=deadline,
            on_points=lambda index, number: self.points.append((index, number)),
            on_settled=self.settled.append,
        )

    def waits(self, name: str) -> None:
        """A first report: some folds are missing."""
        assert not self.searcher.judge(name, {POINTS: [], DONE: False, SCORE: None})

    def complete(self, name: str, level: float) -> bool:
        """Show all folds of one trial at once; whether it was stopped."""
        stop = self.searcher.judge(name, {POINTS: points(level), DONE: True, SCORE: level})
        self.searcher.on_trial_complete(name, {POINTS: [], DONE: True, SCORE: level})
        return stop

    @property
    def states(self) -> list[str]:
        return [settled.state for settled in self.study.results()]


def points(level: float, start: int = 1, stop: int = NUM_FOLDS) -> list[tuple[int, float]]:
    return [(step, level + 0.01 * (step % 3)) for step in range(start, stop + 1)]


def suggested(answer: Any) -> int:
    assert isinstance(answer, dict), answer
    return int(answer["index"])


def test_trials_are_asked_in_turn_until_there_are_enough(tmp_path: Path) -> None:
    watched = Watched(tmp_path, num_trials=3, lag=2)
    first = watched.searcher.suggest("a")
    assert first == {"index": 0, "settings": {}}
    watched.waits("a")
    assert suggested(watched.searcher.suggest("b")) == 1
    watched.waits("b")
    assert watched.searcher.suggest("c") is None  # as many as may run at once
    watched.complete("a", 0.5)
    assert suggested(watched.searcher.suggest("c")) == 2
    assert watched.searcher.suggest("d") == Searcher.FINISHED
    watched.complete("b", 0.6)
    watched.complete("c", 0.7)
    assert watched.states == ["complete"] * 3 and watched.settled == [0, 1, 2]
    assert [settled.inner_score for settled in watched.study.results()] == [0.5, 0.6, 0.7]


def test_a_resumed_search_asks_what_is_missing_only(tmp_path: Path) -> None:
    first = Watched(tmp_path)
    first.searcher.suggest("a")
    first.complete("a", 0.5)
    interrupted = first.searcher.suggest("b")
    resumed = Watched(tmp_path)
    assert resumed.searcher.suggest("b") == interrupted


def test_a_trial_waits_for_those_it_must_see(tmp_path: Path) -> None:
    watched = Watched(tmp_path, lag=2)
    watched.searcher.suggest("a")
    watched.waits("a")
    watched.searcher.suggest("b")
    watched.complete("b", 0.5)
    assert watched.searcher.suggest("c") is None
    watched.complete("a", 0.5)
    assert suggested(watched.searcher.suggest("c")) == 2


def test_the_next_trial_is_asked_when_those_that_run_have_reported(tmp_path: Path) -> None:
    """Tune would start an actor for it; one whose folds are all recorded ends with its first report, and hands its own on."""
    watched = Watched(tmp_path, lag=3)
    watched.searcher.suggest("a")
    assert watched.searcher.suggest("b") is None
    watched.complete("a", 0.5)
    assert suggested(watched.searcher.suggest("b")) == 1
    watched.waits("b")
    assert suggested(watched.searcher.suggest("c")) == 2
    assert watched.searcher.suggest("d") == Searcher.FINISHED


def test_a_hopeless_trial_is_stopped_and_told_as_pruned(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.searcher.suggest("a")
    assert not watched.complete("a", 0.9)
    watched.searcher.suggest("b")
    stopper = FoldStopper(watched.searcher)
    trial: Any = SimpleNamespace(trial_id="b")
    decisions = [stopper.on_trial_result(None, trial, {POINTS: [point], DONE: False}) for point in points(0.2)]
    stopped_at = decisions.index(TrialScheduler.STOP) + 1
    assert decisions[: stopped_at - 1] == [TrialScheduler.CONTINUE] * (stopped_at - 1) and 4 <= stopped_at < NUM_FOLDS
    watched.searcher.on_trial_complete("b", {POINTS: [], DONE: False})
    (_, pruned) = watched.study.results()
    assert (pruned.state, pruned.stopped_at, pruned.inner_score) == ("pruned", stopped_at, None)
    assert list(watched.study.settled[1].intermediate_values) == list(range(1, stopped_at + 1))


def test_points_that_a_restarted_trial_tells_again_count_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.searcher.suggest("a")
    told = points(0.5)
    for chunk in (told[:3], told[:5], told[2:9], told):
        assert not watched.searcher.judge("a", {POINTS: chunk, DONE: False})
    assert watched.points == [(0, 1)] * NUM_FOLDS
    watched.searcher.on_trial_complete("a", {POINTS: told, DONE: True, SCORE: 0.5})
    assert watched.study.settled[0].intermediate_values == dict(told)


def test_it_does_not_matter_with_which_result_a_point_came(tmp_path: Path) -> None:
    """Points are judged one by one, and those of the last result, which no scheduler sees, too."""
    stops = []
    for number, size in enumerate((1, 3, NUM_FOLDS)):
        home = tmp_path / str(number)
        home.mkdir()
        watched = Watched(home)
        watched.searcher.suggest("a")
        watched.complete("a", 0.9)
        watched.searcher.suggest("b")
        told = points(0.2)
        for start in range(0, NUM_FOLDS - size, size):
            if watched.searcher.judge("b", {POINTS: told[start : start + size], DONE: False}):
                break
        watched.searcher.on_trial_complete("b", {POINTS: told[start : start + size] if size < NUM_FOLDS else told, DONE: True, SCORE: 0.2})
        stops.append((watched.study.results()[1].state, watched.study.results()[1].stopped_at))
    assert len(set(stops)) == 1 and stops[0][0] == "pruned"


@pytest.mark.parametrize(("result", "error", "reason"), [
    ({POINTS: [], DONE: True, SCORE: None, FAILED: "The training loss must stay finite"}, False, "must stay finite"),
    (None, True, "died again and again"),
    ({POINTS: points(0.5, stop=3), DONE: False}, True, "died again and again"),
    ({POINTS: points(0.5, stop=3), DONE: False}, False, "died again and again"),
])  # fmt: skip
def test_a_trial_that_fails_is_told_with_its_reason_and_the_next_goes_on(result: Any, error: bool, reason: str, tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.searcher.suggest("a")
    watched.searcher.on_trial_complete("a", result, error=error)
    (failed,) = watched.study.results()
    assert failed.state == "failed" and reason in failed.reason and failed.inner_score is None and watched.settled == [0]
    assert suggested(watched.searcher.suggest("b")) == 1


def test_a_lost_worker_group_ends_the_search_and_blames_no_trial(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    interrupted = watched.searcher.suggest("a")
    reason = "The worker group failed and could not be restarted: out of memory."
    watched.searcher.on_trial_complete("a", {POINTS: [], DONE: True, SCORE: None, FAILED: reason})
    assert watched.searcher.aborted == reason and watched.study.results() == [] and watched.settled == []
    assert watched.searcher.suggest("b") == Searcher.FINISHED
    assert Watched(tmp_path).searcher.suggest("a") == interrupted


def test_no_trial_starts_after_the_deadline(tmp_path: Path) -> None:
    watched = Watched(tmp_path, deadline=time.monotonic() - 1)
    assert watched.searcher.suggest("a") == Searcher.FINISHED and watched.study.results() == []
    soon = Watched(tmp_path, deadline=time.monotonic() + 3600)
    assert suggested(soon.searcher.suggest("a")) == 0


def test_unknown_trials_are_ignored_and_snapshots_hold_nothing(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    assert not watched.searcher.judge("stranger", {POINTS: points(0.5), DONE: True})
    watched.searcher.on_trial_complete("stranger", None)
    assert watched.points == [] and watched.settled == []
    assert vars(pickle.loads(pickle.dumps(watched.searcher))) == {}
