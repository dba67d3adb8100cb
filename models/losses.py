"""Losses of one clip: pure functions of logits and (soft) targets, safe under ``torch.func.vmap``.

Shapes: B clips, K classes. Everything is computed from log p and log (1 - p), so that no logit, however large, gives an infinite loss or
gradient.

- cross-entropy: -sum_c t_c log p_c.
- focal, ``positive_only``: -sum_c t_c alpha_c (1 - p_c)^gamma log p_c (Lin et al., "Focal loss for dense object detection", ICCV 2017,
  Eq. 5).
- focal, ``one_vs_all`` on the softmax vector (Aouayeb et al., MLSP 2019, Eq. 2):
  -sum_c [t_c alpha_c (1 - p_c)^gamma log p_c + (1 - t_c) (1 - alpha_c) p_c^gamma log(1 - p_c)].
- class-balanced: cross-entropy weighted by (1 - beta) / (1 - beta^n_c) (Cui et al., "Class-balanced loss based on effective number of
  samples", CVPR 2019, Eq. 4).

Differences from the papers: 1. Targets t may be soft (mixup, label smoothing); each loss is then the same formula, linear in t. 2. Class
weights are scaled to a mean of 1 over the fold's training clips (Cui et al.: over the classes), so that the step size does not depend on
the weighting.
"""

import torch
from torch import Tensor


def class_weights(kind: str, *, form: str, alpha_mode: str, alpha: float, beta: float, counts: Tensor) -> Tensor:
    """The weight of each class, from the number of the fold's training clips in each class (K,).

    Scaled so that the mean over those clips is 1, with three exceptions that are taken literally: ``constant`` is alpha; in
    ``one_vs_all``, where 1 - alpha_c weighs the other classes, ``inverse_frequency`` is (1 / n_c) / sum_k (1 / n_k), and ``none`` is 1/2
    (both sides alike). A class without clips is weighted as if it had one.
    """
    n = counts.to(torch.get_default_dtype() if not counts.is_floating_point() else counts.dtype).clamp(min=1)  # (K,)
    one_vs_all = kind == "focal" and form == "one_vs_all"
    if kind == "class_balanced":
        return _mean_one(1 / _effective_number(n, beta), counts)
    if kind == "focal" and alpha_mode == "constant":
        return torch.full_like(n, alpha)
    if kind == "focal" and alpha_mode == "inverse_frequency":
        return (1 / n) / (1 / n).sum() if one_vs_all else _mean_one(1 / n, counts)
    if kind not in ("cross_entropy", "focal") or alpha_mode not in ("none", "constant", "inverse_frequency"):
        raise ValueError(
            f"A loss must be cross_entropy, focal (alpha_mode none, constant or inverse_frequency) or class_balanced, but got kind "
            f"'{kind}' with alpha_mode '{alpha_mode}'. Change loss.kind or loss.alpha_mode in the recipe."
        )
    return torch.full_like(n, 0.5) if one_vs_all else torch.ones_like(n)


def clip_loss(
    logits: Tensor, targets: Tensor, weights: Tensor, *, kind: str, form: str, gamma: float | Tensor, label_smoothing: float | Tensor
) -> Tensor:
    """The loss of each clip (B,), of logits (B, K), targets (B, K) that sum to 1, and ``class_weights`` (K,). Gamma is of focal only."""
    targets = targets * (1 - label_smoothing) + label_smoothing / logits.shape[-1]
    log_p = logits.log_softmax(-1)  # (B, K)
    if kind != "focal":
        return -(targets * weights * log_p).sum(-1)
    log_q = _log_others(logits)
    positive = targets * weights * (gamma * log_q).exp() * log_p
    if form == "positive_only":
        return -positive.sum(-1)
    if form != "one_vs_all":
        raise ValueError(f"A focal loss must be positive_only or one_vs_all, but got form '{form}'. Change loss.form in the recipe.")
    negative = (1 - targets) * (1 - weights) * (gamma * log_p).exp() * log_q
    return -(positive + negative).sum(-1)


def mask_l1(mask: Tensor) -> Tensor:
    """The L1 norm of each clip's spatial attention mask (B, T, C, H, W), summed over frames, channels and pixels: (B,)."""
    return mask.abs().flatten(1).sum(1)


def _log_others(logits: Tensor) -> Tensor:
    """log (1 - p_c), as the log-sum-exp of the other classes: exact where p_c rounds to 1."""
    own = torch.eye(logits.shape[-1], dtype=torch.bool, device=logits.device)
    others = logits.unsqueeze(-2).masked_fill(own, float("-inf"))  # (B, K, K)
    return others.logsumexp(-1) - logits.logsumexp(-1, keepdim=True)


def _effective_number(n: Tensor, beta: float) -> Tensor:
    """(1 - beta^n) / (1 - beta)."""
    return (1 - beta**n) / (1 - beta)


def _mean_one(weights: Tensor, counts: Tensor) -> Tensor:
    """Weights scaled so that their mean over the clips is 1."""
    return weights * counts.sum() / (counts * weights).sum()
