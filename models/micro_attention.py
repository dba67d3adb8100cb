"""Micro-Attention: a ResNet-10 on the apex frame, each block of which weighs its maps by a mask of its own.

Paper: Wang, Peng, Bi, Chen, "Micro-attention for micro-expression recognition", Neurocomputing 2020, doi 10.1016/j.neucom.2020.06.005.
Layers follow the prototxt with which the ATNet authors, some of whom are the same, compare it in MEGC 2019
(github.com/Trunpm/ACII19-Apex-Time-Network, MicroAttentionNet): the pooled maps are scaled to length 1 before the classifier.
Parameters: 5,943,813 for 3 classes and gray images; small (ours, for images of 28 x 28) 93,657.

Differences from the paper: 1. No pretraining on macro-expressions by itself (``training.initial``), on which the paper relies. 2. For small
images the stem is 3 x 3 (``stem="small"``). 3. The scaled features are multiplied by ``scale``, 1 at the authors' point; dropout is off.

Shapes: B clips, C channels, D features, K classes.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from models.backbones.resnet10 import ResNet10
from models.layers import Dropout


class MicroAttentionNet(nn.Module):
    """``attention`` switches the masks: without them it is the ResNet-10 of the paper's comparison."""

    def __init__(
        self, num_classes: int, *, in_channels: int, stem: str, widths: Sequence[int], attention: bool, scale: float, dropout: float
    ):
        super().__init__()
        self.backbone = ResNet10(in_channels, stem=stem, widths=widths, attention=attention)
        self.scale = scale
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(widths[-1], num_classes)

    def forward(self, image: Tensor, return_attention: bool = False) -> Tensor | tuple[Tensor, dict[str, Tensor]]:  # (B, C, H, W)
        """Logits (B, K); ``mask`` is the finest one, of the first block: (B, 1, h, w)."""
        maps, masks = self.backbone(image)
        features = self.scale * F.normalize(maps.mean((2, 3)), dim=1)  # (B, D)
        logits: Tensor = self.head(self.dropout(features))
        return (logits, {"mask": masks[0]} if masks else {}) if return_attention else logits


build = MicroAttentionNet


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, 28, 28)


def _counted(num_classes: int, **changes: Any) -> dict[str, Any]:
    code = {"in_channels": 1, "stem": "full", "widths": (64, 128, 256, 512), "attention": True, "scale": 1.0, "dropout": 0.0}
    return {"num_classes": num_classes, **code, **changes}


PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "3 classes": (_counted(3), 5_943_813),
    "without attention": (_counted(3, attention=False), 4_899_333),
    "small": (_counted(3, in_channels=3, stem="small", widths=(8, 16, 32, 64)), 93_657),
}
