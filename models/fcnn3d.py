"""3D-FCNN: three streams of 3-D convolutions over a clip's gray frames and the two components of its flow.

Paper: Li, Wang, See, Liu, "Micro-expression recognition based on 3D flow convolutional neural network", Pattern Analysis and Applications
2019, doi 10.1007/s10044-018-0757-5. A form of it: that the streams are gray, u and v is the paper's; we could not read its table of layers,
so that widths, kernels, pooling and normalisation are ours.
Parameters: 234,677 for 5 classes and three streams; tiny (ours) 2,315.

Layers: per stream 3 x 3 x 3 convolutions with batch normalisation and ReLU, a 2 x 2 x 2 max pooling behind each but the last (over space
alone once time is used up); the mean of the last maps of all streams side by side, one fully connected layer, dropout, classifier. The
streams are one grouped convolution.

Shapes: B clips, T frames, C channels, H x W pixels, S streams, K classes.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from models.backbones.streams import Channels
from models.layers import Dropout


class FCNN3D(nn.Module):
    """``streams`` are channels, ``widths`` the maps of each stream's convolutions, ``features`` those of the fully connected layer."""

    def __init__(self, num_classes: int, *, in_channels: int, streams: Sequence[int], widths: Sequence[int], features: int, dropout: float):
        super().__init__()
        num = len(streams)
        self.channels = Channels(streams, in_channels)
        pairs = zip((1, *widths), widths, strict=False)
        self.convolutions = nn.ModuleList(_conv(num * before, num * width, groups=num) for before, width in pairs)
        self.features = nn.Linear(num * widths[-1], features)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(features, num_classes)

    def forward(self, clip: Tensor) -> Tensor:  # (B, T, C, H, W)
        x = self.channels(clip).transpose(1, 2)  # (B, S, T, H, W)
        for i, convolution in enumerate(self.convolutions):
            x = convolution(x if i == 0 else _halved(x))
        logits: Tensor = self.head(self.dropout(self.features(x.mean((2, 3, 4))).relu()))  # (B, K)
        return logits


def _conv(width_in: int, width: int, *, groups: int) -> nn.Sequential:
    conv = nn.Conv3d(width_in, width, 3, padding=1, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm3d(width), nn.ReLU(inplace=True))


def _halved(x: Tensor) -> Tensor:
    """Half as many frames, rows and columns; a single frame stays."""
    return F.max_pool3d(x, (min(2, x.shape[2]), 2, 2))


build = FCNN3D


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """Four frames."""
    return (4, in_channels, 16, 16)


def _counted(num_classes: int, **changes: Any) -> dict[str, Any]:
    ours = {"in_channels": 4, "streams": (0, 1, 2), "widths": (16, 32, 64), "features": 128, "dropout": 0.5}
    return {"num_classes": num_classes, **ours, **changes}


PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "5 classes": (_counted(5), 234_677),
    "tiny": (_counted(3, in_channels=2, streams=(0, 1), widths=(4, 8), features=16), 2_315),
}
