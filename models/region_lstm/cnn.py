"""The CNN of one facial region (Aouayeb et al., MLSP 2019, Sec. 2.2)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.layers import Dropout, MaxPool2d

KERNELS = (1, 3, 5, 7)
HIDDEN = 1024


class RegionCNN(nn.Module):
    """106,852 parameters for 4 channels, 4 labels and features of ``width`` 20. Shapes: B frames, C channels, h x w pixels, D = width."""

    def __init__(self, num_labels: int, *, in_channels: int, width: int, dropout: float):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, 4, 5, padding=2), nn.ReLU(inplace=True), MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(inplace=True), MaxPool2d(2, ceil_mode=True),
        )  # fmt: skip
        self.scales = nn.ModuleList(nn.Conv2d(8, 16, kernel, padding=kernel // 2) for kernel in KERNELS)
        self.hidden = nn.Linear(8 + 16 * len(KERNELS), HIDDEN)
        self.dropout = Dropout(dropout)
        self.feature = nn.Linear(HIDDEN, width)
        self.classifier = nn.Linear(width, num_labels)
        initialise(self)

    def embed(self, region: Tensor) -> Tensor:
        """(B, C, h, w) -> (B, D), at least 0."""
        x = self.stem(region)  # (B, 8, h / 4, w / 4)
        maps = torch.cat([x, *(F.relu(scale(x)) for scale in self.scales)], 1)  # (B, 72, h / 4, w / 4)
        hidden = self.dropout(F.relu(self.hidden(maps.mean((2, 3)))))
        return F.relu(self.feature(hidden))

    def forward(self, region: Tensor) -> Tensor:
        """(B, C, h, w) -> (B, labels) logits."""
        logits: Tensor = self.classifier(self.embed(region))
        return logits


def initialise(network: nn.Module) -> None:
    """Keras' default: Glorot and Bengio's uniform initialisation, biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
