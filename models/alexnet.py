"""AlexNet for faces of 42 x 42 pixels, as SHCNN's authors reproduced it.

Papers: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks", NeurIPS 2012; Miao et al. (SHCNN),
IEEE Access 2019, Tables 3 and 4.
Parameters: 10,033,863 on 42 x 42 gray images in 7 classes (SHCNN Table 4), which the kernels 11, 5, 3, 3, 3 with 96, 256, 384, 384, 256
maps and dense layers of 2048 on 2 x 2 maps give exactly. 10,035,912 in 8 classes; 8,476,035 for one 28 x 28 flow image in 3.

Differences from Krizhevsky et al.: 1. Padding that keeps sizes, so that stride 4 and three overlapping poolings end at the 2 x 2 maps that
the count asks for (which layers halve is ours). 2. No groups and no local response normalisation. 3. Initialisation of He et al.

Shapes: B images, C channels, K classes.
"""

import math
from collections.abc import Sequence
from typing import Any

from torch import nn

from models.backbones_static.plain import PlainNetwork, convolution, initialise
from models.layers import MaxPool2d

KERNELS = (11, 5, 3, 3, 3)
HALVED = (0, 1, 4)
"""Convolutions that a pooling follows."""

_PAPER: dict[str, Any] = {"widths": (96, 256, 384, 384, 256), "fc": (2048, 2048), "dropout": 0.5}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "FER2013": ({"num_classes": 7, "in_channels": 1, "side": 42, **_PAPER}, 10_033_863),
    "FERPlus": ({"num_classes": 8, "in_channels": 1, "side": 42, **_PAPER}, 10_035_912),
    "28 x 28 flow image": ({"num_classes": 3, "in_channels": 3, "side": 28, **_PAPER}, 8_476_035),
}
SMALL: dict[str, Any] = {"in_channels": 3, "side": 18, "widths": (4, 6, 6, 6, 6), "fc": (12, 12), "dropout": 0.5}


class AlexNet(PlainNetwork):
    """``widths`` are the maps of the five convolutions, ``fc`` the widths of the hidden dense layers."""

    def __init__(self, num_classes: int, *, in_channels: int, side: int, widths: Sequence[int], fc: Sequence[int], dropout: float):
        layers: list[nn.Module] = []
        for i, (inputs, outputs, kernel) in enumerate(zip((in_channels, *widths), widths, KERNELS, strict=False)):
            layers.append(convolution(inputs, outputs, kernel, stride=4 if i == 0 else 1))
            layers += [MaxPool2d(3, stride=2, padding=1)] if i in HALVED else []  # (B, C, ceil(H / 2), ceil(W / 2))
        num_features = widths[-1] * math.ceil(side / 32) ** 2
        image_shape = (in_channels, side, side)
        super().__init__(num_classes, nn.Sequential(*layers), num_features, image_shape=image_shape, fc=fc, dropout=dropout)
        initialise(self, "he")


build = AlexNet


def example_shape(*, in_channels: int, side: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, side, side)
