"""DenseNet: every layer reads the maps of all layers before it, for faces of 42 x 42 pixels.

Papers: Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks", CVPR 2017; named in Miao et al. (SHCNN), IEEE
Access 2019, Table 5, whose number is another group's and whose depth and growth are not stated.
Parameters: 768,044 with 100 layers and growth 12 (DenseNet-BC, Huang's Table 2, the one for small images) on gray images in 8 classes;
769,162 on colour images in 10 classes, which is Huang's 0.8 million; 766,761 for one 28 x 28 flow image in 3.  7,978,856 with ImageNet's
stem, 121 layers and growth 32 in 1000 classes, which is Huang's DenseNet-121 exactly.

Differences from Huang et al.: none known; which of their networks the quoted number is of is open.

Shapes: B images, C channels, H x W pixels, G maps that a layer adds (its growth), K classes.
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.layers import BatchNorm2d, Dropout, MaxPool2d

BOTTLENECK = 4
"""A layer's inner convolution has so many times G maps (DenseNet-B)."""

_SMALL_IMAGES: dict[str, Any] = {"stem": "small", "blocks": (16, 16, 16), "growth": 12, "dropout": 0.0}
_IMAGENET: dict[str, Any] = {"stem": "imagenet", "blocks": (6, 12, 24, 16), "growth": 32, "dropout": 0.0}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "FERPlus": ({"num_classes": 8, "in_channels": 1, **_SMALL_IMAGES}, 768_044),
    "CIFAR-10": ({"num_classes": 10, "in_channels": 3, **_SMALL_IMAGES}, 769_162),
    "ImageNet": ({"num_classes": 1000, "in_channels": 3, **_IMAGENET}, 7_978_856),
    "28 x 28 flow image": ({"num_classes": 3, "in_channels": 3, **_SMALL_IMAGES}, 766_761),
}
SMALL: dict[str, Any] = {"in_channels": 3, "stem": "small", "blocks": (2, 2), "growth": 4, "dropout": 0.2}


class DenseNet(nn.Module):
    """``blocks`` counts the layers of each dense block, ``growth`` is G; a transition between blocks halves maps and side. ``dropout``
    follows each layer's last convolution. The stem is 3 x 3 for small images, or ImageNet's, which quarters the side."""

    def __init__(
        self, num_classes: int, *, in_channels: int, stem: Literal["small", "imagenet"], blocks: Sequence[int], growth: int, dropout: float
    ):
        super().__init__()
        if stem not in ("small", "imagenet"):
            raise ValueError(f"DenseNet's stem must be small or imagenet, but got '{stem}'. Change model.stem in the recipe.")
        width = 2 * growth
        self.stem = _stem(in_channels, width, stem)
        layers: list[nn.Module] = []
        for i, depth in enumerate(blocks):
            layers += [Layer(width + j * growth, growth, dropout) for j in range(depth)]
            width += depth * growth
            if i < len(blocks) - 1:
                layers.append(_transition(width, width // 2))
                width //= 2
        self.dense = nn.Sequential(*layers)
        self.norm = nn.Sequential(BatchNorm2d(width), nn.ReLU(inplace=True))
        self.head = nn.Linear(width, num_classes)

    def forward(self, image: Tensor) -> Tensor:  # (B, C, H, W)
        x = self.norm(self.dense(self.stem(image)))
        logits: Tensor = self.head(x.mean((-2, -1)))  # (B, K)
        return logits


build = DenseNet


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """One image; the transitions need a few pixels a side."""
    return (in_channels, 42, 42)


class Layer(nn.Module):
    """Batch normalisation and ReLU before a 1 x 1 and a 3 x 3 convolution: (B, inputs, H, W) -> (B, inputs + G, H, W)."""

    def __init__(self, inputs: int, growth: int, dropout: float):
        super().__init__()
        inner = BOTTLENECK * growth
        self.new = nn.Sequential(
            BatchNorm2d(inputs), nn.ReLU(inplace=True), nn.Conv2d(inputs, inner, 1, bias=False),
            BatchNorm2d(inner), nn.ReLU(inplace=True), nn.Conv2d(inner, growth, 3, padding=1, bias=False), Dropout(dropout),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.new(x)], -3)


def _stem(in_channels: int, width: int, stem: str) -> nn.Sequential:
    if stem == "small":
        return nn.Sequential(nn.Conv2d(in_channels, width, 3, padding=1, bias=False))
    convolution = nn.Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False)
    return nn.Sequential(convolution, BatchNorm2d(width), nn.ReLU(inplace=True), MaxPool2d(3, stride=2, padding=1))


def _transition(inputs: int, outputs: int) -> nn.Sequential:
    """Fewer maps on half the side."""
    return nn.Sequential(BatchNorm2d(inputs), nn.ReLU(inplace=True), nn.Conv2d(inputs, outputs, 1, bias=False), nn.AvgPool2d(2))
