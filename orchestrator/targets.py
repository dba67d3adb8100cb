"""Targets: what each sample should be called, as distributions over classes.

Shapes: N clips, S samples, B of a batch, K classes, H heads of a feature stage with K1 classes each.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from models import losses
from orchestrator.data import ClipTensors
from search_spaces.recipe import Loss


class Targets:
    """Of all samples of a corpus."""

    def __init__(
        self, clips: ClipTensors, kind: str, device: torch.device, dtype: torch.dtype, relabel: Sequence[Sequence[int]] | None = None
    ) -> None:
        """``kind`` is ``training.labels``; ``relabel`` is of a feature stage: each head's class of each of the K classes.

        Raises:
            ValueError: the recipe wants the raters' shares and the corpus has none.
        """
        self.kind, self.num_classes = kind, len(clips.classes)
        self.clip_of, self.clip_labels = clips.clip_of.to(device), clips.labels.to(device)
        self.labels = self.clip_labels[self.clip_of]
        """(S,)"""
        hard = torch.nn.functional.one_hot(self.clip_labels, self.num_classes)  # (N, K)
        if kind != "hard" and clips.shares is None:
            raise ValueError(
                f"training.labels = '{kind}' needs the shares of several raters, but the corpus has a single label per clip. "
                "Use a corpus with votes, such as FERPlus, or training.labels = 'hard'."
            )
        self.clip_targets = (hard if kind == "hard" or clips.shares is None else clips.shares.to(device)).to(dtype)
        self.relabelling = None if relabel is None else _matrix(relabel).to(device, dtype)  # (K, H, K1)

    def goal(self, samples: Tensor, generator: torch.Generator) -> Tensor:
        """(B, K), or (B, H, K1) of a feature stage."""
        chosen = self.clip_targets[self.clip_of[samples.to(self.clip_of.device)]]
        if self.kind == "drawn":
            drawn = torch.multinomial(chosen.cpu().double(), 1, generator=generator).squeeze(1)
            chosen = torch.nn.functional.one_hot(drawn, self.num_classes).to(chosen)
        return chosen if self.relabelling is None else torch.einsum("bk,khc->bhc", chosen, self.relabelling)

    def class_weights(self, samples: Tensor, loss: Loss) -> Tensor:
        """(K,), or (H, K1), from these training samples alone."""
        counts = torch.bincount(self.labels[samples.to(self.labels.device)], minlength=self.num_classes)
        if self.relabelling is None:
            return self._weights(counts, loss)
        heads = torch.einsum("k,khc->hc", counts.to(self.relabelling), self.relabelling)
        return torch.stack([self._weights(head, loss) for head in heads])

    def _weights(self, counts: Tensor, loss: Loss) -> Tensor:
        weights = losses.class_weights(
            loss.kind, form=loss.form, alpha_mode=loss.alpha_mode, alpha=loss.alpha, beta=loss.beta, counts=counts
        )
        return weights.to(self.clip_targets)


def _matrix(relabel: Sequence[Sequence[int]]) -> Tensor:
    """(K, H, K1): 1 where a head calls a class so."""
    table = torch.tensor([list(head) for head in relabel])  # (H, K)
    return torch.nn.functional.one_hot(table, int(table.max()) + 1).movedim(1, 0)
