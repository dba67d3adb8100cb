"""A trial without Ray: when it waits, and what it reads."""

from types import SimpleNamespace
from typing import Any

from orchestrator.trial import DONE, POINTS, SCORE, FoldTrial


class Waiting:
    """A submission whose one fold is not finished."""

    def __init__(self) -> None:
        self.folds = self.missing = ["toy/s1"]
        self.finished_folds: dict[str, Any] = {}
        self.finished = False
        self.num_polls = 0

    def poll(self) -> None:
        self.num_polls += 1

    def check(self, folds: list[str]) -> None:
        pass


def test_the_first_report_comes_at_once_and_the_later_ones_wait_for_news() -> None:
    trial, submission = FoldTrial.__new__(FoldTrial), Waiting()
    trial.session, trial.submission, trial.failure, trial.num_told = SimpleNamespace(mode="queue"), submission, None, 0  # type: ignore[assignment]
    polls = []
    for trial._iteration in range(3):
        assert trial.step() == {POINTS: [], DONE: False, SCORE: None}
        polls.append(submission.num_polls)
    assert polls == [0, 1, 2]
