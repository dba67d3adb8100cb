"""STSTNet: three shallow convolution streams over one optical-flow image per clip.

Paper: Liong, Gan, See, Khor, Huang, "Shallow triple stream three-dimensional CNN (STSTNet) for micro-expression recognition", FG 2019,
doi 10.1109/FG.2019.8756567. Layer order, padding and batch normalisation follow the authors' PyTorch port (github.com/christy1206/STSTNet).
Parameters: 1,683 for 3 classes (1,651 without batch normalisation), counting 28 x 28 images of (u, v, optical strain).

Differences from the paper: 1. Batch normalisation (32 parameters), which only the port has. 2. The three streams of 3, 5 and 8 maps are
one convolution of 16 maps: they read the same input, and every later layer works per map until the streams are concatenated, so the
function is exactly the same (a test proves it). Initialisation is too: PyTorch draws per map from a distribution that depends on the
fan-in alone. One dropout mask over 16 maps replaces one per stream.

Shapes: B clips, C channels, K classes, M maps of all streams together.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from models.layers import BatchNorm2d, Dropout, MaxPool2d

SIDE = 28
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "3 classes": ({"num_classes": 3, "widths": (3, 5, 8), "dropout": 0.5, "in_channels": 3}, 1_683),
    "5 classes": ({"num_classes": 5, "widths": (3, 5, 8), "dropout": 0.5, "in_channels": 3}, 2_485),
}


class STSTNet(nn.Module):
    """``widths`` are the maps of each stream, ``dropout`` follows the max pooling."""

    def __init__(self, num_classes: int, *, widths: Sequence[int], dropout: float, in_channels: int):
        super().__init__()
        maps = sum(widths)
        self.streams = nn.Sequential(
            nn.Conv2d(in_channels, maps, 3, padding=2),  # (B, M, 30, 30)
            nn.ReLU(inplace=True),
            BatchNorm2d(maps),
            MaxPool2d(3, stride=3, padding=1),  # (B, M, 10, 10)
            Dropout(dropout),
        )
        self.pool = nn.AvgPool2d(2)
        self.head = nn.Linear(maps * 5 * 5, num_classes)

    def forward(self, image: Tensor) -> Tensor:  # (B, C, 28, 28)
        if image.shape[-2:] != (SIDE, SIDE):
            raise ValueError(
                f"STSTNet's images must be {SIDE} x {SIDE} pixels, but got {tuple(image.shape)}. "
                "Use a pipeline of that size in the recipe's data."
            )
        x = self.pool(self.streams(image))  # (B, M, 5, 5)
        logits: Tensor = self.head(x.flatten(1))  # (B, K)
        return logits


build = STSTNet


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, SIDE, SIDE)
