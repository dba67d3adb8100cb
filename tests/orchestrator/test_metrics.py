"""Metrics against scikit-learn, published confusion matrices and known intervals."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from orchestrator import metrics
from orchestrator.metrics import Predictions

CLASSES = ("negative", "positive", "surprise")
STSTNET = {  # confusion matrices recomputed from the authors' public log of the MEGC2019 challenge, rows actual
    "smic": [[54, 10, 6], [17, 30, 4], [14, 1, 28]],
    "casme2": [[83, 5, 0], [12, 19, 1], [2, 0, 23]],
    "samm": [[82, 7, 3], [11, 13, 2], [5, 2, 8]],
}
SHCNN_CASME2 = [[19, 11, 1, 1, 0], [7, 78, 2, 1, 11], [3, 11, 10, 0, 3], [0, 0, 0, 24, 1], [1, 18, 0, 0, 44]]
SHCNN_SAMM = [[87, 2, 3], [9, 17, 0], [3, 1, 11]]
CAPSULENET = [[192, 30, 24], [33, 65, 11], [25, 9, 46]]


def predictions(truth: list[int], predicted: list[int], subjects: list[str] | None = None, corpus: str = "a") -> Predictions:
    subjects = subjects or [f"s{i // 3}" for i in range(len(truth))]
    keys = [f"{corpus}/{subject}/c{index}" for index, subject in enumerate(subjects)]
    return Predictions.from_keys(keys, np.array(truth), np.array(predicted), CLASSES)


def spread(confusions: dict[str, list[list[int]]], num_subjects: int = 8) -> Predictions:
    """Predictions with these confusion matrices, dealt to subjects in turn."""
    keys: list[str] = []
    truth: list[int] = []
    predicted: list[int] = []
    for corpus, matrix in confusions.items():
        for actual, row in enumerate(matrix):
            for answer, times in enumerate(row):
                for _ in range(times):
                    keys.append(f"{corpus}/s{len(keys) % num_subjects}/c{len(keys)}")
                    truth.append(actual)
                    predicted.append(answer)
    return Predictions.from_keys(keys, np.array(truth), np.array(predicted), CLASSES)


def test_ststnet_reproduces_published_uf1_and_its_uar_is_macro_precision() -> None:
    scores = metrics.all_scores(spread(STSTNET))
    expected = {"all": (0.7353, 0.7186, 0.7605), "smic": (0.6801, 0.6703, 0.7013), "casme2": (0.8382, 0.8190, 0.8686)}
    expected["samm"] = (0.6588, 0.6415, 0.6810)
    assert set(scores) == set(expected)
    for part, (uf1, uar, precision) in expected.items():
        assert scores[part]["uf1"] == pytest.approx(uf1, abs=5e-5)
        assert scores[part]["uar"] == pytest.approx(uar, abs=5e-5)
        assert scores[part]["macro_precision"] == pytest.approx(precision, abs=5e-5)
    assert scores["all"]["weighted_f1"] == pytest.approx(0.7637, abs=5e-5)
    assert scores["all"]["accuracy"] == scores["all"]["micro_f1"] == pytest.approx(0.7692, abs=5e-5)
    assert metrics.confusion(spread(STSTNET)).tolist() == [[219, 22, 9], [40, 62, 7], [21, 3, 59]]


def test_other_published_confusions() -> None:
    casme2 = np.array(SHCNN_CASME2)
    assert metrics.accuracy(casme2) == pytest.approx(175 / 246)
    assert metrics.uf1(casme2) == pytest.approx(0.6989, abs=5e-5)
    assert metrics.weighted_f1(casme2) == pytest.approx(0.7043, abs=5e-5)
    assert metrics.uar(casme2) == pytest.approx(0.6821, abs=5e-5)
    assert metrics.f1_of_means(casme2) == pytest.approx(0.7128, abs=5e-5)
    assert metrics.accuracy(np.array(SHCNN_SAMM)) == pytest.approx(0.8647, abs=5e-5)
    assert metrics.uf1(np.array(SHCNN_SAMM)) == pytest.approx(0.8029, abs=5e-5)
    assert metrics.accuracy(np.array(CAPSULENET)) == pytest.approx(0.6966, abs=5e-5)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = ([pair[side] for pair in pairs] for side in (0, 1))
    scores = metrics.all_scores(predictions(truth, predicted))["all"]
    labels = [0, 1, 2]
    assert scores["uf1"] == pytest.approx(sk.f1_score(truth, predicted, labels=labels, average="macro", zero_division=0))
    assert scores["weighted_f1"] == pytest.approx(sk.f1_score(truth, predicted, labels=labels, average="weighted", zero_division=0))
    assert scores["micro_f1"] == pytest.approx(sk.f1_score(truth, predicted, average="micro"))
    assert scores["accuracy"] == pytest.approx(sk.accuracy_score(truth, predicted))
    assert scores["macro_precision"] == pytest.approx(sk.precision_score(truth, predicted, labels=labels, average="macro", zero_division=0))
    assert scores["uar"] == pytest.approx(sk.recall_score(truth, predicted, labels=sorted(set(truth)), average="macro"))
    folds = [(truth[i : i + 3], predicted[i : i + 3]) for i in range(0, len(truth), 3)]
    assert scores["fold_accuracy"] == pytest.approx(np.mean([sk.accuracy_score(*fold) for fold in folds]))
    assert scores["fold_f1_present"] == pytest.approx(np.mean([sk.f1_score(*fold, average="macro") for fold in folds]))
    in_all = [sk.f1_score(*fold, labels=labels, average="macro", zero_division=0) for fold in folds]
    assert scores["fold_f1_all"] == pytest.approx(np.mean(in_all))


def test_a_subject_of_the_same_name_in_another_corpus_is_another_subject() -> None:
    keys = ["a/s1/c", "b/s1/c"]
    p = Predictions.from_keys(keys, np.array([0, 1]), np.array([0, 0]), CLASSES)
    assert metrics.value(p, "fold_accuracy") == 0.5
    assert metrics.value(p.of("a"), "accuracy") == 1.0


def test_order_of_clips_does_not_matter() -> None:
    p = spread(STSTNET)
    shuffled = np.random.default_rng(0).permutation(len(p.clip))
    q = Predictions.from_keys([p.keys[i] for i in shuffled], p.truth[shuffled], p.predicted[shuffled], CLASSES)
    assert metrics.all_scores(p) == metrics.all_scores(q)
    assert metrics.interval(p, "uf1") == metrics.interval(q, "uf1")


def test_interval_holds_the_value_is_reproducible_and_fast() -> None:
    p = spread(STSTNET, num_subjects=20)
    started = time.perf_counter()
    low, high = metrics.interval(p, "uf1")
    assert time.perf_counter() - started < 1
    assert low < metrics.value(p, "uf1") < high
    assert (low, high) == metrics.interval(p, "uf1") != metrics.interval(p, "uf1", seed=1)
    narrow = metrics.interval(p, "uf1", level=0.5)
    assert low < narrow[0] < narrow[1] < high


def test_interval_of_subject_accuracies_matches_the_normal_approximation() -> None:
    """400 subjects with one clip each, half of them right: the standard error is sqrt(.25 / 400)."""
    p = predictions([0] * 400, [0, 1] * 200, [f"s{i}" for i in range(400)])
    low, high = metrics.interval(p, "accuracy", num_resamples=4000)
    assert (low, high) == pytest.approx((0.5 - 1.96 * 0.025, 0.5 + 1.96 * 0.025), abs=0.006)


def test_interval_resamples_within_each_corpus() -> None:
    """One corpus is all right and the other all wrong, so only a mix of corpora could change the pooled accuracy."""
    keys = [f"{corpus}/s{index}/c" for corpus in "ab" for index in range(5)]
    p = Predictions.from_keys(keys, np.zeros(10, dtype=int), np.repeat([0, 1], 5), CLASSES)
    assert metrics.interval(p, "accuracy") == (0.5, 0.5)


def test_one_subject_has_no_interval() -> None:
    assert np.isnan(metrics.interval(predictions([0, 1], [0, 1]), "uf1")).all()


def test_paired_difference() -> None:
    truth = [i % 3 for i in range(90)]
    right, wrong = predictions(truth, truth), predictions(truth, [(label + 1) % 3 for label in truth])
    difference, low, high, p = metrics.paired_difference(right, wrong, "uf1")
    assert (difference, low, high) == (1.0, 1.0, 1.0) and p < 0.002
    difference, low, high, p = metrics.paired_difference(right, right, "accuracy")
    assert (difference, low, high, p) == (0.0, 0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="same clips .* 3 differ"):
        metrics.paired_difference(right, predictions(truth[:87], truth[:87]), "uf1")


def test_faults_are_named() -> None:
    with pytest.raises(ValueError, match="'a/s/c' is there 2 times"):
        Predictions.from_keys(["a/s/c", "a/s/c"], np.array([0, 1]), np.array([0, 1]), CLASSES)
    with pytest.raises(ValueError, match="'a/s/c' has truth 0 and prediction 3"):
        Predictions.from_keys(["a/s/c"], np.array([0]), np.array([3]), CLASSES)
    with pytest.raises(ValueError, match="at least one clip"):
        Predictions.from_keys([], np.array([]), np.array([]), CLASSES)
    with pytest.raises(ValueError, match="one row per clip"):
        Predictions.from_keys(["a/s/c"], np.array([0, 1]), np.array([0]), CLASSES)
    with pytest.raises(ValueError, match="'f1'"):
        metrics.value(predictions([0], [0]), "f1")
