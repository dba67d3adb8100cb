"""ResNet-10 with activations before convolutions, and the micro-attention unit that may be added to each of its blocks.

Papers: He et al., "Identity mappings in deep residual networks", ECCV 2016; Wang, Peng, Bi, Chen, "Micro-attention for micro-expression
recognition", Neurocomputing 2020, doi 10.1016/j.neucom.2020.06.005. Layers follow the prototxt of the ATNet authors
(github.com/Trunpm/ACII19-Apex-Time-Network: ATN and MicroAttentionNet): batch normalisation of the input, one block per stage.

Shapes: N images, C channels, H x W pixels.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.backbones.residual import Pointwise, he_normal
from models.layers import BatchNorm2d, MaxPool2d


class ResNet10(nn.Module):
    """``stem`` is ``full`` (7 x 7, stride 2, pooling) or, for small images, ``small`` (3 x 3)."""

    def __init__(self, in_channels: int, *, stem: str, widths: Sequence[int], attention: bool):
        super().__init__()
        self.stem = nn.Sequential(BatchNorm2d(in_channels), *_stem(in_channels, widths[0], stem))
        pairs = [(widths[0], widths[0]), *zip(widths, widths[1:], strict=False)]
        self.blocks = nn.ModuleList(
            Block(before, width, first=i == 0, last=i == len(pairs) - 1, attention=attention) for i, (before, width) in enumerate(pairs)
        )
        he_normal(self)

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:  # (N, C, H, W)
        """Maps (N, D, h, w) of the last block, and the masks (N, 1, h, w) of those with attention."""
        x, masks = self.stem(image), []
        for block in self.blocks:
            x, mask = block(x)
            masks += [] if mask is None else [mask]
        return x, masks


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut; the first block of all has no activation before it, the last one has one behind it."""

    def __init__(self, width_in: int, width: int, *, first: bool, last: bool, attention: bool):
        super().__init__()
        stride = 1 if first else 2
        self.before = nn.Identity() if first else _activation(width_in)
        self.conv1 = nn.Sequential(nn.Conv2d(width_in, width, 3, stride=stride, padding=1, bias=False), _activation(width))
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.shortcut = nn.Identity() if first else Pointwise(width_in, width, stride=stride)
        self.behind = _activation(width) if last else nn.Identity()
        self.attention = MicroAttention(width) if attention else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        x = self.before(x)
        inner, shortcut = self.conv1(x), self.shortcut(x)
        outer = self.conv2(inner)
        total = self.behind(outer + shortcut)
        if self.attention is None:
            return total, None
        mask = self.attention(shortcut, inner, outer)
        return torch.addcmul(total, total, mask), mask


class MicroAttention(nn.Module):
    """A mask from all maps of a block: 1 x 1 convolution over shortcut, first and second convolution, mean over its maps, sigmoid."""

    def __init__(self, width: int):
        super().__init__()
        self.mix = nn.Conv2d(3 * width, width, 1, bias=False)

    def forward(self, shortcut: Tensor, inner: Tensor, outer: Tensor) -> Tensor:
        return torch.sigmoid(self.mix(torch.cat([shortcut, inner, outer], dim=1)).mean(1, keepdim=True))  # (N, 1, h, w)


def _activation(width: int) -> nn.Sequential:
    return nn.Sequential(BatchNorm2d(width), nn.ReLU())


def _stem(in_channels: int, width: int, kind: str) -> tuple[nn.Module, ...]:
    if kind == "small":
        return nn.Conv2d(in_channels, width, 3, padding=1), _activation(width)
    if kind == "full":
        return nn.Conv2d(in_channels, width, 7, stride=2, padding=3), _activation(width), MaxPool2d(3, stride=2, ceil_mode=True)
    raise ValueError(f"ResNet-10's stem must be full or small, but got '{kind}'. Change model.stem in the recipe.")
