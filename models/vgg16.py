"""VGG-16's first four stages for faces of 42 x 42 pixels, as SHCNN's authors count it.

Papers: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, configuration D; Miao et
al. (SHCNN), IEEE Access 2019, Table 4 (parameters and time; no accuracy).
Parameters: 104,020,999 on 42 x 42 gray images in 7 classes (SHCNN Table 4), which ten 3 x 3 convolutions and dense layers of 4096, 4096
and 1000 on 6 x 6 maps give exactly; the fifth stage is missing. 104,022,000 in 8 classes; 62,075,107 for one 28 x 28 flow image in 3.

Differences from the papers: 1. Pooling follows the first three stages; the count asks for 42 -> 21 -> 11 -> 6 and leaves the place open.
2. Dropout after each hidden dense layer, the 1000 included, and the initialisation are ours.

Shapes: B images, C channels, K classes.
"""

import math
from collections.abc import Sequence
from typing import Any

from models.backbones_static.plain import PlainNetwork, initialise, vgg_stages

DEPTHS = (2, 2, 3, 3)
NUM_HALVED = 3

_PAPER: dict[str, Any] = {"widths": (64, 128, 256, 512), "fc": (4096, 4096, 1000), "dropout": 0.5}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "FER2013": ({"num_classes": 7, "in_channels": 1, "side": 42, **_PAPER}, 104_020_999),
    "FERPlus": ({"num_classes": 8, "in_channels": 1, "side": 42, **_PAPER}, 104_022_000),
    "28 x 28 flow image": ({"num_classes": 3, "in_channels": 3, "side": 28, **_PAPER}, 62_075_107),
}
SMALL: dict[str, Any] = {"in_channels": 3, "side": 18, "widths": (4, 4, 6, 6), "fc": (12, 12, 8), "dropout": 0.5}


class VGG16(PlainNetwork):
    """``widths`` are the maps of each stage, ``fc`` the widths of the hidden dense layers."""

    def __init__(self, num_classes: int, *, in_channels: int, side: int, widths: Sequence[int], fc: Sequence[int], dropout: float):
        features = vgg_stages(in_channels, widths, DEPTHS, num_halved=NUM_HALVED)
        num_features = widths[-1] * math.ceil(side / 2**NUM_HALVED) ** 2
        super().__init__(num_classes, features, num_features, image_shape=(in_channels, side, side), fc=fc, dropout=dropout)
        initialise(self, "he")


build = VGG16


def example_shape(*, in_channels: int, side: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, side, side)
