"""A CNN for each frame, then a recurrent layer: CNN-LSTM, CNN-GRU and ELRCN, trained in two stages.

Papers: Khor, See, Phan, Lin, "Enriched long-term recurrent convolutional network for facial micro-expression recognition", FG 2018, doi
10.1109/FG.2018.00105 (ELRCN; authors' code github.com/IcedDoggie/Micro-Expression-with-Deep-Learning): VGG-16 fine-tuned on frames, then
an LSTM of 3000 on its 4096 features, a fully connected layer of 128, classifier. Spatial enrichment stacks gray, flow and strain as
channels of one CNN; temporal enrichment gives each its own CNN and concatenates their features. Kim, Baddar, Ro, "Micro-expression
recognition with expression-state constrained spatio-temporal feature representations", ACM Multimedia 2016 (CNN+LSTM, without its
objectives of expression states). VGG-Face features with an LSTM or a GRU are the rows CNN-LSTM and CNN-GRU of STRCN's tables.
Parameters of ELRCN for 5 classes: with spatial enrichment 219,842,378, with temporal enrichment of two streams 403,273,103; tiny (ours)
20,161.

Differences from the papers: 1. ELRCN's answers go through a softmax, not a sigmoid. 2. The LSTM has two biases, and stops at a clip's last
frame. 3. Weights of VGG-Face are the user's to bring (``training.initial``); its first convolution reads as many channels as a stream has.

Stages: ``features`` on frames, one classifier for each stream; ``head`` on sequences of features (docs/models.md).
Shapes: B clips, T frames, C channels, H x W pixels, R streams, D features of all streams, K classes.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.backbones.frame_cnn import WIDTHS, frame_cnn
from models.backbones.streams import Channels
from models.layers import LSTM, Dropout


class FrameFeatures(nn.Module):
    """The first stage: a CNN and a classifier for each stream of channels."""

    def __init__(self, num_classes: int, in_channels: int, streams: Sequence[Sequence[int]], backbone: str, dropout: float):
        super().__init__()
        self.channels = nn.ModuleList(Channels(stream, in_channels) for stream in streams)
        self.cnns = nn.ModuleList(frame_cnn(backbone, len(stream), dropout) for stream in streams)
        self.classifiers = nn.ModuleList(nn.Linear(WIDTHS[backbone], num_classes) for _ in streams)

    def embed(self, frames: Tensor) -> Tensor:  # (N, C, H, W)
        return torch.cat(self._each(frames), dim=1)  # (N, D)

    def forward(self, frames: Tensor) -> Tensor:  # (N, C, H, W)
        return torch.stack([classify(x) for classify, x in zip(self.classifiers, self._each(frames), strict=True)], dim=1)  # (N, R, K)

    def _each(self, frames: Tensor) -> list[Tensor]:
        return [cnn(channels(frames)) for channels, cnn in zip(self.channels, self.cnns, strict=True)]


class RecurrentHead(nn.Module):
    """The second stage: recurrent layers, the state at a clip's last frame, a fully connected layer unless ``dense`` is 0, classifier."""

    def __init__(self, num_classes: int, width: int, *, cell: str, hidden: int, layers: int, dense: int, dropout: float):
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"A recurrent layer must be one of {', '.join(CELLS)}, but got '{cell}'. Change model.cell in the recipe.")
        self.layers = nn.Sequential(*(CELLS[cell](width if i == 0 else hidden, hidden) for i in range(layers)))
        self.dense = nn.Sequential(nn.Linear(hidden, dense), nn.ReLU(inplace=True)) if dense else nn.Identity()
        self.dropout = Dropout(dropout)
        self.classifier = nn.Linear(dense or hidden, num_classes)

    def forward(self, sequence: Tensor) -> Tensor:  # (B, T, D + 1); the last value is 1 for a frame and 0 for padding behind the last one
        states = self.layers(sequence[..., :-1])  # (B, T, hidden)
        real = sequence[..., -1:]  # (B, T, 1)
        last = real - F.pad(real[:, 1:], (0, 0, 0, 1))  # 1 at each clip's last frame
        logits: Tensor = self.classifier(self.dropout(self.dense((states * last).sum(1))))  # (B, K)
        return logits


class GRU(nn.Module):
    """One layer in plain operations (Cho et al., EMNLP 2014), with names, gate order (r, z, n) and initialisation of ``nn.GRU``."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size))
        self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(hidden_size), 1 / math.sqrt(hidden_size))

    def forward(self, x: Tensor) -> Tensor:  # (B, T, D)
        inputs = F.linear(x, self.weight_ih_l0, self.bias_ih_l0)  # (B, T, 3 * hidden)
        h = inputs.new_zeros(inputs.shape[0], self.hidden_size)
        states = []
        for gates in inputs.unbind(1):
            reset, update, new = gates.chunk(3, dim=-1)
            own_reset, own_update, own_new = F.linear(h, self.weight_hh_l0, self.bias_hh_l0).chunk(3, dim=-1)
            candidate = torch.tanh(new + torch.sigmoid(reset + own_reset) * own_new)
            z = torch.sigmoid(update + own_update)
            h = (1 - z) * candidate + z * h
            states.append(h)
        return torch.stack(states, dim=1)  # (B, T, hidden)


CELLS: dict[str, type[LSTM] | type[GRU]] = {"lstm": LSTM, "gru": GRU}


class CNNRNN(nn.Module):
    """``streams`` are the channels of each CNN: one for spatial enrichment, several for temporal enrichment."""

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int,
        streams: Sequence[Sequence[int]],
        backbone: str,
        cell: str,
        hidden: int,
        layers: int,
        dense: int,
        dropout: float,
    ):
        super().__init__()
        self.features = FrameFeatures(num_classes, in_channels, streams, backbone, dropout)
        self.relabel = tuple(tuple(range(num_classes)) for _ in streams)
        width = len(streams) * WIDTHS[backbone]
        self.head = RecurrentHead(num_classes, width, cell=cell, hidden=hidden, layers=layers, dense=dense, dropout=dropout)

    def forward(self, clip: Tensor) -> Tensor:  # (B, T, C, H, W); a frame of zeros is padding
        embedded = self.features.embed(clip.flatten(0, 1)).unflatten(0, clip.shape[:2])  # (B, T, D)
        real = (clip != 0).flatten(2).any(2, keepdim=True).to(embedded)  # (B, T, 1)
        logits: Tensor = self.head(torch.cat([embedded, real], dim=2))  # (B, K)
        return logits


build = CNNRNN


def example_shape(*, in_channels: int, **_: Any) -> tuple[int, ...]:
    """Three frames."""
    return (3, in_channels, 32, 32)


def _counted(num_classes: int, streams: tuple[tuple[int, ...], ...], **changes: Any) -> dict[str, Any]:
    elrcn = {"in_channels": 4, "backbone": "vgg16", "cell": "lstm", "hidden": 3000, "layers": 1, "dense": 128, "dropout": 0.5}
    return {"num_classes": num_classes, "streams": streams, **elrcn, **changes}


TINY = {"in_channels": 2, "backbone": "tiny", "hidden": 24, "dense": 0}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "ELRCN, spatial enrichment, 5 classes": (_counted(5, ((0, 1, 2, 3),)), 219_842_378),
    "ELRCN, temporal enrichment, 5 classes": (_counted(5, ((1, 2), (3,))), 403_273_103),
    "tiny, LSTM": (_counted(3, ((0,), (1,)), **TINY), 22_321),
    "tiny, GRU": (_counted(3, ((0,), (1,)), **TINY, cell="gru"), 20_161),
}
