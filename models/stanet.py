"""STANet: attention over where a face moves, then over when.

Paper: "Spatial-temporal attention network for micro-expression recognition" (STANet). A CNN reads each flow image; its third feature map
L3 is weighted by a spatial attention block, S = (1 + m) * L3; the frame features f(x_t) are weighted by a temporal attention block,
T(x_t) = (1 + w_t) f(x_t), w = softmax(p), p_i = sum_j C_ij, C = tanh(H'H), with H the hidden states of an LSTM over f(x_1..t).
Parameters for flow of 2 channels and K = 4 classes, mask of all channels at L3, depth 3:
resnet18 11,175,428, with spatial attention 12,242,564, with both 14,343,812; resnet10_half 1,229,700, 1,497,028 and 2,023,364; tiny
(ours) 123,700 with both at depth 2 and hidden 64.

Differences from the paper: its architecture figure is lost, so everything that its text leaves open is ours. 1. The backbone is
ResNet-18's layout (which the paper cites), without pretrained weights; ``resnet10_half`` and ``tiny`` are smaller ones for development
and demonstration. 2. Depth 3, widths and the mask of all channels follow residual attention (Wang et al., CVPR 2017). 3. The clip's
feature is the mean of T(x_t); without temporal attention, of f(x_t). 4. Dropout before the head and the scale 1 / sqrt(hidden) of H'H
are options, off in the paper.

Shapes: B clips, T flow images, C channels, H x W pixels, D features, K classes.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.backbones.residual import conv3, he_normal, stage, stem
from models.layers import LSTM, BatchNorm2d, Dropout

BACKBONES: dict[str, tuple[tuple[int, ...], int]] = {  # widths of L1..L5, residual blocks per stage
    "resnet18": ((64, 64, 128, 256, 512), 2),
    "resnet10_half": ((32, 32, 64, 128, 256), 1),
    "tiny": ((8, 8, 16, 32, 64), 1),
}
MAPS = ("L1", "L2", "L3", "L4", "L5")
STRIDES = {"L2": 4, "L3": 8, "L4": 16}  # of the maps that a mask can weigh


class STANet(nn.Module):
    """``sab`` and ``tab`` switch spatial and temporal attention; the hyperparameters of a block that is off have no effect."""

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int,
        backbone: str,
        sab: bool,
        mask: str,
        mask_at: str,
        sab_depth: int,
        tab: bool,
        hidden: int,
        affinity_scale: bool,
        dropout: float,
    ):
        super().__init__()
        _one_of("backbone", backbone, BACKBONES)
        _one_of("mask", mask, ("channel", "spatial"))
        _one_of("mask_at", mask_at, STRIDES)
        widths, blocks = BACKBONES[backbone]
        self.mask_at = mask_at
        self.maps = nn.ModuleDict({"L1": stem(in_channels, widths[0])})
        for i, name in enumerate(MAPS[1:]):
            self.maps[name] = stage(widths[i], widths[i + 1], blocks, stride=1 if name == "L2" else 2)
        width = widths[MAPS.index(mask_at)]
        self.where = SpatialAttention(width, width if mask == "channel" else 1, depth=sab_depth) if sab else None
        self.when = TemporalAttention(widths[-1], hidden, scaled=affinity_scale) if tab else None
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(widths[-1], num_classes)
        he_normal(self)

    def forward(self, flow: Tensor, return_attention: bool = False) -> Tensor | tuple[Tensor, dict[str, Tensor]]:  # (B, T, C, H, W)
        attention: dict[str, Tensor] = {}
        x = flow.flatten(0, 1)  # (B*T, C, H, W)
        for name, layers in self.maps.items():
            x = layers(x)
            if self.where is not None and name == self.mask_at:
                mask = self.where(x)  # (B*T, C or 1, h, w)
                attention["mask"] = mask.unflatten(0, flow.shape[:2])
                x = torch.addcmul(x, x, mask)  # S = (1 + m) * L3
        features = x.mean((2, 3)).unflatten(0, flow.shape[:2])  # (B, T, D)
        if self.when is not None:
            attention["temporal"] = self.when(features)  # (B, T)
            features = torch.addcmul(features, features, attention["temporal"].unsqueeze(-1))
        logits: Tensor = self.head(self.dropout(features.mean(1)))  # (B, K)
        return (logits, attention) if return_attention else logits


class SpatialAttention(nn.Module):
    """Bottom-up (convolution, max pooling), then top-down (bilinear upsampling, addition of the skip), to a sigmoid mask of the input."""

    def __init__(self, width: int, mask_width: int, *, depth: int):
        super().__init__()
        self.down = nn.ModuleList(conv3(width, width) for _ in range(depth))
        self.bottom = conv3(width, width)
        self.up = nn.ModuleList(conv3(width, width) for _ in range(depth))
        self.mask = nn.Sequential(
            nn.Conv2d(width, width, 1, bias=False), BatchNorm2d(width), nn.ReLU(inplace=True), nn.Conv2d(width, mask_width, 1)
        )

    def forward(self, x: Tensor) -> Tensor:  # (N, C, h, w)
        if min(x.shape[-2:]) < 2 ** len(self.down):
            raise ValueError(
                f"Spatial attention of depth {len(self.down)} must get a map of at least {2 ** len(self.down)} pixels a side, but got "
                f"{tuple(x.shape[-2:])}. Lower model.sab_depth, move model.mask_at to an earlier map or use larger inputs."
            )
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, skip in zip(self.up, reversed(skips), strict=True):
            x = up(skip + F.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=False))  # in the layout of skip
        return torch.sigmoid(self.mask(x))  # (N, mask_width, h, w)


class TemporalAttention(nn.Module):
    """How much each frame's hidden state agrees with all others: w = softmax_i(sum_j tanh(h_i . h_j))."""

    def __init__(self, width: int, hidden: int, *, scaled: bool):
        super().__init__()
        self.lstm = LSTM(width, hidden)
        self.scale = hidden**-0.5 if scaled else 1.0

    def forward(self, features: Tensor) -> Tensor:  # (B, T, D)
        states = self.lstm(features)  # (B, T, hidden)
        affinity = torch.tanh(states @ states.transpose(1, 2) * self.scale)  # (B, T, T)
        return affinity.sum(2).softmax(1)  # (B, T)


def _one_of(name: str, value: str, known: Any) -> None:
    if value not in known:
        raise ValueError(f"STANet's {name} must be one of {', '.join(known)}, but got '{value}'. Change model.{name} in the recipe.")


build = STANet


def example_shape(*, in_channels: int, mask_at: str, sab_depth: int, **_: Any) -> tuple[int, ...]:
    """Three flow images, just large enough for the attention's depth."""
    side = max(32, STRIDES[mask_at] * 2**sab_depth)
    return (3, in_channels, side, side)


def _counted(num_classes: int, backbone: str, sab: bool, tab: bool, hidden: int, depth: int = 3) -> dict[str, Any]:
    attention = {"sab": sab, "mask": "channel", "mask_at": "L3", "sab_depth": depth, "tab": tab, "hidden": hidden, "affinity_scale": False}
    return {"num_classes": num_classes, "in_channels": 2, "backbone": backbone, "dropout": 0.0, **attention}


PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "resnet18": (_counted(4, "resnet18", False, False, 512), 11_175_428),
    "resnet18, spatial": (_counted(4, "resnet18", True, False, 512), 12_242_564),
    "resnet18, both": (_counted(4, "resnet18", True, True, 512), 14_343_812),
    "resnet18, both, 5 classes": (_counted(5, "resnet18", True, True, 512), 14_344_325),
    "resnet18, both, 3 classes": (_counted(3, "resnet18", True, True, 512), 14_343_299),
    "resnet10_half": (_counted(4, "resnet10_half", False, False, 256), 1_229_700),
    "resnet10_half, spatial": (_counted(4, "resnet10_half", True, False, 256), 1_497_028),
    "resnet10_half, both": (_counted(4, "resnet10_half", True, True, 256), 2_023_364),
    "resnet10_half, both, 5 classes": (_counted(5, "resnet10_half", True, True, 256), 2_023_621),
    "resnet10_half, both, 3 classes": (_counted(3, "resnet10_half", True, True, 256), 2_023_107),
    "tiny, both": (_counted(4, "tiny", True, True, 64, depth=2), 123_700),
}
