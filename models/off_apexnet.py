"""OFF-ApexNet: one small convolutional stream for each component of the flow from onset to apex.

Paper: Liong, Gan, Yau, Huang, Tan, "OFF-ApexNet on micro-expression recognition system", arXiv 1805.08699, 2018; extended by Gan, Liong,
Yau, Huang, Tan, "OFF-ApexNet on micro-expression recognition system", Signal Processing: Image Communication 2019, doi
10.1016/j.image.2019.02.005. Two streams, for u and for v: convolution 5 x 5 to 6 maps, pooling, convolution 5 x 5 to 16 maps, pooling; both
flattened, side by side, into two fully connected layers of 1024.
Parameters: 2,664,475 for 3 classes; tiny (ours) 26,755.

Differences from the paper: 1. The streams are one grouped convolution, which is the same function with the same initialisation (a test
proves it). 2. Dropout after each fully connected layer, off at the published point. Which channels are u and v is a hyperparameter,
because pipelines differ in their order.

Shapes: B clips, C channels, S streams, K classes.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from models.backbones.streams import Channels
from models.layers import Dropout, MaxPool2d

SIDE = 28


class OFFApexNet(nn.Module):
    """``streams`` are channels, ``widths`` the maps of each stream's convolutions, ``features`` those of the fully connected layers."""

    def __init__(
        self, num_classes: int, *, in_channels: int, streams: Sequence[int], widths: Sequence[int], features: Sequence[int], dropout: float
    ):
        super().__init__()
        num, (first, second) = len(streams), widths
        self.streams = nn.Sequential(
            Channels(streams, in_channels),
            nn.Conv2d(num, num * first, 5, padding=2, groups=num),  # (B, S * first, 28, 28)
            nn.ReLU(inplace=True),
            MaxPool2d(2),
            nn.Conv2d(num * first, num * second, 5, padding=2, groups=num),  # (B, S * second, 14, 14)
            nn.ReLU(inplace=True),
            MaxPool2d(2),
        )
        sizes = (num * second * (SIDE // 4) ** 2, *features)
        layers = [(nn.Linear(size, larger), nn.ReLU(inplace=True), Dropout(dropout)) for size, larger in zip(sizes, features, strict=False)]
        self.features = nn.Sequential(*(layer for group in layers for layer in group))
        self.head = nn.Linear(sizes[-1], num_classes)

    def forward(self, image: Tensor) -> Tensor:  # (B, C, 28, 28)
        if image.shape[-2:] != (SIDE, SIDE):
            raise ValueError(
                f"OFF-ApexNet's images must be {SIDE} x {SIDE} pixels, but got {tuple(image.shape)}. "
                "Use a pipeline of that size in the recipe's data."
            )
        logits: Tensor = self.head(self.features(self.streams(image).flatten(1)))  # (B, K)
        return logits


build = OFFApexNet


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, SIDE, SIDE)


def _counted(num_classes: int, **changes: Any) -> dict[str, Any]:
    paper = {"in_channels": 3, "streams": (2, 1), "widths": (6, 16), "features": (1024, 1024), "dropout": 0.0}
    return {"num_classes": num_classes, **paper, **changes}


PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "3 classes": (_counted(3), 2_664_475),
    "tiny": (_counted(3, widths=(2, 4), features=(64, 16)), 26_755),
}
