"""Stops a setting between folds: Wilcoxon's signed-rank test (1945) of its scores against the best setting's on the same folds.

The rule is that of Optuna's ``WilcoxonPruner``, whose every test asks SciPy for a p-value. Where differences tie, as the scores of a few
clips do, SciPy tries all signs of up to 13 differences one by one in Python, 2 s for the tests of one trial, and approximates beyond.
Counting sums instead of signs gives the exact probability in a tenth of a millisecond, for any number of folds.
"""

from collections.abc import Mapping

import numpy as np
import optuna
from optuna.trial import FrozenTrial


class WilcoxonPruner(optuna.pruners.BasePruner):
    """For studies that maximise, with finite scores."""

    def __init__(self, best: Mapping[int, float], *, p_threshold: float, num_startup: int) -> None:
        """``best``: step -> score of the setting to beat, empty while there is none; below ``num_startup`` steps nothing is stopped."""
        self.best, self.p_threshold, self.num_startup = dict(best), p_threshold, num_startup

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Worse on the shared steps by the test, and not better in the mean of all that is known of both."""
        scores = trial.intermediate_values
        differences = np.array([score - self.best[step] for step, score in scores.items() if step in self.best])
        if len(differences) < max(2, self.num_startup):
            return False
        if sum(self.best.values()) / len(self.best) <= sum(scores.values()) / len(scores):
            return False
        return probability_of_less(differences) < self.p_threshold


def probability_of_less(differences: np.ndarray) -> float:
    """How probable so small a sum of the positive differences' ranks is if each of the n signs is a fair coin: small if they are negative.

    Ties share their mean rank. Zeros take part in the ranking and weigh equally on both sides ("zsplit"): their signs do not matter.
    """
    _, place, counts = np.unique(np.abs(differences), return_inverse=True, return_counts=True)
    doubled = (2 * np.cumsum(counts) - counts + 1)[place]  # twice the mean rank, a whole number
    observed = int(doubled[differences > 0].sum())
    chances = np.zeros(observed + 1)  # of each sum up to the observed one
    chances[0] = 1.0
    for rank in doubled[differences != 0]:
        chances /= 2
        chances[rank:] += chances[: max(0, len(chances) - rank)]
    return float(chances.sum())
