"""VGG-13 for faces of 64 x 64 pixels: the network that FERPlus was introduced with.

Paper: Barsoum, Zhang, Canton Ferrer, Zhang, "Training deep networks for facial expression recognition with crowd-sourced label
distribution", ICMI 2016, doi 10.1145/2993148.2993165; layers as in the authors' code (github.com/microsoft/FERPlus). SHCNN's Table 5
compares with it.
Parameters: 8,757,704 on 64 x 64 gray images in 8 classes, 8,756,679 in 7; 5,608,003 for one 28 x 28 flow image in 3.

Ten convolutions and three dense layers: dropout of a quarter after each pooling, of a half after each hidden dense layer, kernels drawn
uniformly by Glorot and Bengio. Differences from the code: none known.

Shapes: B images, C channels, K classes.
"""

import math
from collections.abc import Sequence
from typing import Any

from models.backbones_static.plain import PlainNetwork, initialise, vgg_stages

DEPTHS = (2, 2, 3, 3)
NUM_HALVED = 4

_PAPER: dict[str, Any] = {"widths": (64, 128, 256, 256), "fc": (1024, 1024), "conv_dropout": 0.25, "dropout": 0.5}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "FERPlus": ({"num_classes": 8, "in_channels": 1, "side": 64, **_PAPER}, 8_757_704),
    "FER2013": ({"num_classes": 7, "in_channels": 1, "side": 64, **_PAPER}, 8_756_679),
    "28 x 28 flow image": ({"num_classes": 3, "in_channels": 3, "side": 28, **_PAPER}, 5_608_003),
}
SMALL: dict[str, Any] = {"in_channels": 3, "side": 18, "widths": (4, 4, 6, 6), "fc": (12, 12), "conv_dropout": 0.25, "dropout": 0.5}


class VGG13(PlainNetwork):
    """``widths`` are the maps of each stage, ``fc`` the widths of the hidden dense layers; ``conv_dropout`` follows each pooling."""

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int,
        side: int,
        widths: Sequence[int],
        fc: Sequence[int],
        conv_dropout: float,
        dropout: float,
    ):
        features = vgg_stages(in_channels, widths, DEPTHS, num_halved=NUM_HALVED, dropout=conv_dropout)
        num_features = widths[-1] * math.ceil(side / 2**NUM_HALVED) ** 2
        super().__init__(num_classes, features, num_features, image_shape=(in_channels, side, side), fc=fc, dropout=dropout)
        initialise(self, "glorot")


build = VGG13


def example_shape(*, in_channels: int, side: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, side, side)
