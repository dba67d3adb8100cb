"""RCN: shallow recurrent convolutional networks over one flow image, with modules that add no parameters.

Paper: Xia, Peng, Khor, Feng, Zhao, "Revealing the invisible with model and data shrinking for composite-database micro-expression
recognition", IEEE TIP 2020, arXiv 2006.09674; layers as in the authors' code (github.com/xiazhaoqiang/ParameterFreeRCNs-
MicroExpressionRec). Every form is a stem, a recurrent layer of 2 iterations, average pooling to P x P and a linear classifier:

    form    stem                            recurrent layer               attention
    RCN     5 x 5, pooled                   y <- conv(u + y)              none
    RCN-A   the same                        the same                      weighs the pooled maps
    RCN-S   the same                        + all earlier y (shortcuts)   none
    RCN-W   3 x 3 of dilation 1, 2 and 3    the same as RCN               none
    RCN-P   3 x 3 of dilation 1 and 3       shortcuts                     weighs the pooled maps
    RCN-C   as RCN-W                        shortcuts                     of the image, weighs the stem's maps
    RCN-F   as RCN-W                        shortcuts                     inside the recurrent layer

Attention is a class activation map: maps weighed by the classifier's own weights, scaled to [0, 1], mean over classes.
Parameters for M = 32 maps, 3 channels, P = 5 and 3 classes: 15,331 for RCN, RCN-A and RCN-S; 13,795 for the others.

Differences from the code: 1. Streams are one stem, as every layer after their convolutions works per map. 2. RCN-F's third stream is its
own (the code runs the second one twice). 3. RCN-S's third convolution, which the code never calls, is left out. 4. A map that is flat gives
an attention of 0 instead of 0 / 0.

Shapes: B clips, C channels, H x W pixels, M maps, K classes.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.layers import BatchNorm2d, Dropout, MaxPool2d
from models.recurrent_convolution.layers import SummedRecurrence, initialise

FORMS: dict[str, tuple[str, bool, str]] = {  # stem, shortcuts, what attention weighs
    "RCN": ("plain", False, "nothing"),
    "RCN-A": ("plain", False, "pooled"),
    "RCN-S": ("plain", True, "nothing"),
    "RCN-W": ("wide", False, "nothing"),
    "RCN-P": ("parallel", True, "pooled"),
    "RCN-C": ("wide", True, "stem"),
    "RCN-F": ("wide", True, "state"),
}
ITERATIONS = {False: 2, True: 3}


class RCN(nn.Module):
    """``pool_size`` is P."""

    def __init__(self, num_classes: int, *, form: str, in_channels: int, maps: int, pool_size: int, dropout: float):
        super().__init__()
        if form not in FORMS:
            raise ValueError(f"An RCN's form must be one of {', '.join(FORMS)}, but got '{form}'. Change model.form in the recipe.")
        if maps % 4:
            raise ValueError(f"An RCN's maps must be a multiple of 4, for its streams, but got {maps}. Change model.maps in the recipe.")
        stem, shortcuts, self.weighed = FORMS[form]
        self.pool_size = pool_size
        self.stem = _stem(stem, in_channels, maps, dropout)
        self.recurrent = SummedRecurrence(maps, ITERATIONS[shortcuts], shared=True, bias=True, dense=shortcuts)
        self.pool = nn.Sequential(MaxPool2d(2), Dropout(dropout))
        self.head = nn.Linear(maps * pool_size * pool_size, num_classes)
        initialise(self)

    def forward(self, image: Tensor) -> Tensor:  # (B, C, H, W)
        x = self.stem(image)  # (B, M, h, w)
        if self.weighed == "stem":
            x = x * F.interpolate(self._attention(image, of_channels=True), size=x.shape[-2:])
        attention = self._attention(x) if self.weighed in ("pooled", "state") else None
        gate = F.interpolate(attention, size=x.shape[-2:]) if attention is not None and self.weighed == "state" else None
        pooled = F.adaptive_avg_pool2d(self.pool(self.recurrent(x, gate)), self.pool_size)  # (B, M, P, P)
        if attention is not None and self.weighed == "pooled":
            pooled = pooled * attention
        logits: Tensor = self.head(pooled.flatten(1))  # (B, K)
        return logits

    def _attention(self, maps: Tensor, *, of_channels: bool = False) -> Tensor:
        """Class activation map of pooled maps: (B, 1, P, P). An image's channels have the mean of the maps' weights."""
        weights = self.head.weight.view(self.head.out_features, -1, self.pool_size, self.pool_size)  # (K, M, P, P)
        pooled = F.adaptive_avg_pool2d(maps, self.pool_size)
        if of_channels:
            activation = weights.mean(1).unsqueeze(0) * pooled.mean(1, keepdim=True)  # (B, K, P, P)
        else:
            activation = torch.einsum("kmhw,bmhw->bkhw", weights, pooled) / pooled.shape[1]
        activation = activation - activation.amin((2, 3), keepdim=True)
        largest = activation.amax((2, 3), keepdim=True).clamp_min(torch.finfo(activation.dtype).tiny)
        return (activation / largest).mean(1, keepdim=True)


class Streams(nn.Module):
    """3 x 3 convolutions of several dilations, (maps, dilation) each, side by side."""

    def __init__(self, in_channels: int, streams: Sequence[tuple[int, int]], *, stride: int):
        super().__init__()
        self.streams = nn.ModuleList(
            nn.Conv2d(in_channels, maps, 3, stride=stride, padding=dilation, dilation=dilation) for maps, dilation in streams
        )

    def forward(self, image: Tensor) -> Tensor:
        return torch.cat([stream(image) for stream in self.streams], 1)


def _stem(kind: str, in_channels: int, maps: int, dropout: float) -> nn.Sequential:
    """A half of the side less 4 pixels, or a third."""
    if kind == "plain":
        return nn.Sequential(nn.Conv2d(in_channels, maps, 5), BatchNorm2d(maps), nn.ReLU(inplace=True), MaxPool2d(2), Dropout(dropout))
    if kind == "wide":
        wide = Streams(in_channels, ((maps // 2, 1), (maps // 4, 2), (maps // 4, 3)), stride=3)
        return nn.Sequential(wide, nn.ReLU(inplace=True), BatchNorm2d(maps), Dropout(dropout))
    parallel = Streams(in_channels, ((maps // 2, 1), (maps // 2, 3)), stride=1)
    return nn.Sequential(
        parallel, nn.ReLU(inplace=True), BatchNorm2d(maps), MaxPool2d(3, stride=3, padding=1), Dropout(dropout)
    )  # fmt: skip


build = RCN


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """One image of STSTNet's size."""
    return (in_channels, 28, 28)


PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    form: (
        {"num_classes": 3, "form": form, "in_channels": 3, "maps": 32, "pool_size": 5, "dropout": 0.5},
        15_331 if stem == "plain" else 13_795,
    )
    for form, (stem, _, _) in FORMS.items()
}
SMALL: dict[str, Any] = {"form": "RCN-F", "in_channels": 3, "maps": 8, "pool_size": 5, "dropout": 0.5}
