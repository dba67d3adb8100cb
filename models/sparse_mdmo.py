"""Sparse MDMO: the MDMO vectors of a clip's frames as sparse codes of a learned dictionary, pooled over time, and a support vector machine.

Paper: Liu, Li, Lai, "Sparse MDMO: learning a discriminative feature for spontaneous micro-expression recognition", IEEE Trans. Affective
Computing 12(1), 2021: graph-regularised sparse coding of MDMO's atomic features, which MDMO averages. It has no parameters that gradient
steps train: ``fit`` learns dictionary and machine, on the fold's training clips alone.

The paper's text was not at hand. Differences from what its abstract says: 1. neighbours are those by angle, where the paper has a metric of
its own, built on the sparsity of points; 2. a clip that comes later is coded by the dictionary without the graph, in which it has no
neighbours; 3. the dictionary is learned on training clips, the paper's "from a micro-expression video dataset". Pooling is ours.

Shapes: B clips, n training clips, T frames, D = 72 features of a frame (u, then v of 36 regions), A atoms, K classes.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.sparse_coding import codes, learn, lipschitz
from models.svm import SETTINGS, SVM

NUM_FEATURES = 72
CODING: dict[str, Any] = {"num_atoms": 128, "sparsity": 0.1, "graph": 0.1, "neighbours": 5, "pooling": "largest"}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {"any clip": ({"num_classes": 3, **CODING, **SETTINGS}, 0)}
SMALL: dict[str, Any] = {**CODING, **SETTINGS, "num_atoms": 8, "kernel": "linear"}


class SparseMDMO(nn.Module):
    """``sparsity`` and ``graph`` weigh the codes' absolute values and their difference between ``neighbours``; the rest is the machine's.

    ``pooling``: over frames, each atom's ``mean`` code or its ``largest`` one, by absolute value and with its sign.
    """

    dictionary: Tensor
    """(A, D), atoms of norm up to 1; 0 before ``fit``."""
    curvature: Tensor
    """(): of the dictionary, the inverse of the codes' step."""

    def __init__(
        self,
        num_classes: int,
        *,
        num_atoms: int,
        sparsity: float,
        graph: float,
        neighbours: int,
        pooling: Literal["mean", "largest"],
        kernel: Literal["linear", "poly", "rbf", "chi2", "intersection"],
        C: float,
        gamma: float,
        coef0: float,
        degree: int,
        normalise: Literal["none", "l1", "l2", "standardise"],
        class_weight: Literal["none", "balanced"],
    ):
        super().__init__()
        if pooling not in ("mean", "largest") or sparsity <= 0 or graph < 0 or num_atoms < 1 or neighbours < 1:
            raise ValueError(
                "Sparse MDMO must pool by mean or largest, with a positive sparsity, a graph of at least 0, atoms and neighbours, but got "
                f"{pooling}, {sparsity}, {graph}, {num_atoms} and {neighbours}. Change model.* in the recipe or narrow the search space."
            )
        self.num_atoms, self.sparsity, self.graph, self.neighbours, self.pooling = num_atoms, sparsity, graph, neighbours, pooling
        self.register_buffer("dictionary", torch.zeros(num_atoms, NUM_FEATURES))
        self.register_buffer("curvature", torch.ones(()))
        self.machine = SVM(
            num_classes, kernel=kernel, C=C, gamma=gamma, coef0=coef0, degree=degree, normalise=normalise, class_weight=class_weight
        )  # fmt: skip

    @torch.no_grad()
    def fit(self, inputs: Tensor, labels: Tensor, weights: Tensor) -> None:
        """On clips (n, T, D) of classes (n,); ``weights`` (K,) multiply C per class. Whatever was fitted before is gone."""
        x = inputs.flatten(0, 1).double().cpu()
        dictionary = learn(x, self.num_atoms, sparsity=self.sparsity, graph=self.graph, num_neighbours=self.neighbours)
        self.dictionary, self.curvature = dictionary.to(inputs), lipschitz(dictionary).to(inputs)
        self.machine.fit(self.features(inputs), labels, weights)

    def features(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, A)."""
        found = codes(x, self.dictionary, sparsity=self.sparsity, curvature=self.curvature)  # (B, T, A)
        if self.pooling == "mean":
            return found.mean(1)
        return found.gather(1, found.abs().argmax(1, keepdim=True)).squeeze(1)

    def forward(self, x: Tensor) -> Tensor:  # (B, T, D)
        logits: Tensor = self.machine(self.features(x))  # (B, K)
        return logits


build = SparseMDMO


def example_shape(**_: Any) -> tuple[int, ...]:
    """A clip of some frames."""
    return (8, NUM_FEATURES)
