"""Metrics: accuracy, UF1 and UAR from predictions pooled over folds, whole and per corpus, with intervals; and the field's others.

With the confusion matrix M pooled over all folds (rows actual), n_c = sum M_c. the clips of class c, and C task classes:

    P_c = M_cc / M_.c    R_c = M_cc / M_c.    F1_c = 2 M_cc / (M_c. + M_.c)      (0 where the denominator is 0)
    accuracy = tr M / sum M    UF1 = mean_c F1_c    UAR = mean_c R_c             (MEGC2019 challenge, sec. 3)

A class without a single clip (n_c = 0, possible in a part of a composite) has no recall: UAR is the mean over the classes that have clips,
while UF1 stays the mean over all C, where the class counts as 0. This does not occur in the official 442 clips, whole or per corpus.
Published tables use other definitions under the same names (formats: STSTNet's "UAR" is macro precision); DEFINITIONS names each.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Metric = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """One prediction per clip, pooled over folds; in any order."""

    corpus: tuple[str, ...]
    subject: tuple[str, ...]
    """Unqualified, as the corpus spells it."""
    clip: tuple[str, ...]
    truth: np.ndarray
    """(N,) class indices."""
    predicted: np.ndarray
    """(N,) class indices."""
    classes: tuple[str, ...]
    """The C class names, in index order."""

    def __post_init__(self) -> None:
        lengths = {len(field) for field in (self.corpus, self.subject, self.clip, self.truth, self.predicted)}
        if lengths == {0} or len(lengths) != 1:
            raise ValueError(f"Predictions must be one row per clip and at least one clip, but got columns of {sorted(lengths)} rows.")
        twice, times = Counter(self.keys).most_common(1)[0]
        if times > 1:
            raise ValueError(f"Every clip must be predicted once, but '{twice}' is there {times} times. Keep that of its own fold.")
        for key, actual, given in zip(self.keys, self.truth, self.predicted, strict=True):
            if not (0 <= actual < len(self.classes) and 0 <= given < len(self.classes)):
                raise ValueError(f"Labels must be indices of {self.classes}, but '{key}' has truth {actual} and prediction {given}.")

    @classmethod
    def from_keys(cls, keys: Sequence[str], truth: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> "Predictions":
        """From clip keys ``corpus/subject/filename``."""
        corpus, subject, clip = zip(*(key.split("/", 2) for key in keys), strict=True) if keys else ((), (), ())
        return cls(corpus=corpus, subject=subject, clip=clip, truth=truth, predicted=predicted, classes=tuple(classes))

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(map("/".join, zip(self.corpus, self.subject, self.clip, strict=True)))

    @property
    def corpora(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.corpus)))

    def of(self, corpus: str) -> "Predictions":
        """The clips of one corpus."""
        rows = [row for row, name in enumerate(self.corpus) if name == corpus]
        names = {field: tuple(getattr(self, field)[row] for row in rows) for field in ("corpus", "subject", "clip")}
        return Predictions(**names, truth=self.truth[rows], predicted=self.predicted[rows], classes=self.classes)


def count(truth: np.ndarray, predicted: np.ndarray, num_classes: int) -> np.ndarray:
    """(K, K) confusion matrix, rows actual."""
    flat = np.asarray(truth, dtype=np.int64) * num_classes + np.asarray(predicted, dtype=np.int64)
    return np.bincount(flat, minlength=num_classes**2).reshape(num_classes, num_classes)


def confusion(p: Predictions) -> np.ndarray:
    """(K, K) confusion matrix pooled over all folds, rows actual."""
    return count(p.truth, p.predicted, len(p.classes))


def accuracy(m: np.ndarray) -> np.ndarray:
    return _ratio(_hits(m).sum(-1), m.sum((-2, -1)))


def uf1(m: np.ndarray) -> np.ndarray:
    """Unweighted F1 of (..., K, K) matrices: the mean of the classes' F1."""
    return class_f1(m).mean(-1)


def pooled_uf1(parts: Sequence[tuple[np.ndarray, np.ndarray]], num_classes: int) -> float:
    """UF1 of several sets of (truth, predicted), pooled before anything is averaged."""
    return float(uf1(np.asarray(sum(count(truth, predicted, num_classes) for truth, predicted in parts))))


def uar(m: np.ndarray) -> np.ndarray:
    """Unweighted average recall: the mean over the classes that have clips."""
    actual = m.sum(-1)
    return _ratio(_ratio(_hits(m), actual).sum(-1), (actual > 0).sum(-1))


def macro_precision(m: np.ndarray) -> np.ndarray:
    return _ratio(_hits(m), m.sum(-2)).mean(-1)


def weighted_f1(m: np.ndarray) -> np.ndarray:
    """The classes' F1 weighted by their clips."""
    return _ratio((class_f1(m) * m.sum(-1)).sum(-1), m.sum((-2, -1)))


def f1_of_means(m: np.ndarray) -> np.ndarray:
    """The harmonic mean of macro precision and UAR."""
    precision, recall = macro_precision(m), uar(m)
    return _ratio(2 * precision * recall, precision + recall)


def class_f1(m: np.ndarray) -> np.ndarray:
    """(..., K)."""
    return _ratio(2 * _hits(m), m.sum(-1) + m.sum(-2))


def present_f1(m: np.ndarray) -> np.ndarray:
    """Macro F1 over the classes that occur among truth or predictions."""
    return _ratio(class_f1(m).sum(-1), (m.sum(-1) + m.sum(-2) > 0).sum(-1))


POOLED: dict[str, Metric] = {
    "uf1": uf1,
    "uar": uar,
    "accuracy": accuracy,
    "weighted_f1": weighted_f1,
    "micro_f1": accuracy,
    "macro_precision": macro_precision,
    "f1_of_means": f1_of_means,
}
FOLD_MEANS: dict[str, Metric] = {"fold_accuracy": accuracy, "fold_f1_present": present_f1, "fold_f1_all": uf1}
DEFINITIONS = {
    "uf1": "mean over classes of the F1 of the pooled confusion matrix",
    "uar": "mean over classes (those with clips) of the pooled recall",
    "accuracy": "correct clips / all clips",
    "weighted_f1": "the classes' pooled F1 weighted by their clips",
    "micro_f1": "F1 of the summed counts; equals accuracy with one label per clip",
    "macro_precision": "mean over classes of the pooled precision (printed as UAR by STSTNet)",
    "f1_of_means": "harmonic mean of macro precision and UAR",
    "fold_accuracy": "mean over subjects of the subject's accuracy",
    "fold_f1_present": "mean over subjects of macro F1 over the classes present there",
    "fold_f1_all": "mean over subjects of macro F1 over all classes, absent ones 0",
}


def value(p: Predictions, metric: str) -> float:
    """One metric of DEFINITIONS."""
    matrices, _ = _subjects(p)
    return float(_evaluate(np.ones((1, len(matrices)), dtype=np.int64), matrices, metric)[0])


def all_scores(p: Predictions) -> dict[str, dict[str, float]]:
    """``all`` and each corpus -> every metric of DEFINITIONS."""
    parts = {"all": p, **{corpus: p.of(corpus) for corpus in p.corpora}}
    return {name: {metric: value(part, metric) for metric in DEFINITIONS} for name, part in parts.items()}


def interval(p: Predictions, metric: str, *, num_resamples: int = 2000, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap over subjects, drawn with replacement within each corpus. (nan, nan) where there are fewer than two subjects."""
    matrices, strata = _subjects(p)
    if len(matrices) < 2:
        return float("nan"), float("nan")
    scores = _evaluate(_resamples(strata, num_resamples, seed), matrices, metric)
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_difference(
    a: Predictions, b: Predictions, metric: str, *, num_resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float, float, float]:
    """a - b on the same clips, its interval from resampling both by the same subjects, and a two-sided p value.

    p = 2 min(P*(d <= 0), P*(d >= 0)), each share counted with one added resample so that it is never 0, and at most 1.
    """
    first, second = (dict(zip(p.keys, p.truth.tolist(), strict=True)) for p in (a, b))
    if first != second:
        differing = sorted(key for key in {*first, *second} if first.get(key) != second.get(key))
        raise ValueError(f"A paired difference needs the same clips with the same labels, but {len(differing)} differ: {differing[:3]}.")
    (ours, strata), (theirs, _) = _subjects(a), _subjects(b)
    weights = _resamples(strata, num_resamples, seed)
    gaps = _evaluate(weights, ours, metric) - _evaluate(weights, theirs, metric)
    low, high = np.quantile(gaps, [(1 - level) / 2, (1 + level) / 2])
    tail = min(np.sum(gaps <= 0), np.sum(gaps >= 0))
    p = min(1.0, 2 * (float(tail) + 1) / (num_resamples + 1))
    return value(a, metric) - value(b, metric), float(low), float(high), p


def _subjects(p: Predictions) -> tuple[np.ndarray, list[int]]:
    """(S, K, K) one confusion matrix per (corpus, subject), sorted; and how many subjects each corpus has."""
    names = list(zip(p.corpus, p.subject, strict=True))
    order = {name: row for row, name in enumerate(sorted(set(names)))}
    matrices = np.zeros((len(order), len(p.classes), len(p.classes)), dtype=np.int64)
    np.add.at(matrices, (np.array([order[name] for name in names]), p.truth, p.predicted), 1)
    return matrices, [sum(corpus == name for name, _ in order) for corpus in p.corpora]


def _resamples(strata: list[int], num_resamples: int, seed: int) -> np.ndarray:
    """(R, S) how often each subject is drawn."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.multinomial(size, np.full(size, 1 / size), size=num_resamples) for size in strata], axis=1)


def _evaluate(weights: np.ndarray, matrices: np.ndarray, metric: str) -> np.ndarray:
    """(R,) the metric with each subject counted (R, S) times."""
    if metric in POOLED:
        return POOLED[metric](np.tensordot(weights, matrices, axes=1))
    if metric in FOLD_MEANS:
        return weights @ FOLD_MEANS[metric](matrices) / weights.sum(1)
    raise ValueError(f"A metric must be one of {', '.join(DEFINITIONS)}, but got '{metric}'.")


def _hits(m: np.ndarray) -> np.ndarray:
    return np.diagonal(m, axis1=-2, axis2=-1)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """0 where the denominator is 0."""
    numerator, denominator = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    return np.divide(numerator, denominator, out=np.zeros(np.broadcast(numerator, denominator).shape), where=denominator > 0)
