"""Clip case: one held-out clip of a sweep with every answer that is known of it.

Shapes: T trials, N clips, K classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dashboards.sweep_view import SweepView
from orchestrator.ledger import FoldRecord
from orchestrator.selection import honest


@dataclass(frozen=True, kw_only=True, eq=False)
class Witness:
    """The setting that a rule chose for the clip's fold, and its record there."""

    rule: str
    honest: bool
    trial: int
    epoch: int
    record: FoldRecord

    def probabilities(self, key: str) -> np.ndarray:
        """(K,) of the clip at the chosen epoch."""
        curve: np.ndarray = self.record.held_out.probabilities[self.record.epochs.index(self.epoch), self.record.held_out.keys.index(key)]
        return curve


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A clip, its witnesses, and how all settings of the sweep answered."""

    classes: tuple[str, ...]
    key: str
    fold: str
    truth: int
    witnesses: Mapping[str, Witness]
    """By rule."""
    answers: np.ndarray
    """(N,) class indices, one per setting that held this clip out."""


def case_of(view: SweepView, key: str) -> Case:
    """A clip of the sweep with everything that is known of its answers."""
    place = next((place for place, clip in enumerate(view.clips) if clip.key == key), None)
    if place is None:
        raise LookupError(f"A clip must be one that {view.name} held out, but got '{key}'. Choose one of its page Clip.")
    fold, answers = view.clips[place].fold, view.predicted[:, place]
    choices = {rule: (score.honest, *score.chosen[fold]) for rule, score in view.scores.items() if fold in score.chosen}
    records = {trial: view.record(trial, fold) for trial in {trial for _, trial, _ in choices.values()} | ({0} if not choices else set())}
    if not choices and (first := records[0]) is not None:  # not scored yet: the paper's own point needs no choice
        choices = {"last_epoch": (honest(view.header), 0, first.epochs[-1])}
    witnesses = {
        rule: Witness(rule=rule, honest=fair, trial=trial, epoch=epoch, record=record)
        for rule, (fair, trial, epoch) in choices.items()
        if (record := records[trial]) is not None
    }
    return Case(
        classes=view.header.classes, key=key, fold=fold, truth=view.clips[place].truth, witnesses=witnesses, answers=answers[answers >= 0]
    )  # fmt: skip


def hardest(view: SweepView) -> str:
    """The clip that the smallest share of settings recognises; the first of equals."""
    return view.clips[int(np.nan_to_num(shares_right(view), nan=1.0).argmin())].key


def easiest(view: SweepView) -> str:
    """The clip that the largest share of settings recognises; the first of equals."""
    return view.clips[int(np.nan_to_num(shares_right(view), nan=0.0).argmax())].key


def shares_right(view: SweepView) -> np.ndarray:
    """(N,) share of the settings that recognise each clip; NaN where none was asked."""
    asked = (view.predicted >= 0).sum(axis=0)
    right = (view.predicted == view.truth).sum(axis=0)
    return np.divide(right, asked, out=np.full(len(view.clips), np.nan), where=asked > 0)
