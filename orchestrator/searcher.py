"""Optuna behind Tune: a ``Searcher`` on ask, report and tell, and the scheduler that stops hopeless trials. Both live in the driver.

Tune's own OptunaSearch has no pruner, tells stopped trials as COMPLETE and loses NaN trials; its restore has a second truth beside the
study."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from orchestrator.proposals import Proposal
from orchestrator.study import State, Study
from orchestrator.trial import DONE, FAILED, POINTS, SCORE
from orchestrator.unavailable import StudyUnavailable


@dataclass
class _Live:
    """A running trial."""

    proposal: Proposal
    waits: bool = False
    """It has reported, and not that it is done: it waits for workers."""
    last_step: int = 0
    stopped_at: int | None = None
    result: dict[str, Any] = field(default_factory=dict)


class StudySearcher(Searcher):
    """Proposes trials from the study until there are enough or the time is over."""

    def __init__(
        self,
        study: Study,
        *,
        num_trials: int,
        deadline: float | None,
        on_points: Callable[[int, int], None],
        on_settled: Callable[[int], None],
    ) -> None:
        """``deadline`` is a ``time.monotonic`` value; ``on_points(index, number)`` and ``on_settled(index)`` watch the progress."""
        super().__init__(metric=SCORE, mode="max")
        self.study, self.num_trials, self.deadline = study, study.proposer.limit(num_trials), deadline
        self.on_points, self.on_settled = on_points, on_settled
        self.live: dict[str, _Live] = {}
        self.aborted: str | None = None

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        index = self._next()
        if index is None:
            return Searcher.FINISHED
        if len(self.live) >= self.study.lag or not self.study.may_ask(index):
            return None
        if not all(live.waits for live in self.live.values()):
            return None  # one whose folds are recorded ends at once, and its actor serves the next: another would start (2 s) for nothing
        proposal = self.study.ask(index)
        self.live[trial_id] = _Live(proposal)
        return {"index": index, "settings": dict(proposal.settings)}

    def _next(self) -> int | None:
        if self.aborted is not None or self.deadline is not None and time.monotonic() >= self.deadline:
            return None
        taken = {live.proposal.index for live in self.live.values()} | set(self.study.settled)
        return next((index for index in range(self.num_trials) if index not in taken), None)

    def judge(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Take in a result and say whether to stop the trial. A restarted trial tells its points again: each counts once."""
        live = self.live.get(trial_id)
        if live is None:
            return False
        live.result, live.waits = result, True
        for step, score in result.get(POINTS, ()):
            if step <= live.last_step or live.stopped_at is not None:
                continue
            live.last_step = step
            self.on_points(live.proposal.index, 1)
            if live.proposal.hopeless_at(step, score):
                live.stopped_at = step
        return live.stopped_at is not None

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tune shows the last result to no scheduler: its points are judged here, so that it does not matter which came with it."""
        if result:
            self.judge(trial_id, result)
        live = self.live.pop(trial_id, None)
        if live is None:
            return
        result = result or live.result
        state: State = "failed"
        score, reason = None, result.get(FAILED) or ""
        if error or reason or not (result.get(DONE) or live.stopped_at is not None):
            reason = reason or "The trial's process died again and again. See Ray's logs."
        elif live.stopped_at is not None:
            state, reason = "pruned", f"stopped after step {live.stopped_at}"
        else:
            state, score = "complete", result.get(SCORE)
        if reason.startswith("The worker group failed"):
            self.aborted = reason  # the trial is not at fault: its index is asked again by the next start
            return
        try:
            self.study.tell(live.proposal, state, inner_score=score, reason=reason, stopped_at=live.stopped_at)
        except StudyUnavailable as gone:  # Tune would log it and go on: the search ends, and the next start asks the index again
            self.aborted = str(gone)
            return
        self.on_settled(live.proposal.index)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study is the truth."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing."""

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Tune pickles searchers into snapshots that nobody reads


class FoldStopper(FIFOScheduler):
    """Stops a trial when the searcher finds it hopeless: between folds by Wilcoxon, or between epochs by successive halving."""

    def __init__(self, searcher: StudySearcher) -> None:
        super().__init__()
        self.searcher = searcher

    def on_trial_result(self, tune_controller: Any, trial: TuneTrial, result: dict[str, Any]) -> str:
        return TrialScheduler.STOP if self.searcher.judge(trial.trial_id, result) else TrialScheduler.CONTINUE

    def __getstate__(self) -> dict[str, Any]:
        return {}
