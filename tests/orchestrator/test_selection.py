"""Selection rules on small sweeps made by hand, whose answers can be read off."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import metrics, selection
from orchestrator.ledger import Curve, FoldId, FoldRecord
from orchestrator.results import SweepResult, Trial

CLASSES = ("negative", "positive")
FOLDS = ("a/s1", "a/s2", "a/s3")
TRUTH = [0, 1]
RIGHT, HALF, WRONG = [0, 1], [0, 0], [1, 0]
Labels = Sequence[int]


def curve(keys: Sequence[str], epochs: Sequence[Labels], confidence: float = 0.9) -> Curve:
    """Clips whose truth alternates, predicted with this confidence."""
    probabilities = np.full((len(epochs), len(keys), 2), 1 - confidence, dtype=np.float32)
    for epoch, labels in enumerate(epochs):
        probabilities[epoch, np.arange(len(keys)), labels] = confidence
    return Curve(keys=tuple(keys), truth=np.arange(len(keys)) % 2, probabilities=probabilities)


def record(fold: str, *, inner: Labels, held_out: Sequence[Labels], confidence: float = 0.9) -> FoldRecord:
    """Inner clips belong to the other subjects; ``inner`` are the predictions at every epoch."""
    others = [f"{name}/c{index}" for name in FOLDS if name != fold for index in range(2)][: len(inner)]
    return FoldRecord(
        id=FoldId(settings={}, data_digest="d", fold=fold, seed=0, code_version="c"),
        epochs=tuple(10 * (index + 1) for index in range(len(held_out))),
        inner=curve(others, [list(inner)] * len(held_out), confidence),
        held_out=curve([f"{fold}/c{index}" for index in range(2)], held_out),
        train_loss=np.zeros(20, dtype=np.float32),
        wall_s=1.0,
        device="cpu",
        weights=None,
    )


def trial(
    index: int, folds: Mapping[str, FoldRecord], state: Literal["complete", "pruned", "failed"] = "complete", reason: str = ""
) -> Trial:
    return Trial(index=index, settings={}, state=state, folds=folds, reason=reason)


def sweep(*trials: Trial, **tags: str) -> SweepResult:
    return SweepResult(
        name="net-tiny-1a2b",
        model="net",
        corpus="tiny",
        classes=CLASSES,
        fold_names=FOLDS,
        data_digest="d",
        seed=0,
        trials=trials,
        tags=tags,
    )


def two_trials() -> tuple[Trial, Trial]:
    """Trial 0 is best inside s1, trial 1 inside s2 and s3 and over all; held out, each is right where it is not chosen."""
    first = {
        "a/s1": record("a/s1", inner=[0, 1, 0, 1], held_out=[RIGHT, WRONG]),
        "a/s2": record("a/s2", inner=[0, 0, 0, 0], held_out=[RIGHT, RIGHT]),
        "a/s3": record("a/s3", inner=[0, 0, 0, 0], held_out=[RIGHT, HALF]),
    }
    second = {
        "a/s1": record("a/s1", inner=[0, 1, 0, 0], held_out=[WRONG, RIGHT]),
        "a/s2": record("a/s2", inner=[0, 1, 0, 1], held_out=[HALF, WRONG]),
        "a/s3": record("a/s3", inner=[0, 1, 0, 1], held_out=[WRONG, WRONG]),
    }
    return trial(0, first), trial(1, second)


def test_nested_chooses_per_subject() -> None:
    score = selection.nested(sweep(*two_trials()))
    assert score.chosen == {"a/s1": (0, 20), "a/s2": (1, 20), "a/s3": (1, 20)}
    assert score.honest and score.rule == "nested"
    assert score.value("accuracy") == 0.0
    assert len(score.predictions.keys) == 6


def test_inner_mean_chooses_once() -> None:
    score = selection.inner_mean(sweep(*two_trials()))
    assert set(score.chosen.values()) == {(1, 20)}
    assert score.value("accuracy") == pytest.approx(2 / 6)


def test_last_epoch_is_trial_zero() -> None:
    score = selection.last_epoch(sweep(*reversed(two_trials())))
    assert set(score.chosen.values()) == {(0, 20)}
    assert score.value("accuracy") == pytest.approx(3 / 6)


def test_oracle_looks_and_prefers_late_epochs() -> None:
    score = selection.oracle(sweep(*two_trials()))
    assert score.chosen == {"a/s1": (0, 10), "a/s2": (0, 20), "a/s3": (0, 10)}
    assert score.value("uf1") == 1.0 and not score.honest


def test_ties_go_to_the_surer_setting_then_to_the_lower_index() -> None:
    def made(index: int, confidence: float) -> Trial:
        return trial(index, {fold: record(fold, inner=RIGHT, held_out=[RIGHT], confidence=confidence) for fold in FOLDS})

    assert set(selection.nested(sweep(made(0, 0.7), made(1, 0.9), made(2, 0.9))).chosen.values()) == {(1, 10)}
    assert set(selection.inner_mean(sweep(made(0, 0.7), made(1, 0.9), made(2, 0.9))).chosen.values()) == {(1, 10)}
    assert set(selection.oracle(sweep(made(1, 0.9), made(0, 0.7))).chosen.values()) == {(0, 10)}


def test_a_subject_in_several_inner_sets_counts_in_each() -> None:
    first, second = two_trials()
    assert selection.inner_score(second.folds) == pytest.approx(metrics.uf1(np.array([[6, 0], [1, 5]])))
    assert selection.inner_score_at(first.folds, 0) == selection.inner_score(first.folds)


def test_only_complete_trials_stand_for_choice() -> None:
    first, second = two_trials()
    pruned = dataclasses.replace(second, state="pruned", folds={"a/s2": second.folds["a/s2"]})
    assert set(selection.nested(sweep(first, pruned)).chosen.values()) == {(0, 20)}
    with pytest.raises(ValueError, match="has none .*1 pruned"):
        selection.nested(sweep(pruned))


@pytest.mark.parametrize("rule", selection.RULES)
def test_a_missing_fold_is_an_error(rule: str) -> None:
    first, second = two_trials()
    partial = dataclasses.replace(first, folds={fold: first.folds[fold] for fold in FOLDS[:2]})
    with pytest.raises(ValueError, match="trial 0: a/s3") as raised:
        selection.RULES[rule](sweep(partial, second))
    assert not isinstance(raised.value, selection.NotApplicable)
    with pytest.raises(ValueError, match="a/s3"):
        selection.score_all(sweep(partial, second))


def test_without_trial_zero_the_other_rules_still_score() -> None:
    first, second = two_trials()
    result = sweep(dataclasses.replace(first, state="failed", reason="loss is NaN"), second)
    assert set(selection.score_all(result)) == {"nested", "inner_mean", "oracle"}
    assert "failed (loss is NaN)" in selection.reasons(result)["last_epoch"]
    assert "is absent" in selection.reasons(sweep(second))["last_epoch"]


def test_without_inner_clips_only_two_rules_score() -> None:
    result = sweep(trial(0, {fold: record(fold, inner=[], held_out=[RIGHT]) for fold in FOLDS}))
    assert set(selection.score_all(result)) == {"last_epoch", "oracle"}
    assert "num_inner" in selection.reasons(result)["nested"]
    with pytest.raises(ValueError, match="no inner clips"):
        selection.inner_score(result.trials[0].folds)


@pytest.mark.parametrize("tags", [{"feature_stage": "shared"}, {"protocol": "lovo"}])
def test_a_leak_makes_every_rule_dishonest(tags: dict[str, str]) -> None:
    assert not any(score.honest for score in selection.score_all(sweep(*two_trials(), **tags)).values())
    honest = {
        rule for rule, score in selection.score_all(sweep(*two_trials(), protocol="loso", feature_stage="in_fold")).items() if score.honest
    }
    assert honest == {"nested", "inner_mean", "last_epoch"}


def test_the_explanation_admits_an_adaptive_search() -> None:
    assert "depended on inner scores" in selection.nested(sweep(*two_trials(), sampler="tpe")).explanation
    assert "depended on inner scores" not in selection.nested(sweep(*two_trials(), sampler="random")).explanation
    stopped = trial(2, {}, state="pruned")
    assert "depended on inner scores" in selection.nested(sweep(*two_trials(), stopped, sampler="random")).explanation


def test_gap_says_what_looking_adds() -> None:
    gap = selection.gap(selection.score_all(sweep(*two_trials())))
    assert (gap.nested, gap.oracle, gap.difference) == (0.0, 1.0, 1.0)
    assert "+1.0000" in gap.sentence and "not skill" in gap.sentence


labels = st.lists(st.integers(0, 1), min_size=2, max_size=2)
sweeps = st.lists(  # trials of folds of (inner predictions, held-out predictions at two epochs)
    st.lists(st.tuples(labels, st.tuples(labels, labels)), min_size=len(FOLDS), max_size=len(FOLDS)), min_size=1, max_size=3
)
Drawn = list[list[tuple[list[int], tuple[list[int], list[int]]]]]


def build(drawn: Drawn) -> list[Trial]:
    return [
        trial(index, {fold: record(fold, inner=inner, held_out=held_out) for fold, (inner, held_out) in zip(FOLDS, folds, strict=True)})
        for index, folds in enumerate(drawn)
    ]


@given(sweeps)
def test_no_setting_with_its_best_epochs_beats_the_oracle(drawn: Drawn) -> None:
    trials = build(drawn)
    oracle = selection.oracle(sweep(*trials))
    for one in trials:
        alone = selection.oracle(sweep(one))
        assert alone.value("uf1") <= oracle.value("uf1")
        at_last = selection.inner_mean(sweep(one))
        assert at_last.value("accuracy") <= alone.value("accuracy")


@given(sweeps, st.randoms())
def test_the_order_of_trials_and_folds_does_not_matter(drawn: Drawn, random: np.random.Generator) -> None:
    trials = build(drawn)
    shuffled = [dataclasses.replace(one, folds=dict(reversed(list(one.folds.items())))) for one in trials]
    random.shuffle(shuffled)
    there = dataclasses.replace(sweep(*shuffled), fold_names=tuple(reversed(FOLDS)))
    for rule in selection.RULES.values():
        one, other = rule(sweep(*trials)), rule(there)
        assert dict(one.chosen) == dict(other.chosen)
        assert metrics.all_scores(one.predictions) == metrics.all_scores(other.predictions)
