"""Kernels: how alike two feature vectors are to a support vector machine.

linear x.y | poly (gamma x.y + coef0)^degree | rbf exp(-gamma |x - y|^2) | chi2 exp(-gamma sum (x - y)^2 / (x + y)) | intersection
sum min(x, y). The last two compare histograms, which are at least 0.

Shapes: B and S vectors of D features.
"""

import torch
from torch import Tensor

KERNELS = ("linear", "poly", "rbf", "chi2", "intersection")
HISTOGRAM_KERNELS = ("chi2", "intersection")
_CHUNK = 1 << 14
"""Floats of y that chi2 compares with a vector at once."""
_ROWS = 8
"""Vectors that are compared at once where there are many: what is compared then stays in the cache."""


def symmetric_gram(x: Tensor, *, kernel: str, gamma: float, coef0: float, degree: int) -> Tensor:
    """The kernel of every pair of x (n, D): (n, n)."""
    parts = x.split(_ROWS if kernel == "chi2" else len(x))
    return torch.cat([gram(part, x, kernel=kernel, gamma=gamma, coef0=coef0, degree=degree) for part in parts])


def gram(x: Tensor, y: Tensor, *, kernel: str, gamma: float, coef0: float, degree: int) -> Tensor:
    """The kernel of each x (B, D) with each y (S, D): (B, S). Exports with any B."""
    if kernel == "linear":
        return x @ y.T
    if kernel == "poly":
        product: Tensor = (gamma * (x @ y.T) + coef0) ** degree
        return product
    if kernel == "rbf":
        return (-gamma * torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").square()).exp()
    if kernel == "intersection":  # min(a, b) = (a + b - |a - b|) / 2
        return (x.sum(1, keepdim=True) + y.sum(1) - torch.cdist(x, y, p=1.0)) / 2
    if kernel != "chi2":
        raise ValueError(f"A kernel must be one of {', '.join(KERNELS)}, but got '{kernel}'. Change model.kernel in the recipe.")
    return (-gamma * torch.cat([_chi2(x, part) for part in y.split(max(1, _CHUNK // y.shape[1]))], dim=1)).exp()


def _chi2(x: Tensor, y: Tensor) -> Tensor:
    """sum (x - y)^2 / (x + y), where 0 / 0 is 0: (B, S)."""
    x, y = x[:, None], y[None]
    return ((x - y).square() / (x + y).clamp(min=torch.finfo(x.dtype).tiny)).sum(-1)
