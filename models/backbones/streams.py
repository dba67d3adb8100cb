"""Streams of a network are channels of one tensor: which ones depends on the pipeline and is a hyperparameter."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Channels(nn.Module):
    """Some channels of a tensor, in the order given: ``(2, 1)`` are u and v of an image whose channels are (strain, v, u)."""

    def __init__(self, chosen: Sequence[int], in_channels: int, name: str = "streams"):
        super().__init__()
        if not chosen or not set(chosen) <= set(range(in_channels)):
            raise ValueError(
                f"{name} must name channels from 0 to {in_channels - 1}, but got {tuple(chosen)}. "
                f"Change model.{name} or model.in_channels in the recipe."
            )
        self.chosen = tuple(chosen)

    def forward(self, x: Tensor) -> Tensor:  # (B, [T,] C, H, W)
        return torch.cat([x.narrow(-3, channel, 1) for channel in self.chosen], dim=-3)  # (B, [T,] chosen, H, W)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.chosen))
