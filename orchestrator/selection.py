"""Selection: named rules that choose setting and epoch. Every score travels with the name of its rule.

    nested      per held-out subject, the setting best on that fold's inner subjects, at the last epoch: the number we publish
    inner_mean  one setting for everyone, by UF1 pooled over the inner predictions of all folds: the model we ship
    last_epoch  the recipe's own point at its last epoch
    oracle      one setting for everyone and the epoch per held-out subject, both chosen on held-out clips; explains published numbers

What ``nested`` promises: a subject's setting is chosen without a look at that subject. What it does not: which settings stood for choice.
The search proposes (and stops) settings by inner scores pooled over all folds, and each subject is an inner subject of other folds; so
under an adaptive sampler or early stopping a held-out subject has a say, of second order, in the list of candidates. Random and grid search
without stopping have no such path. ``inner_mean`` has it in the choice itself, which is why it is not the number we publish.

Candidates are complete trials. A missing fold is an error, never a smaller mean.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.ledger import Curve, FoldRecord
from orchestrator.metrics import Predictions, paired_difference, pooled_uf1, value
from orchestrator.results import SweepResult, Trial
from search_spaces.recipe import HONEST_STAGES

Choice = tuple[int, int]
INDEPENDENT_SAMPLERS = ("random", "grid")


class NotApplicable(ValueError):
    """The rule cannot score this sweep by its nature (no inner clips, no complete trial 0), while others can."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Score:
    """Held-out predictions, one per clip, and how they were chosen."""

    rule: str
    honest: bool
    """No held-out clip had a part in the choice or in anything fitted."""
    predictions: Predictions
    chosen: Mapping[str, Choice]
    """Fold -> (trial index, epoch)."""
    explanation: str

    def value(self, metric: str = "uf1") -> float:
        return value(self.predictions, metric)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How much choosing on held-out subjects adds: oracle - nested, with an interval from a paired bootstrap over subjects."""

    metric: str
    nested: float
    oracle: float
    difference: float
    low: float
    high: float
    sentence: str


def nested(result: SweepResult) -> Score:
    trials = candidates(result)
    chosen = {fold: _best(trials, [fold]) for fold in result.fold_names}
    different = len({trial.index for trial in chosen.values()})
    explanation = (
        f"For each of {len(chosen)} held-out subjects, the setting of {len(trials)} that was best on the inner subjects of that fold "
        f"({different} different ones were chosen), at its last epoch.{_second_order(result)}"
    )
    return _score("nested", result, {fold: (trial, -1) for fold, trial in chosen.items()}, explanation)


def inner_mean(result: SweepResult) -> Score:
    trials = candidates(result)
    best = _best(trials, result.fold_names)
    explanation = f"Trial {best.index}: of {len(trials)} settings the best on the inner subjects of all folds together, at its last epoch."
    return _score("inner_mean", result, dict.fromkeys(result.fold_names, (best, -1)), explanation)


def last_epoch(result: SweepResult) -> Score:
    paper = next((trial for trial in result.trials if trial.index == 0), None)
    if paper is None or paper.state != "complete":
        state = f"is {paper.state} ({paper.reason})" if paper else "is absent"
        raise NotApplicable(
            f"The rule last_epoch scores trial 0, the recipe's own point, but in {result.name} it {state}. Resume the sweep."
        )
    _check_folds(result, [paper])
    explanation = "Trial 0, the recipe's own settings, at its last epoch: nothing was chosen."
    return _score("last_epoch", result, dict.fromkeys(result.fold_names, (paper, -1)), explanation)


def oracle(result: SweepResult) -> Score:
    """Ties go to the latest epoch of a fold, then to the lowest trial."""
    trials = candidates(result)
    epochs = {trial.index: {fold: _best_epoch(trial.folds[fold].held_out) for fold in result.fold_names} for trial in trials}

    def held_out_score(trial: Trial) -> float:
        return _pooled_uf1([(trial.folds[fold].held_out, epoch) for fold, epoch in epochs[trial.index].items()])

    best = max(trials, key=lambda trial: (held_out_score(trial), -trial.index))
    explanation = (
        f"Trial {best.index}: of {len(trials)} settings the best on the held-out subjects themselves, each at its best epoch. "
        "This looks at the answers: it explains published numbers and is never promoted."
    )
    return _score("oracle", result, {fold: (best, epoch) for fold, epoch in epochs[best.index].items()}, explanation)


RULES: dict[str, Callable[[SweepResult], Score]] = {
    "nested": nested,
    "inner_mean": inner_mean,
    "last_epoch": last_epoch,
    "oracle": oracle,
}


def score_all(result: SweepResult) -> dict[str, Score]:
    """The score of every rule that applies; ``reasons`` says why the others do not. Missing folds raise."""
    return {rule: outcome for rule, outcome in _outcomes(result).items() if isinstance(outcome, Score)}


def reasons(result: SweepResult, scored: Collection[str] = ()) -> dict[str, str]:
    """Rule -> why it cannot score this sweep; rules that are known to have ``scored`` it are not tried again."""
    return {rule: str(outcome) for rule, outcome in _outcomes(result, scored).items() if isinstance(outcome, NotApplicable)}


def inner_score(records: Mapping[str, FoldRecord]) -> float:
    """UF1 pooled over the inner predictions of all folds at the last epoch; a clip counts once for each fold it is inner in."""
    return inner_score_at(records, -1)


def inner_score_at(records: Mapping[str, FoldRecord], evaluation: int) -> float:
    """The same at one evaluated epoch, by its position."""
    _check_inner(records)
    return _pooled_uf1([(record.inner, evaluation) for record in records.values()])


def gap(scores: Mapping[str, Score], metric: str = "uf1") -> Gap:
    ours, theirs = scores["nested"], scores["oracle"]
    difference, low, high, _ = paired_difference(theirs.predictions, ours.predictions, metric)
    verdict = "What looking at the answers adds is not skill." if difference > 0 else "Looking at the answers gained nothing here."
    sentence = (
        f"Choosing setting and epoch on the held-out subjects gives {metric} {theirs.value(metric):.4f}, choosing on other subjects "
        f"{ours.value(metric):.4f}: a difference of {difference:+.4f} (95 % interval {low:+.4f} to {high:+.4f}). {verdict}"
    )
    return Gap(
        metric=metric,
        nested=ours.value(metric),
        oracle=theirs.value(metric),
        difference=difference,
        low=low,
        high=high,
        sentence=sentence,
    )


def candidates(result: SweepResult) -> list[Trial]:
    """The complete trials, by index, each with a record for every fold."""
    trials = sorted((trial for trial in result.trials if trial.state == "complete"), key=lambda trial: trial.index)
    if not trials:
        states = ", ".join(f"{trial.index} {trial.state}" for trial in result.trials) or "none"
        raise ValueError(f"A rule chooses among complete trials, but {result.name} has none (trials: {states}). Resume the sweep.")
    _check_folds(result, trials)
    return trials


def honest(result: SweepResult) -> bool:
    """Nothing was fitted on held-out subjects, and no subject is on both sides of a split."""
    return result.tags.get("feature_stage", "in_fold") in HONEST_STAGES and result.tags.get("protocol") != "lovo"


def _outcomes(result: SweepResult, known: Collection[str] = ()) -> dict[str, Score | NotApplicable]:
    outcomes: dict[str, Score | NotApplicable] = {}
    for name in [rule for rule in RULES if rule not in known]:
        try:
            outcomes[name] = RULES[name](result)
        except NotApplicable as reason:
            outcomes[name] = reason
    return outcomes


def _score(rule: str, result: SweepResult, chosen: Mapping[str, tuple[Trial, int]], explanation: str) -> Score:
    records = {fold: (trial.folds[fold], evaluation) for fold, (trial, evaluation) in chosen.items()}
    predictions = Predictions.from_keys(
        [key for record, _ in records.values() for key in record.held_out.keys],
        np.concatenate([record.held_out.truth for record, _ in records.values()]),
        np.concatenate([record.held_out.predicted(evaluation) for record, evaluation in records.values()]),
        result.classes,
    )
    return Score(
        rule=rule,
        honest=rule != "oracle" and honest(result),
        predictions=predictions,
        chosen={fold: (trial.index, trial.folds[fold].epochs[evaluation]) for fold, (trial, evaluation) in chosen.items()},
        explanation=explanation,
    )


def _best(trials: Sequence[Trial], folds: Sequence[str]) -> Trial:
    """The highest pooled inner UF1 over these folds; ties go to the lower inner loss, then to the lower index."""

    def rank(trial: Trial) -> tuple[float, float, int]:
        records = {fold: trial.folds[fold] for fold in folds}
        return inner_score(records), -_mean_loss([record.inner for record in records.values()]), -trial.index

    return max(trials, key=rank)


def _best_epoch(curve: Curve) -> int:
    """The evaluation with the most correct clips, the latest of equals."""
    correct = (curve.probabilities.argmax(axis=2) == curve.truth).sum(axis=1)
    return int(np.flatnonzero(correct == correct.max())[-1])


def _pooled_uf1(parts: Sequence[tuple[Curve, int]]) -> float:
    num_classes = parts[0][0].probabilities.shape[2]
    return pooled_uf1([(curve.truth, curve.predicted(evaluation)) for curve, evaluation in parts], num_classes)


def _mean_loss(curves: Sequence[Curve]) -> float:
    """The mean negative log-likelihood at the last epoch; an exact sum, so that the order of folds cannot break a tie."""
    likelihoods = np.concatenate([curve.probabilities[-1, np.arange(len(curve.truth)), curve.truth] for curve in curves])
    return -math.fsum(np.log(np.maximum(likelihoods.astype(np.float64), 1e-12))) / len(likelihoods)


def _second_order(result: SweepResult) -> str:
    sampler = result.tags.get("sampler", "")
    if sampler in INDEPENDENT_SAMPLERS and all(trial.state != "pruned" for trial in result.trials):
        return ""
    return f" Which settings were tried depended on inner scores of all folds (sampler {sampler or 'unknown'})."


def _check_folds(result: SweepResult, trials: Sequence[Trial]) -> None:
    missing = {trial.index: sorted(set(result.fold_names) - set(trial.folds)) for trial in trials}
    if gaps := {index: folds for index, folds in missing.items() if folds}:
        listed = "; ".join(f"trial {index}: {', '.join(folds)}" for index, folds in gaps.items())
        raise ValueError(f"Every complete trial must have a record of every fold, but {result.name} lacks some ({listed}). Resume it.")


def _check_inner(records: Mapping[str, FoldRecord]) -> None:
    if empty := sorted(fold for fold, record in records.items() if not record.inner.keys):
        raise NotApplicable(
            f"This rule chooses on inner subjects, but the folds {', '.join(empty[:5])}{' ...' if empty[5:] else ''} have no inner clips. "
            "Use a recipe with protocol.num_inner of at least 2, or the rule last_epoch."
        )
