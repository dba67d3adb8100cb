"""Votes: a clip's class from those of its frames (SHCNN Sec. III-C, and the released script's sum)."""

import torch
from torch import Tensor


def vote(logits: Tensor, clip: Tensor, num_clips: int, how: str) -> Tensor:
    """Probabilities of clips (n, K) from logits of frames (m, K) and the clip of each frame (m,), numbered from 0.

    ``majority`` is the share of the frames' votes, with one vote more that is dealt by the mean probabilities: it breaks ties and
    nothing else. ``sum_softmax`` is the mean probability, ``sum_logits`` the softmax of the mean logits: both keep the order of the sums.
    """
    logits = logits.double()
    count = torch.zeros(num_clips, 1, dtype=logits.dtype, device=logits.device).index_add_(0, clip, torch.ones_like(logits[:, :1]))

    def total(values: Tensor) -> Tensor:
        return torch.zeros(num_clips, values.shape[1], dtype=values.dtype, device=values.device).index_add_(0, clip, values)

    if how == "sum_logits":
        return (total(logits) / count).softmax(1).float()
    mean = total(logits.softmax(1)) / count
    if how == "sum_softmax":
        return mean.float()
    if how != "majority":
        raise ValueError(f"training.vote must be majority, sum_softmax or sum_logits, but got '{how}'. Change it in the recipe.")
    votes = total(torch.nn.functional.one_hot(logits.argmax(1), logits.shape[1]).to(logits))
    return ((votes + mean) / (count + 1)).float()
