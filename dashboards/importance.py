"""Importance: which hyperparameters mattered, by Optuna's PED-ANOVA over all trials, the stopped ones included.

A stopped trial has no pooled score. What can be compared is how it fared on the folds it was given: its mean inner UF1 there, less that of
the best setting on the same folds. That is the score here, for stopped and complete trials alike.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import TrialState, create_trial

from dashboards.sweep_view import SweepView
from orchestrator.proposals import encode

LEAST = 8
"""Settings without which an importance would be made up."""


def against_best(view: SweepView) -> np.ndarray:
    """(T,) mean inner UF1 less that of the best complete setting on the same folds; NaN where there is nothing to compare."""
    scores = np.full(len(view.index), np.nan)
    whole = np.flatnonzero(np.isfinite(view.inner_score) & (view.state == "complete"))
    if not len(whole):
        return scores
    best = whole[view.inner_score[whole].argmax()]
    differences = view.inner - view.inner[best]
    some = np.isfinite(differences).any(axis=1)
    scores[some] = np.nanmean(differences[some], axis=1)
    return scores


def importances(view: SweepView) -> dict[str, float]:
    """Dimension -> share, the largest first; empty where too few settings can be compared.

    Each dimension is judged over the settings that it applies to; the paper's point, which proposes nothing, is left out.
    """
    scores = against_best(view)
    rows = [row for row in np.flatnonzero(np.isfinite(scores)) if view.settings[row]]
    found: dict[str, float] = {}
    for name, distribution in view.distributions.items():
        given = [(view.settings[row][name], float(scores[row])) for row in rows if name in view.settings[row]]
        if len(given) >= LEAST and not distribution.single():
            found[name] = _one(name, distribution, given)
    total = sum(found.values())
    shares = {name: value / total for name, value in found.items()} if total > 0 else {}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _one(name: str, distribution: BaseDistribution, given: list[tuple[Any, float]]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(direction="maximize")
        study.add_trials([_trial(name, distribution, value, score) for value, score in given])
        evaluated: Mapping[str, float] = PedAnovaImportanceEvaluator().evaluate(study, params=[name])
    return float(evaluated[name])


def _trial(name: str, distribution: BaseDistribution, value: Any, score: float) -> optuna.trial.FrozenTrial:
    kept = encode(tuple(value) if isinstance(value, list) else value)
    return create_trial(state=TrialState.COMPLETE, value=score, params={name: kept}, distributions={name: distribution})
