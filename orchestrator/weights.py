"""Weights to start from: a safetensors file that the user has, such as a static network's or a backbone's."""

import hashlib
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn


def start_from(network: nn.Module, path: str) -> None:
    """Copy every tensor that the file has under the network's own name and shape; a head for other classes keeps its draw.

    Raises:
        ValueError: the file cannot be read, or not one tensor fits.
    """
    given, own = _read(path), network.state_dict()
    fitting = {name: tensor for name, tensor in given.items() if name in own and own[name].shape == tensor.shape}
    if not fitting:
        raise ValueError(
            f"Weights to start from must fit the network by name and shape, but none of the {len(given)} tensors of {path} does "
            f"(it has {', '.join(sorted(given)[:3])}; the network {', '.join(sorted(own)[:3])}). Correct training.initial."
        )
    network.load_state_dict({**own, **fitting})


@lru_cache(maxsize=8)
def content(path: str) -> str:
    """The file's sha256: what a fold's name remembers of it."""
    _require(path)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@lru_cache(maxsize=2)
def _read(path: str) -> dict[str, torch.Tensor]:
    _require(path)
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"Weights to start from must be a safetensors file, but {path} is none ({error}). Convert it first.") from error


def _require(path: str) -> None:
    if not Path(path).is_file():
        raise ValueError(f"training.initial must name a file that every worker can read, but there is none at {path}. Correct the path.")
