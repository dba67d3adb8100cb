"""Support vector machine on one feature vector per clip: the classifier of the handcrafted descriptors.

Paper: Cortes, Vapnik, "Support-vector networks", Machine Learning 20, 1995; classes one against one, as in LIBSVM (Chang, Lin, ACM TIST
2011). It has no parameters and no gradient steps: ``fit`` hands the training clips' kernel matrix to scikit-learn, and what comes out stays
here as buffers, on which ``forward`` scores clips in torch. Scores are scikit-learn's ``decision_function`` with
``decision_function_shape="ovr"``: votes of the K (K - 1) / 2 machines, ties broken by their margins; the largest is what ``SVC(...,
break_ties=True)`` predicts.

Shapes: B clips, n training clips, D features, S support vectors, P pairs of classes, K classes.
"""

from itertools import combinations
from typing import Any, Literal

import torch
from torch import Tensor

from models.fitting import Fitted
from models.fitting.kernels import HISTOGRAM_KERNELS, KERNELS, gram, symmetric_gram

ABSENT = -1e4
"""Added to the score of a class that no training clip had: far below any vote, and finite, so that a softmax of it is 0."""
SETTINGS: dict[str, Any] = {
    "kernel": "poly", "C": 1.0, "gamma": 0.22, "coef0": 0.0, "degree": 2, "normalise": "none", "class_weight": "none",
}  # fmt: skip
"""STRCN's, where it compares with descriptors."""
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {"any features": ({"num_classes": 3, **SETTINGS}, 0)}


class SVM(Fitted):
    """``C`` is the cost of a clip on the wrong side; ``normalise`` is done to a clip's features first.

    l1, l2        Divide by the norm.
    standardise   To mean 0 and variance 1 over the training clips; a feature that is constant there stays 0.
    ``class_weight``: ``balanced`` multiplies C by n / (classes present * clips of the class).
    """

    mean: Tensor
    """(D,), of ``standardise``, else empty."""
    scale: Tensor
    """(D,), of ``standardise``, else empty."""
    supports: Tensor
    """(S, D), normalised; empty before ``fit`` and where the training clips have one class."""
    coefficients: Tensor
    """(P, S): signed multipliers of each machine."""
    intercepts: Tensor
    """(P,)"""
    duels: Tensor
    """(P, K): 1 for the class that a machine's positive values vote for, -1 for the other one."""
    offsets: Tensor
    """(K,): ``ABSENT`` for classes without training clips, else 0."""

    def __init__(
        self,
        num_classes: int,
        *,
        kernel: Literal["linear", "poly", "rbf", "chi2", "intersection"],
        C: float,
        gamma: float,
        coef0: float,
        degree: int,
        normalise: Literal["none", "l1", "l2", "standardise"],
        class_weight: Literal["none", "balanced"],
    ):
        super().__init__()
        _require("kernel", kernel, kernel in KERNELS, f"one of {', '.join(KERNELS)}")
        _require("C", C, C > 0, "positive")
        _require("gamma", gamma, gamma > 0, "positive")
        _require("degree", degree, degree >= 1, "at least 1")
        _require("normalise", normalise, normalise in ("none", "l1", "l2", "standardise"), "none, l1, l2 or standardise")
        _require("class_weight", class_weight, class_weight in ("none", "balanced"), "none or balanced")
        signed = kernel in HISTOGRAM_KERNELS and normalise == "standardise"
        _require("normalise", normalise, not signed, f"none, l1 or l2 with the kernel {kernel}, which compares histograms")
        self.num_classes, self.kernel, self.C, self.normalise, self.class_weight = num_classes, kernel, C, normalise, class_weight
        self.settings: dict[str, Any] = {"kernel": kernel, "gamma": gamma, "coef0": coef0, "degree": degree}
        for name, shape in {"mean": (0,), "scale": (0,), "supports": (0, 0), "coefficients": (0, 0), "intercepts": (0,)}.items():
            self.register_buffer(name, torch.zeros(shape))
        self.register_buffer("duels", torch.zeros(0, num_classes))
        self.register_buffer("offsets", torch.zeros(num_classes))

    @torch.no_grad()
    def fit(self, inputs: Tensor, labels: Tensor, weights: Tensor) -> None:
        """On clips (n, ...) of classes (n,); ``weights`` (K,) multiply C per class. Whatever was fitted before is gone."""
        x, labels = inputs.flatten(1).double(), labels.cpu()
        if self.kernel in HISTOGRAM_KERNELS and x.min() < 0:
            raise ValueError(
                f"The kernel {self.kernel} compares histograms: features must be at least 0, but got {x.min().item():.4g}. "
                "Set model.kernel to linear, poly or rbf."
            )
        if self.normalise == "standardise":
            deviation = x.std(0, correction=0)
            constant = deviation <= torch.finfo(inputs.dtype).eps * x.mean(0).abs()
            self._set(inputs, mean=x.mean(0), scale=deviation.masked_fill(constant, 1.0))
        present = labels.unique().tolist()
        self._set(inputs, offsets=torch.full((self.num_classes,), ABSENT).index_fill(0, torch.tensor(present), 0.0))
        self._set(inputs, **self._machines(self._normalised(x), labels, weights.tolist(), present))

    def _machines(self, x: Tensor, labels: Tensor, weights: list[float], present: list[int]) -> dict[str, Tensor]:
        """Support vectors, coefficients, intercepts and duels of every pair of classes; none where there is one class."""
        from sklearn.svm import SVC  # a second to import, and only training needs it

        if len(present) == 1:
            none = x.new_zeros(0, 0)
            return {"supports": none, "coefficients": none, "intercepts": x.new_zeros(0), "duels": x.new_zeros(0, self.num_classes)}
        balance = {c: len(labels) / (len(present) * int((labels == c).sum())) for c in present}
        costs = {c: weights[c] * (balance[c] if self.class_weight == "balanced" else 1) for c in present}
        square = symmetric_gram(x, **self.settings).cpu().numpy()
        machine = SVC(kernel="precomputed", C=self.C, class_weight=costs).fit(square, labels.numpy())
        coefficients, intercepts, duels = _pairwise(machine, present, self.num_classes)
        return {"supports": x[machine.support_], "coefficients": coefficients, "intercepts": intercepts, "duels": duels}

    def forward(self, x: Tensor) -> Tensor:  # (B, D), or (B, ...) that is flattened
        if not len(self.supports):
            return x.new_zeros(x.shape[0], self.num_classes) + self.offsets
        values = gram(self._normalised(x.flatten(1)), self.supports, **self.settings) @ self.coefficients.T + self.intercepts  # (B, P)
        positive = (values >= 0).to(values.dtype)
        votes = positive @ self.duels.clamp(min=0) + (1 - positive) @ (-self.duels).clamp(min=0)
        margins = values @ self.duels  # (B, K)
        return votes + margins / (3 * (margins.abs() + 1)) + self.offsets

    def _normalised(self, x: Tensor) -> Tensor:
        if self.normalise == "standardise":
            return (x - self.mean) / self.scale
        if self.normalise == "none":
            return x
        norm = x.norm(p=1 if self.normalise == "l1" else 2, dim=1, keepdim=True)
        return x / norm.clamp(min=torch.finfo(x.dtype).tiny)

    def _set(self, like: Tensor, **buffers: Tensor) -> None:
        for name, tensor in buffers.items():
            setattr(self, name, tensor.to(like))


build = SVM


def example_shape(**_: Any) -> tuple[int, ...]:
    """Some feature vector: before ``fit`` any length will do, after it that of the training clips."""
    return (24,)


def _pairwise(machine: Any, present: list[int], num_classes: int) -> tuple[Tensor, Tensor, Tensor]:
    """Coefficients (P, S), intercepts (P,) and duels (P, K) of a fitted SVC, one row per pair of classes.

    ``dual_coef_`` packs the multipliers of the machine of classes i < j into row j - 1 of i's support vectors and row i of j's. With two
    classes scikit-learn turns the signs round, so that positive values are the second one.
    """
    pairs = list(combinations(range(len(present)), 2))
    owner = torch.arange(len(present)).repeat_interleave(torch.as_tensor(machine.n_support_, dtype=torch.int64))  # (S,)
    packed = torch.as_tensor(machine.dual_coef_)
    rows = [packed[j - 1] * (owner == i) + packed[i] * (owner == j) for i, j in pairs]
    duels = torch.zeros(len(pairs), num_classes)
    sign = -1 if len(present) == 2 else 1
    for row, (i, j) in enumerate(pairs):
        duels[row, present[i]], duels[row, present[j]] = sign, -sign
    return torch.stack(rows), torch.as_tensor(machine.intercept_), duels


def _require(name: str, value: object, holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(
            f"An SVM's {name} must be {rule}, but got {value!r}. Change model.{name} in the recipe or narrow the search space."
        )
