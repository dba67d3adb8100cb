"""Xception: convolutions per map, then across maps, for faces of 42 x 42 pixels.

Papers: Chollet, "Xception: deep learning with depthwise separable convolutions", CVPR 2017, Fig. 5; named in Miao et al. (SHCNN), IEEE
Access 2019, Tables 3 and 4, whose number is another group's.
Parameters: 20,820,719 on gray images in 7 classes; 22,855,952 on colour images in ImageNet's 1000 classes, which is Chollet's network
exactly (his 22.9 million with the running statistics of batch normalisation). SHCNN's Table 4 prints 24,734,048: no number of middle blocks
(4 to 12) and no head of up to three dense layers of usual widths gives it. 20,813,099 for one 28 x 28 flow image in 3 classes.

Differences from Chollet: none but small images, on which the last maps are 2 x 2 or single pixels.

Shapes: B images, C channels, H x W pixels, K classes.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from models.backbones.residual import Pointwise
from models.layers import BatchNorm2d, Dropout, MaxPool2d

_PAPER: dict[str, Any] = {"widths": (32, 64, 128, 256, 728, 1024, 1536, 2048), "num_middle": 8, "dropout": 0.5}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "FER2013": ({"num_classes": 7, "in_channels": 1, **_PAPER}, 20_820_719),
    "ImageNet": ({"num_classes": 1000, "in_channels": 3, **_PAPER}, 22_855_952),
    "28 x 28 flow image": ({"num_classes": 3, "in_channels": 3, **_PAPER}, 20_813_099),
}
SMALL: dict[str, Any] = {"in_channels": 3, "widths": (4, 4, 6, 6, 8, 8, 12, 16), "num_middle": 1, "dropout": 0.5}


class Xception(nn.Module):
    """``widths`` are the maps of the two stem convolutions, the three entry blocks (the last is the middle flow's width), and of the exit
    flow: its block and its two last convolutions. ``num_middle`` counts middle blocks."""

    def __init__(self, num_classes: int, *, in_channels: int, widths: Sequence[int], num_middle: int, dropout: float):
        super().__init__()
        stem1, stem2, entry1, entry2, middle, exit1, exit2, exit3 = widths
        self.stem = nn.Sequential(*_convolution(in_channels, stem1, stride=2), *_convolution(stem1, stem2, stride=1))
        self.entry = nn.Sequential(
            Block((stem2, entry1, entry1), first_relu=False), Block((entry1, entry2, entry2)), Block((entry2, middle, middle))
        )
        self.middle = nn.Sequential(*(Block((middle,) * 4, halve=False) for _ in range(num_middle)))
        self.exit = nn.Sequential(
            Block((middle, middle, exit1)), *separable(exit1, exit2), nn.ReLU(inplace=True), *separable(exit2, exit3), nn.ReLU(inplace=True)
        )
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), Dropout(dropout), nn.Linear(exit3, num_classes))

    def forward(self, image: Tensor) -> Tensor:  # (B, C, H, W)
        x = self.entry(self.stem(image))  # (B, widths[4], H / 16, W / 16)
        x = self.exit(self.middle(x))  # (B, widths[7], H / 32, W / 32)
        logits: Tensor = self.head(x)  # (B, K)
        return logits


build = Xception


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """One image; any side of at least 7 pixels will do."""
    return (in_channels, 42, 42)


class Block(nn.Module):
    """Separable convolutions through ``widths``, each behind a ReLU, beside a shortcut; ``halve`` pools to (ceil(H / 2), ceil(W / 2))."""

    def __init__(self, widths: Sequence[int], *, halve: bool = True, first_relu: bool = True):
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in zip(widths, widths[1:], strict=False):
            layers += [nn.ReLU(), *separable(inputs, outputs)]
        layers += [MaxPool2d(3, stride=2, padding=1)] if halve else []
        self.main = nn.Sequential(*layers[0 if first_relu else 1 :])
        self.shortcut = nn.Sequential(Pointwise(widths[0], widths[-1], stride=2), BatchNorm2d(widths[-1])) if halve else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.main(x) + self.shortcut(x)
        return mixed


def separable(inputs: int, outputs: int) -> list[nn.Module]:
    """3 x 3 per map, 1 x 1 across maps, batch normalisation."""
    per_map = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
    return [per_map, nn.Conv2d(inputs, outputs, 1, bias=False), BatchNorm2d(outputs)]


def _convolution(inputs: int, outputs: int, *, stride: int) -> list[nn.Module]:
    """Without padding."""
    return [nn.Conv2d(inputs, outputs, 3, stride=stride, bias=False), BatchNorm2d(outputs), nn.ReLU(inplace=True)]
