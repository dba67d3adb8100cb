"""The signed-rank test by counting against SciPy's, and the rule against Optuna's, whose decisions it must repeat."""

import time
import warnings

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState, create_trial
from scipy import stats

from orchestrator.wilcoxon import WilcoxonPruner, probability_of_less

FOLD_SCORES = st.integers(0, 5).map(lambda count: count / 5)
"""As few clips give them: many are equal."""


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=2, max_size=9))
def test_with_ties_and_zeros_it_is_scipys_trial_of_all_signs(differences: list[int]) -> None:
    expected = stats.wilcoxon(differences, alternative="less", zero_method="zsplit").pvalue
    assert probability_of_less(np.array(differences) / 4) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 100), min_size=2, max_size=50, unique=True), st.integers(0, 2**50 - 1))
def test_without_ties_it_is_scipys_exact_distribution(sizes: list[int], signs: int) -> None:
    differences = np.array([size if signs >> place & 1 else -size for place, size in enumerate(sizes)], dtype=float)
    assert probability_of_less(differences) == pytest.approx(stats.wilcoxon(differences, alternative="less").pvalue, rel=1e-9)


def test_with_many_ties_it_is_near_scipys_approximation() -> None:
    differences = np.random.default_rng(0).integers(-4, 4, 68) / 5
    expected = stats.wilcoxon(differences, alternative="less", zero_method="zsplit").pvalue
    assert 0.01 < expected < 0.5 and probability_of_less(differences) == pytest.approx(expected, rel=0.02)


def test_all_equal_is_certain_and_all_worse_is_one_in_all_signs() -> None:
    assert probability_of_less(np.zeros(6)) == 1.0
    assert probability_of_less(np.full(6, -0.1)) == 2**-6
    assert probability_of_less(np.full(6, 0.1)) == 1.0


def settled(scores: list[float], state: TrialState, value: float | None) -> FrozenTrial:
    return create_trial(state=state, value=value, intermediate_values=dict(enumerate(scores, start=1)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(FOLD_SCORES, FOLD_SCORES), min_size=1, max_size=9), st.integers(0, 6), st.sampled_from((0.1, 0.3)))
def test_its_decisions_are_optunas(pairs: list[tuple[float, float]], num_startup: int, p_threshold: float) -> None:
    best, own = [first for first, _ in pairs], [second for _, second in pairs]
    study = optuna.create_study(direction="maximize")
    study.add_trial(settled(best, TrialState.COMPLETE, 0.5))
    trial = settled(own, TrialState.PRUNED, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        theirs = optuna.pruners.WilcoxonPruner(p_threshold=p_threshold, n_startup_steps=num_startup)
    ours = WilcoxonPruner(study.best_trial.intermediate_values, p_threshold=p_threshold, num_startup=num_startup)
    assert ours.prune(study, trial) == theirs.prune(study, trial)


def test_without_a_setting_to_beat_nothing_is_stopped() -> None:
    trial = settled([0.0] * 9, TrialState.PRUNED, None)
    assert not WilcoxonPruner({}, p_threshold=0.5, num_startup=0).prune(optuna.create_study(direction="maximize"), trial)


def test_the_tests_of_a_whole_trial_take_milliseconds() -> None:
    """SciPy takes about 2 s for these, trying 8192 signs at the thirteenth. CPU time, so that other work does not matter."""
    best = {step: (step % 4) / 4 for step in range(1, 69)}
    study, pruner = optuna.create_study(direction="maximize"), WilcoxonPruner(best, p_threshold=1e-30, num_startup=4)
    trials = [settled([max(0.0, best[at] - 0.25) for at in range(1, step + 1)], TrialState.PRUNED, None) for step in range(1, 69)]
    started = time.process_time()
    stopped = [pruner.prune(study, trial) for trial in trials]
    assert not any(stopped) and time.process_time() - started < 0.25
