"""STRCN's network (Xia et al., IEEE TMM 2020, Table I), the same for appearance and geometry but for the pooling.

One convolution, then up to four times pooling and a recurrent layer, then the global average and a linear classifier. M maps everywhere;
pooling drops what does not fill a window. Shapes: B clips, C channels, H x W pixels, M maps, K classes.
"""

import math
from collections.abc import Sequence

from torch import Tensor, nn

from models.layers import BatchNorm2d, MaxPool2d
from models.recurrent_convolution.layers import READINGS, initialise, plain_layer

Pool = int | Sequence[int]

STEMS = {"conv5": (5, 0, True), "conv3": (3, 1, False)}
"""Kernel, padding and bias of the first convolution: Table I, and the released code."""


class RecurrentNetwork(nn.Module):
    """``pools`` are windows in front of the recurrent layers; ``layers`` of them stay, with their pools (Fig. 6). With no recurrent layer
    each is one 3 x 3 convolution instead, so that the pooling stays."""

    def __init__(
        self, num_classes: int, *, in_channels: int, maps: int, layers: int, iterations: int, reading: str, stem: str, pools: Sequence[Pool]
    ):
        super().__init__()
        _check(layers, reading, stem, pools)
        kernel, padding, bias = STEMS[stem]
        kept = pools[: layers or len(pools)]
        self.smallest = smallest_input(stem, kept)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, maps, kernel, padding=padding, bias=bias), BatchNorm2d(maps), nn.ReLU(inplace=True)
        )
        self.pools = nn.ModuleList(MaxPool2d(_pair(pool)) for pool in kept)
        self.blocks = nn.ModuleList(READINGS[reading](maps, iterations) if layers else plain_layer(maps) for _ in kept)
        self.head = nn.Linear(maps, num_classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        if x.shape[-2] < self.smallest[0] or x.shape[-1] < self.smallest[1]:
            raise ValueError(
                f"STRCN's input must have at least {self.smallest[0]} x {self.smallest[1]} pixels, but got {tuple(x.shape[-2:])}. "
                "Use larger images or smaller model.pools in the recipe."
            )
        x = self.stem(x)
        for pool, block in zip(self.pools, self.blocks, strict=True):
            x = block(pool(x))  # (B, M, h, w)
        logits: Tensor = self.head(x.mean((2, 3)))  # (B, K)
        return logits


def smallest_input(stem: str, pools: Sequence[Pool]) -> tuple[int, int]:
    """The size whose last map is one pixel."""
    kernel, padding, _ = STEMS[stem]
    height, width = (math.prod(_pair(pool)[axis] for pool in pools) for axis in (0, 1))
    return height + kernel - 1 - 2 * padding, width + kernel - 1 - 2 * padding


def _pair(pool: Pool) -> tuple[int, int]:
    return (pool, pool) if isinstance(pool, int) else (pool[0], pool[1])


def _check(layers: int, reading: str, stem: str, pools: Sequence[Pool]) -> None:
    if not 0 <= layers <= len(pools):
        raise ValueError(f"STRCN must have 0 to {len(pools)} recurrent layers, one per pool, but got {layers}. Change model.layers.")
    for name, value, known in (("reading", reading, READINGS), ("stem", stem, STEMS)):
        if value not in known:
            raise ValueError(f"STRCN's {name} must be one of {', '.join(known)}, but got '{value}'. Change model.{name} in the recipe.")
