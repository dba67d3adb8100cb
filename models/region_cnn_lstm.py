"""Region CNN+LSTM: six small CNNs look at six regions of each frame, six LSTMs follow what they see.

Paper: Aouayeb et al., "A spatiotemporal deep learning solution for automatic micro-expressions recognition from local facial regions",
MLSP 2019, Sec. 2. Two stages (docs/models.md): ``features`` classifies regions of frames, and its last layers are then left; ``head``
follows the regions' features over time.
Parameters: 1,093,531 for 3 classes and RGBA (six CNNs 641,112, the rest 452,419); 1,092,931 for RGB, 1,091,731 for gray, 1,093,405 without
"not me".

"Not me" (Sec. 2.2): a region that does not move in an expression is taught to say so, a class of its own. Which regions know which class is
read in the authors' released code: eyes negative and surprise, nose negative, cheeks positive, mouth all.

Differences from the paper: 1. A frame is one mosaic of the regions, cut apart again here; smaller mosaics are cut at the same shares of
their side. 2. ``mask_padding``: the state stays what it was at a clip's last frame; the paper lets the LSTMs run on through the zeros. 3.
Initialisation is Keras' default, forget bias 1 included; the paper names none.

Shapes: B clips or frames, T frames, C channels, R regions, D features of a region, U units, K classes.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from models.layers import Dropout
from models.region_lstm.cnn import RegionCNN, initialise
from models.region_lstm.lstm import ParallelLSTM

SIDE = 220
REGIONS: dict[str, tuple[int, int, int, int]] = {  # top, left, height, width in the mosaic
    "left_eye": (0, 0, 80, 100),  # of the image, brow included
    "right_eye": (0, 100, 80, 100),
    "nose": (80, 0, 80, 120),
    "left_cheek": (80, 120, 60, 60),
    "right_cheek": (160, 160, 60, 60),
    "mouth": (160, 0, 60, 160),
}
NOT_ME = 3
KNOWN: dict[str, tuple[int, int, int]] = {  # what a region calls negative, positive and surprise
    "left_eye": (0, NOT_ME, 2),
    "right_eye": (0, NOT_ME, 2),
    "nose": (0, NOT_ME, NOT_ME),
    "left_cheek": (NOT_ME, 1, NOT_ME),
    "right_cheek": (NOT_ME, 1, NOT_ME),
    "mouth": (0, 1, 2),
}


class RegionFeatures(nn.Module):
    """The first stage: a CNN per region of a frame."""

    def __init__(self, num_labels: int, *, regions: Sequence[str], in_channels: int, feature_dim: int, dropout: float):
        super().__init__()
        self.boxes = tuple(REGIONS[region] for region in regions)
        self.cnns = nn.ModuleList(RegionCNN(num_labels, in_channels=in_channels, width=feature_dim, dropout=dropout) for _ in regions)

    def embed(self, frames: Tensor) -> Tensor:
        """(B, C, H, W) mosaics -> (B, R * D)."""
        return torch.cat([cnn.embed(part) for cnn, part in zip(self.cnns, self.parts(frames), strict=True)], 1)  # type: ignore[operator]

    def forward(self, frames: Tensor) -> Tensor:
        """(B, C, H, W) mosaics -> (B, R, K1) logits of each region's classifier."""
        return torch.stack([cnn(part) for cnn, part in zip(self.cnns, self.parts(frames), strict=True)], 1)

    def parts(self, frames: Tensor) -> list[Tensor]:
        """Each region's pixels, of (B, C, H, W) mosaics."""
        side = frames.shape[-1]
        if frames.shape[-2] != side or side < SIDE // 10:
            raise ValueError(
                f"A mosaic of regions must be square, with a side of {SIDE} or at least {SIDE // 10} pixels, but got "
                f"{tuple(frames.shape[-2:])}. Use the pipeline 'region' in the recipe's data."
            )
        edges = (((top, top + height), (left, left + width)) for top, left, height, width in self.boxes)
        cuts = ([slice(*(round(edge * side / SIDE) for edge in axis)) for axis in box] for box in edges)
        return [frames[..., rows, columns] for rows, columns in cuts]


class RegionSequences(nn.Module):
    """The second stage: an LSTM per region over a clip's features, a dense layer over their last states."""

    def __init__(
        self, num_classes: int, *, num_regions: int, feature_dim: int, lstm_units: int, dense: int, dropout: float, bidirectional: bool,
        mask_padding: bool, gate: str, leaky_slope: float,
    ):  # fmt: skip
        super().__init__()
        self.num_regions, self.mask_padding, self.bidirectional = num_regions, mask_padding, bidirectional
        num_lstms = num_regions * (2 if bidirectional else 1)
        self.lstms = ParallelLSTM(num_lstms, feature_dim, lstm_units, gate=gate)
        self.dropout = Dropout(dropout)
        self.dense = nn.Sequential(nn.Linear(num_lstms * lstm_units, dense), nn.LeakyReLU(leaky_slope), nn.Linear(dense, num_classes))
        initialise(self.dense)

    def forward(self, sequence: Tensor) -> Tensor:
        """(B, T, R * D + 1), the last value 1 for a frame and 0 for padding -> (B, K) logits. What stands in padding has no effect."""
        present = sequence[..., -1:]  # (B, T, 1)
        x = (sequence[..., :-1] * present).unflatten(2, (self.num_regions, -1)).permute(1, 2, 0, 3)  # (T, R, B, D)
        kept = present.permute(1, 2, 0).unsqueeze(-1)  # (T, 1, B, 1)
        if self.bidirectional:
            each = kept.expand(*x.shape[:3], 1)
            x, kept = torch.cat([x, x.flip(0)], 1), torch.cat([each, each.flip(0)], 1)
        states = self.lstms(x, kept if self.mask_padding else None)  # (R, B, U)
        logits: Tensor = self.dense(self.dropout(states.permute(1, 0, 2).flatten(1)))
        return logits


class RegionCNNLSTM(nn.Module):
    """``regions`` are some of ``REGIONS``; without ``not_me`` every region learns all classes."""

    def __init__(
        self, num_classes: int, *, regions: Sequence[str], in_channels: int, not_me: bool, feature_dim: int, lstm_units: int, dense: int,
        dropout: float, bidirectional: bool, mask_padding: bool, gate: str, leaky_slope: float,
    ):  # fmt: skip
        super().__init__()
        _check(num_classes, regions, not_me)
        self.relabel: tuple[tuple[int, ...], ...] = tuple(KNOWN[name] if not_me else tuple(range(num_classes)) for name in regions)
        num_labels = 1 + max(label for labels in self.relabel for label in labels)
        self.features = RegionFeatures(num_labels, regions=regions, in_channels=in_channels, feature_dim=feature_dim, dropout=dropout)
        self.head = RegionSequences(
            num_classes, num_regions=len(regions), feature_dim=feature_dim, lstm_units=lstm_units, dense=dense, dropout=dropout,
            bidirectional=bidirectional, mask_padding=mask_padding, gate=gate, leaky_slope=leaky_slope,
        )  # fmt: skip

    def forward(self, video: Tensor) -> Tensor:
        """(B, T, C, H, W) mosaics -> (B, K) logits; a frame without any non-zero pixel is padding."""
        present = (video != 0).flatten(2).any(2).to(video.dtype)  # (B, T)
        embedded = self.features.embed(video.flatten(0, 1)).unflatten(0, video.shape[:2])  # (B, T, R * D)
        logits: Tensor = self.head(torch.cat([embedded, present.unsqueeze(2)], 2))
        return logits


build = RegionCNNLSTM


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """Three small mosaics."""
    return (3, in_channels, 44, 44)


def _counted(in_channels: int, not_me: bool = True) -> dict[str, Any]:
    head = {"lstm_units": 120, "dense": 64, "bidirectional": False, "mask_padding": False, "gate": "sigmoid", "leaky_slope": 0.3}
    return {
        "num_classes": 3, "regions": tuple(REGIONS), "in_channels": in_channels, "not_me": not_me, "feature_dim": 20, "dropout": 0.2, **head
    }  # fmt: skip


PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "RGBA": (_counted(4), 1_093_531),
    "RGB": (_counted(3), 1_092_931),
    "gray": (_counted(1), 1_091_731),
    "RGBA, every region knows every class": (_counted(4, not_me=False), 1_093_405),
}
SMALL: dict[str, Any] = {key: value for key, value in _counted(2).items() if key != "num_classes"} | {"lstm_units": 24, "dense": 16}


def _check(num_classes: int, regions: Sequence[str], not_me: bool) -> None:
    if not regions or len(set(regions)) != len(regions) or set(regions) - set(REGIONS):
        raise ValueError(f"Regions must be some of {', '.join(REGIONS)}, each once, but got {tuple(regions)}. Change model.regions.")
    if not_me and num_classes != NOT_ME:
        raise ValueError(
            f"'Not me' is known for negative, positive and surprise, but got {num_classes} classes. Set model.not_me=False in the recipe."
        )
