"""The loop that a student writes, the peer of ``loso_training`` and, on a GPU, of ``fusion``.

STSTNet with its three streams as separate layers, ``torch.optim.Adam``, a ``DataLoader`` over a ``TensorDataset``, the held-out clips
scored after every epoch. Written after the authors' PyTorch port (github.com/christy1206/STSTNet): NCHW, and defaults stay defaults.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

STREAMS = (3, 5, 8)


class ThreeStreams(nn.Module):
    """The authors' module."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.streams = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(3, width, kernel_size=3, padding=2),
                nn.ReLU(),
                nn.BatchNorm2d(width),
                nn.MaxPool2d(kernel_size=3, stride=3, padding=1),
                nn.Dropout(0.5),
            )
            for width in STREAMS
        )
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)
        self.head = nn.Linear(sum(STREAMS) * 5 * 5, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        together = torch.cat([stream(x) for stream in self.streams], dim=1)
        logits: Tensor = self.head(self.pool(together).flatten(1))
        return logits


Split = tuple[Sequence[int], Sequence[int]]
"""Training and held-out indices of a fold."""


def train_folds(inputs: Tensor, labels: Tensor, folds: Sequence[Split], *, epochs: int, batch_size: int, num_workers: int) -> float:
    """Seconds that these folds took, one after another."""
    started = time.perf_counter()
    for train, held_out in folds:
        loader = partial(DataLoader, batch_size=batch_size, num_workers=num_workers)
        model = ThreeStreams(int(labels.max()) + 1)
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-5)
        training = loader(TensorDataset(inputs[list(train)], labels[list(train)]), shuffle=True)
        testing = loader(TensorDataset(inputs[list(held_out)], labels[list(held_out)]))
        for _ in range(epochs):
            model.train()
            for x, y in training:
                _step(model, optimizer, x, y)
            _evaluate(model, testing)
    return time.perf_counter() - started


def train_steps(inputs: Tensor, labels: Tensor, model: nn.Module, *, num_steps: int, batch_size: int) -> float:
    """Seconds of that many steps on data that is on the model's device already: the eager loop at its best."""
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-5)
    model.train()
    started = time.perf_counter()
    for step in range(num_steps):
        chosen = slice(step * batch_size % len(inputs), step * batch_size % len(inputs) + batch_size)
        _step(model, optimizer, inputs[chosen], labels[chosen])
    wait_for(inputs.device)
    return time.perf_counter() - started


def wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> None:
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()


@torch.no_grad()
def _evaluate(model: Callable[[Tensor], Tensor], loader: DataLoader[tuple[Tensor, ...]]) -> int:
    assert isinstance(model, nn.Module)
    model.eval()
    return sum(int((model(x).argmax(1) == y).sum()) for x, y in loader)
