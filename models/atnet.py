"""ATNet: the apex frame through a ResNet-10, the motion over time through two LSTMs.

Paper: Peng, Wang, Bi, Shi, Zhou, Chen, "A novel apex-time network for cross-dataset micro-expression recognition", ACII 2019, arXiv
1904.03699. Layers follow the authors' prototxt (github.com/Trunpm/ACII19-Apex-Time-Network, ATN): ResNet-10 on the gray apex frame; 128
flow features a frame into two LSTMs of 512, averaged over time; both scaled to length 1, side by side, dropout, classifier.
Parameters: 8,316,933 for 3 classes; tiny (ours) 36,559.

Differences from the paper: 1. The authors publish 128 numbers a frame without saying how they are made; here they are u and v averaged over
8 x 8 fields, which are as many. 2. Frames and flow are channels of one tensor, and the apex is the frame with the largest mean flow,
instead of the annotated one. 3. Caffe's LSTM has one bias, ours two (4,096 parameters more). 4. For small images the stem is 3 x 3.

Shapes: B clips, T frames, C channels, H x W pixels, G x G fields, K classes.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.backbones.resnet10 import ResNet10
from models.backbones.streams import Channels
from models.layers import LSTM, Dropout


class ATNet(nn.Module):
    """``picture`` are the channels that the ResNet reads at the apex, ``flow`` the two that the LSTMs read over time."""

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int,
        picture: Sequence[int],
        flow: Sequence[int],
        stem: str,
        widths: Sequence[int],
        grid: int,
        hidden: int,
        dropout: float,
    ):
        super().__init__()
        self.picture, self.flow = Channels(picture, in_channels, "picture"), Channels(flow, in_channels, "flow")
        self.space = ResNet10(len(picture), stem=stem, widths=widths, attention=False)
        self.grid = grid
        self.time = nn.Sequential(LSTM(len(flow) * grid**2, hidden), LSTM(hidden, hidden))
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(widths[-1] + hidden, num_classes)

    def forward(self, clip: Tensor) -> Tensor:  # (B, T, C, H, W)
        flow = self.flow(clip)  # (B, T, 2, H, W)
        maps, _ = self.space(_at_apex(self.picture(clip), flow))  # (B, D, h, w)
        fields = F.adaptive_avg_pool2d(flow.flatten(0, 1), self.grid)  # (B*T, 2, G, G)
        states = self.time(fields.flatten(1).unflatten(0, clip.shape[:2]))  # (B, T, hidden)
        both = [F.normalize(maps.mean((2, 3)), dim=1), F.normalize(states.mean(1), dim=1)]
        logits: Tensor = self.head(self.dropout(torch.cat(both, dim=1)))  # (B, K)
        return logits


def _at_apex(frames: Tensor, flow: Tensor) -> Tensor:
    """The frame (B, C, H, W) of each clip in which the flow is largest on average."""
    motion = flow.square().sum(2).sqrt().mean((2, 3))  # (B, T)
    chosen = F.one_hot(motion.argmax(1), frames.shape[1]).to(frames)  # (B, T)
    return torch.einsum("bt,btchw->bchw", chosen, frames)


build = ATNet


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """Three frames."""
    return (3, in_channels, 32, 32)


def _counted(num_classes: int, **changes: Any) -> dict[str, Any]:
    code = {"in_channels": 4, "picture": (0,), "flow": (1, 2), "stem": "full", "widths": (64, 128, 256, 512), "grid": 8, "hidden": 512}
    return {"num_classes": num_classes, **code, "dropout": 0.5, **changes}


TINY = {"in_channels": 2, "picture": (0, 1), "flow": (0, 1), "stem": "small", "widths": (8, 16, 32), "grid": 4, "hidden": 32}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "3 classes": (_counted(3), 8_316_933),
    "tiny": (_counted(3, **TINY), 36_559),
}
