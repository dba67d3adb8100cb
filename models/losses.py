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
- bce_softmax: -sum_c [t_c log p_c + (1 - t_c) log (1 - p_c)] on the softmax vector (Xia et al., IEEE TMM 2020, Eq. 9, literally).
- margin: sum_c [t_c max(0, .9 - |v_c|)^2 + .5 (1 - t_c) max(0, |v_c| - .1)^2] of capsule lengths, which stand in the place of logits
  (Sabour et al., "Dynamic routing between capsules", NIPS 2017, Eq. 4).
- any_of: -log of the most probable class among those that enough raters chose (Barsoum et al., "Training deep networks for facial
  expression recognition with crowd-sourced label distribution", ICMI 2016, multi-label learning).

Differences from the papers: 1. Targets t may be soft (mixup, label smoothing); each loss is then the same formula, linear in t. 2. Class
weights are scaled to a mean of 1 over the fold's training clips (Cui et al.: over the classes), so that the step size does not depend on
the weighting.
"""

import torch
from torch import Tensor

KINDS = ("cross_entropy", "focal", "bce_softmax", "margin", "any_of")


def class_weights(kind: str, *, form: str, alpha_mode: str, alpha: float, beta: float, counts: Tensor) -> Tensor:
    """The weight of each class, from the number of the fold's training clips in each class (K,).

    Scaled so that the mean over those clips is 1, with three exceptions that are taken literally: ``constant`` is alpha; in
    ``one_vs_all``, where 1 - alpha_c weighs the other classes, ``inverse_frequency`` is (1 / n_c) / sum_k (1 / n_k) over the classes that
    have clips, and ``none`` is 1/2 (both sides alike). A class without clips is weighted as if it had one; by inverse frequency of
    ``one_vs_all`` by 0, or it would take nearly the whole sum.
    """
    n = counts.to(torch.get_default_dtype() if not counts.is_floating_point() else counts.dtype).clamp(min=1)  # (K,)
    one_vs_all = kind == "focal" and form == "one_vs_all"
    if kind == "class_balanced":
        return _mean_one(1 / _effective_number(n, beta), counts)
    if kind == "focal" and alpha_mode == "constant":
        return torch.full_like(n, alpha)
    if kind == "focal" and alpha_mode == "inverse_frequency":
        return _share_of_inverse(counts.to(n)) if one_vs_all else _mean_one(1 / n, counts)
    if kind not in KINDS or alpha_mode not in ("none", "constant", "inverse_frequency"):
        raise ValueError(
            f"A loss must be {', '.join(KINDS)} (alpha_mode none, constant or inverse_frequency) or class_balanced, but got kind "
            f"'{kind}' with alpha_mode '{alpha_mode}'. Change loss.kind or loss.alpha_mode in the recipe."
        )
    return torch.full_like(n, 0.5) if one_vs_all else torch.ones_like(n)


def clip_loss(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor,
    *,
    kind: str,
    form: str,
    gamma: float | Tensor,
    label_smoothing: float | Tensor,
    accept: float,
) -> Tensor:
    """The loss of each clip (B,), of logits (B, K), targets (B, K) that sum to 1, and ``class_weights`` (K,).

    Gamma is of focal only, ``accept`` of any_of. With H classifiers, (B, H, K) and (H, K): (B,), the sum over them.
    """
    if kind == "any_of":
        accepted = (targets >= accept) | (targets == targets.amax(-1, keepdim=True))
        return _per_clip(-logits.log_softmax(-1).masked_fill(~accepted, float("-inf")).amax(-1, keepdim=True))
    targets = targets * (1 - label_smoothing) + label_smoothing / logits.shape[-1]
    if kind == "margin":
        return _per_clip(targets * (0.9 - logits).relu().square() + 0.5 * (1 - targets) * (logits - 0.1).relu().square())
    log_p = logits.log_softmax(-1)  # (B, K)
    if kind == "bce_softmax":
        return _per_clip(-(targets * log_p + (1 - targets) * _log_others(logits)))
    if kind != "focal":
        return _per_clip(-targets * weights * log_p)
    log_q = _log_others(logits)
    positive = targets * weights * (gamma * log_q).exp() * log_p
    if form == "positive_only":
        return _per_clip(-positive)
    if form != "one_vs_all":
        raise ValueError(f"A focal loss must be positive_only or one_vs_all, but got form '{form}'. Change loss.form in the recipe.")
    negative = (1 - targets) * (1 - weights) * (gamma * log_p).exp() * log_q
    return _per_clip(-(positive + negative))


def importance(targets: Tensor, *, balance: str) -> Tensor:
    """The weight of each clip in its batch, (R, B), of R folds' targets (R, B, K) or (R, B, H, K).

    ``batch`` is B / (classes present * clips of its class) (Xia et al., IEEE TMM 2020, Eq. 10), for soft targets the mean over classes;
    anything else, and with H classifiers always, 1.
    """
    if balance == "none" or targets.dim() > 3:
        return targets.new_ones(targets.shape[:2])
    counts = targets.sum(-2, keepdim=True)  # (..., 1, K)
    present = (counts > 0).sum(-1, keepdim=True)
    return (targets * targets.shape[-2] / (present * counts.clamp_min(1e-12))).sum(-1)


def _per_clip(terms: Tensor) -> Tensor:
    """(B, K) or (B, H, K) -> (B,)."""
    return terms.flatten(1).sum(1)


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


def _share_of_inverse(counts: Tensor) -> Tensor:
    inverse = torch.where(counts > 0, 1 / counts.clamp(min=1), 0)
    return inverse / inverse.sum()


def _mean_one(weights: Tensor, counts: Tensor) -> Tensor:
    """Weights scaled so that their mean over the clips is 1."""
    return weights * counts.sum() / (counts * weights).sum()
