"""Dual-Inception: two small inception networks, for the horizontal and the vertical flow from onset to apex.

Paper: Zhou, Mao, Xue, "Dual-inception network for cross-database micro-expression recognition", FG 2019, doi 10.1109/FG.2019.8756579.
Layers follow the authors' code (github.com/xly135846/MEGC2019): per stream two inception blocks of 4 x 6 and 4 x 16 maps, each with a
2 x 2 max pooling; both streams flattened, side by side, into a fully connected layer of 1024.
Parameters: 6,449,867 for 3 classes; tiny (ours) 52,011.

Differences from the authors' code: 1. A stream reads one channel; theirs reads the three equal ones of a gray PNG (96 parameters more:
6,449,963), which is the same function. 2. Dropout before the head, off at the published point.

Shapes: B clips, C channels, W maps of a branch, K classes.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from models.backbones.streams import Channels
from models.layers import Dropout, MaxPool2d

SIDE = 28


class Inception(nn.Module):
    """Four branches of equal width: 1 x 1; 1 x 1 and 3 x 3; 1 x 1 and 5 x 5; max pooling and 1 x 1. ReLU after every convolution."""

    def __init__(self, width_in: int, width: int):
        super().__init__()
        self.branches = nn.ModuleList(
            [
                _conv(width_in, width, 1),
                nn.Sequential(_conv(width_in, width, 1), _conv(width, width, 3)),
                nn.Sequential(_conv(width_in, width, 1), _conv(width, width, 5)),
                nn.Sequential(MaxPool2d(3, stride=1, padding=1), _conv(width_in, width, 1)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        return torch.cat([branch(x) for branch in self.branches], dim=1)  # (B, 4 * W, H, W)


class DualInception(nn.Module):
    """``streams`` are channels, ``widths`` the maps of a branch in the first and the second block."""

    def __init__(self, num_classes: int, *, in_channels: int, streams: Sequence[int], widths: Sequence[int], features: int, dropout: float):
        super().__init__()
        first, second = widths
        self.channels = Channels(streams, in_channels)
        self.streams = nn.ModuleList(
            nn.Sequential(Inception(1, first), MaxPool2d(2), Inception(4 * first, second), MaxPool2d(2)) for _ in streams
        )
        self.features = nn.Linear(len(streams) * 4 * second * (SIDE // 4) ** 2, features)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(features, num_classes)

    def forward(self, image: Tensor) -> Tensor:  # (B, C, 28, 28)
        if image.shape[-2:] != (SIDE, SIDE):
            raise ValueError(
                f"Dual-Inception's images must be {SIDE} x {SIDE} pixels, but got {tuple(image.shape)}. "
                "Use a pipeline of that size in the recipe's data."
            )
        parts = self.channels(image).split(1, dim=1)
        maps = [stream(part).flatten(1) for stream, part in zip(self.streams, parts, strict=True)]
        x = self.features(torch.cat(maps, dim=1)).relu()
        logits: Tensor = self.head(self.dropout(x))  # (B, K)
        return logits


def _conv(width_in: int, width: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width_in, width, kernel, padding=kernel // 2), nn.ReLU(inplace=True))


build = DualInception


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, SIDE, SIDE)


def _counted(num_classes: int, **changes: Any) -> dict[str, Any]:
    code = {"in_channels": 3, "streams": (2, 1), "widths": (6, 16), "features": 1024, "dropout": 0.0}
    return {"num_classes": num_classes, **code, **changes}


PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "3 classes": (_counted(3), 6_449_867),
    "tiny": (_counted(3, widths=(2, 4), features=32), 52_011),
}
