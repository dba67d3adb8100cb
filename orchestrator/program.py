"""Program: a trained network as a pickle-free ``torch.export`` archive that MLflow serves.

It takes preprocessed tensors as the shards hold them and gives class probabilities: the recipe's ``data.scale`` and the softmax are part of
it. Its batch dimension is free. What is written is read back and compared with the network before anybody else sees it.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import mlflow.pytorch
import numpy as np
import torch
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from safetensors.torch import load_file
from torch import Tensor, nn

import models
from search_spaces.recipe import Recipe

TOLERANCE = 1e-4
"""How far the exported program's probabilities may be from the network's."""
Predict = Callable[[np.ndarray], np.ndarray]
"""A batch of preprocessed tensors -> (B, K) probabilities."""

_environment = threading.Lock()


class Shipped(nn.Module):
    """Tensors as the shards hold them -> class probabilities."""

    def __init__(self, network: nn.Module, scale: float) -> None:
        super().__init__()
        self.network, self.scale = network, scale

    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(self.network(x * self.scale), dim=-1)


def network(recipe: Recipe, num_classes: int, weights: Path) -> Shipped:
    """The recipe's network with these weights, ready to predict."""
    built = models.build(recipe.model, num_classes, **recipe.hparams)
    built.load_state_dict(load_file(weights))
    return Shipped(built, recipe.data.scale).eval()


def save(path: Path, shipped: Shipped, example: np.ndarray, *, metadata: dict[str, Any]) -> None:
    """Write an MLflow model folder and prove that it predicts as the network does, at several batch sizes."""
    batch = np.resize(example, (max(2, len(example)), *example.shape[1:])).astype(np.float32)  # a batch of 1 would become a constant
    outputs = _predict(shipped)(batch)
    mlflow.pytorch.save_model(
        shipped,
        path,
        signature=ModelSignature(_schema(batch), _schema(outputs)),
        input_example=batch,
        pip_requirements=[f"{package.__name__}=={package.__version__.split('+')[0]}" for package in (mlflow, np, torch)],
        serialization_format="pt2",
        metadata=metadata,
    )
    _prove(load(path), _predict(shipped), batch)


def load(path: Path) -> Predict:
    """The program of an MLflow model folder. Refuses pickles."""
    with _without_pickle():
        return _predict(mlflow.pytorch.load_model(str(path)))


def _prove(exported: Predict, original: Predict, batch: np.ndarray) -> None:
    for size in (1, 2, 5):
        some = np.resize(batch, (size, *batch.shape[1:]))
        gap = float(np.abs(exported(some) - original(some)).max())
        if not gap <= TOLERANCE:
            raise ValueError(
                f"An exported program must predict as its network does, but a batch of {size} differs by {gap:.2g} (allowed {TOLERANCE}). "
                "Check the model's forward for branches on values or batch size: torch.export keeps only the branch it saw."
            )


def _predict(program: nn.Module) -> Predict:
    def predict(batch: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            probabilities: np.ndarray = program(torch.from_numpy(np.ascontiguousarray(batch, dtype=np.float32))).numpy()
        return probabilities

    return predict


def _schema(batch: np.ndarray) -> Schema:
    return Schema([TensorSpec(np.dtype(np.float32), (-1, *batch.shape[1:]))])


@contextmanager
def _without_pickle() -> Iterator[None]:
    """MLflow refuses archives that hold pickled code while this is on; it is told through the environment only."""
    variable = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
    with _environment:
        before = os.environ.get(variable)
        os.environ[variable] = "false"
        try:
            yield
        finally:
            if before is None:
                del os.environ[variable]
            else:
                os.environ[variable] = before
