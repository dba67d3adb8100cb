"""Importance: which hyperparameters mattered, by Optuna's PED-ANOVA over all trials, the stopped ones included.

A stopped trial has no pooled score. What can be compared is how it fared on the folds it was given: its mean inner UF1 there, less that of
the best setting on the same folds. That is the score here, for stopped and complete trials alike.
"""

import warnings
from collections.abc import Mapping, Sequence
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
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, distribution in view.distributions.items():
        given = tuple(int(row) for row in rows if name in view.settings[row])
        if len(given) >= LEAST and not distribution.single():
            groups.setdefault(given, []).append(name)
    found: dict[str, float] = {}
    for given, names in groups.items():
        chosen = {name: view.distributions[name] for name in names}
        found |= _evaluate(chosen, [(view.settings[row], float(scores[row])) for row in given])
    total = sum(found.values())
    shares = {name: value / total for name, value in found.items()} if total > 0 else {}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _evaluate(dimensions: Mapping[str, BaseDistribution], given: Sequence[tuple[Mapping[str, Any], float]]) -> dict[str, float]:
    """Each dimension by itself, over settings that have all of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.logging.set_verbosity(optuna.logging.WARNING)  # not a line for every study in memory
        study = optuna.create_study(direction="maximize")
        study.add_trials([_trial(dimensions, settings, score) for settings, score in given])
        return dict(PedAnovaImportanceEvaluator().evaluate(study, params=list(dimensions)))


def _trial(dimensions: Mapping[str, BaseDistribution], settings: Mapping[str, Any], score: float) -> optuna.trial.FrozenTrial:
    values = {name: settings[name] for name in dimensions}
    params = {name: encode(tuple(value) if isinstance(value, list) else value) for name, value in values.items()}
    return create_trial(state=TrialState.COMPLETE, value=score, params=params, distributions=dict(dimensions))
