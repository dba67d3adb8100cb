"""Program: a trained network as a pickle-free ``torch.export`` archive that MLflow serves.

It takes preprocessed tensors as the shards hold them and gives class probabilities: the recipe's ``data.scale``, the centre crop that
scores are made with, the zero frames that some recipes append to clips and the softmax are part of it. Its batch dimension is free, and
where zero frames are appended the number of frames. What is written is read back and compared with the network before anybody sees it.
Shapes: B clips, T frames, C channels, H x W pixels, K classes.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import mlflow.pytorch
import numpy as np
import torch
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec
from torch import Tensor, nn
from torch.nn import functional as F

import models
from orchestrator.cluster import environment
from search_spaces.recipe import Augmentation, Plain

TOLERANCE = 1e-4
"""How far the exported program's probabilities may be from the network's."""
EXAMPLE_FRAMES = 4
"""Of a clip, where their number is free: MLflow writes examples as text."""
SMALL_BYTES = 16 << 20
"""Of one clip: larger ones are compared at the two batch sizes that memory must hold anyway."""
Predict = Callable[[np.ndarray], np.ndarray]
"""A batch of preprocessed tensors -> (B, K) probabilities."""

_environment = threading.Lock()


class Shipped(nn.Module):
    """Tensors as the shards hold them -> class probabilities."""

    def __init__(self, network: nn.Module, scale: float, augmentation: Augmentation | None = None, *, frames: int | None = None) -> None:
        """``frames``: zero frames are appended to clips up to so many; None: a clip is taken as it is."""
        super().__init__()
        self.network, self.scale, self.augmentation, self.frames = network, scale, augmentation or Augmentation(), frames

    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(self.network(self.padded(self.seen(x))), dim=-1)

    def padded(self, x: Tensor) -> Tensor:
        """(B, T, ...) with the zero frames at the end."""
        if self.frames is None:
            return x
        torch._check(x.shape[1] <= self.frames, lambda: f"A clip must have at most {self.frames} frames.")
        return F.pad(x, (0, 0) * (x.dim() - 2) + (0, self.frames - x.shape[1]))

    def seen(self, x: Tensor) -> Tensor:
        """What the network itself sees of a batch."""
        x = x * self.scale
        return x if self.augmentation.crop is None else _centre_crop(x, self.augmentation)


def network(settings: Mapping[str, Plain], num_classes: int, state: Mapping[str, Tensor]) -> Shipped:
    """The network of a recipe's dotted names (``flatten(recipe)``, ``recipe.json``) with these weights, ready to predict."""
    built = models.build(str(settings["model"]), num_classes, **_section(settings, "model"))
    built.load_state_dict(dict(state))
    scale: Any = settings["data.scale"]
    frames: Any = None if sees_frames(settings) else settings.get("training.pad_to")
    return Shipped(built, scale, augmentation(settings), frames=frames).eval()


def augmentation(settings: Mapping[str, Plain]) -> Augmentation:
    """The recipe's, from its dotted names."""
    return Augmentation(**_section(settings, "augmentation"))


def sees_frames(settings: Mapping[str, Plain]) -> bool:
    """Whether the network sees one frame at a time, and frames vote; a network of two stages makes a clip of its frames itself."""
    return settings.get("training.sample") == "frame" and "features.lr" not in settings


def tensor(batch: np.ndarray) -> Tensor:
    """A batch as a program takes it: a copy, because memory-mapped shards may not be written to."""
    return torch.from_numpy(np.array(batch, dtype=np.float32, order="C"))


def predicting(module: nn.Module) -> Predict:
    """A module that takes and gives arrays."""

    def predict(batch: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            probabilities: np.ndarray = module(tensor(batch)).numpy()
        return probabilities

    return predict


def input_shape(path: Path) -> tuple[int, ...]:
    """What the program of an MLflow model folder takes, without the batch; -1: any number of frames."""
    signature = Model.load(str(path)).signature
    return tuple(signature.inputs.inputs[0].shape[1:])


def save(path: Path, shipped: Shipped, example: np.ndarray, *, metadata: dict[str, Any]) -> None:
    """Write an MLflow model folder and prove that it predicts as the network does, at several batch sizes."""
    batch = np.resize(example, (max(2, len(example)), *example.shape[1:])).astype(np.float32)  # a batch of 1 would become a constant
    if shipped.frames is not None:
        batch = np.ascontiguousarray(batch[:, :EXAMPLE_FRAMES])  # an export would ask for the strides of a view
    outputs = predicting(shipped)(batch)
    mlflow.pytorch.save_model(
        shipped,
        path,
        signature=ModelSignature(_schema(taken(shipped, batch)), _schema(outputs.shape[1:])),
        input_example=batch,
        pip_requirements=[f"{package.__name__}=={package.__version__.split('+')[0]}" for package in (mlflow, np, torch)],
        serialization_format="pt2",
        metadata=metadata,
    )
    exported, is_small = load(path), example[:1].nbytes <= SMALL_BYTES
    _prove(exported, predicting(shipped), batch, (1, 2, 5) if is_small else (1, 2))
    if shipped.frames is not None:
        _prove(exported, predicting(shipped), batch[:, :1], (1,))


def taken(shipped: Shipped, batch: np.ndarray) -> tuple[int, ...]:
    """The shape that it takes, without the batch; -1: any number of frames."""
    return batch.shape[1:] if shipped.frames is None else (-1, *batch.shape[2:])


def load(path: Path) -> Predict:
    """The program of an MLflow model folder. Refuses pickles."""
    with _without_pickle():
        return predicting(mlflow.pytorch.load_model(str(path)))


def _prove(exported: Predict, original: Predict, batch: np.ndarray, sizes: Sequence[int]) -> None:
    for size in sizes:
        some = np.resize(batch, (size, *batch.shape[1:]))
        gap = float(np.abs(exported(some) - original(some)).max())
        if not gap <= TOLERANCE:
            raise ValueError(
                f"An exported program must predict as its network does, but a batch of {size} differs by {gap:.2g} (allowed {TOLERANCE}). "
                "Check the model's forward for branches on values or batch size: torch.export keeps only the branch it saw."
            )


def _section(settings: Mapping[str, Plain], section: str) -> dict[str, Any]:
    return {name.removeprefix(f"{section}."): value for name, value in settings.items() if name.startswith(f"{section}.")}


def _centre_crop(x: Tensor, settings: Augmentation) -> Tensor:
    """(B, [T,] C, H, W): what ``augment.evaluation_view`` gives, in a form whose batch dimension ``torch.export`` leaves free."""
    assert settings.crop is not None
    share = settings.crop / x.shape[-1]
    channels = list(settings.flow_channels)
    zero, stretch = x.new_zeros(x.shape[-3], 1, 1), x.new_ones(x.shape[-3], 1, 1)
    zero[channels], stretch[channels] = settings.flow_center, 1 / share  # vectors grow with the image
    flat = (x - zero).reshape(-1, *x.shape[-3:])  # (B * T, C, H, W)
    centre = (torch.eye(2, 3, dtype=x.dtype, device=x.device) * share).expand(flat.shape[0], 2, 3)
    grid = F.affine_grid(centre, list(flat.shape), align_corners=False)
    return F.grid_sample(flat, grid, align_corners=False).reshape(x.shape) * stretch + zero


def _schema(shape: tuple[int, ...]) -> Schema:
    return Schema([TensorSpec(np.dtype(np.float32), (-1, *shape))])


@contextmanager
def _without_pickle() -> Iterator[None]:
    """MLflow refuses archives that hold pickled code while this is on; it is told through the environment only."""
    with _environment, environment({"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}):
        yield
