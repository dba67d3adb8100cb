"""Fold set: the networks of all folds of the shipped setting, in one safetensors file beside the program.

Each was trained without its held-out subject, so that how far their answers to a new clip lie apart shows how much the answer hangs on who
was among the training subjects. Tensors are named ``<position>/<tensor>``; the folds' names are in the file's metadata, in that order.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

FILE = "folds.safetensors"


def write(path: Path, weights: Mapping[str, Path]) -> None:
    """Put the weights of every fold (name -> safetensors file) into one file."""
    tensors = {f"{at}/{name}": tensor for at, file in enumerate(weights.values()) for name, tensor in load_file(file).items()}
    save_file(tensors, path, metadata={"folds": json.dumps(list(weights))})


def read(path: Path) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Fold by fold, its name and its network's ``state_dict``."""
    with safe_open(path, framework="pt") as file:
        folds: list[str] = json.loads(file.metadata()["folds"])
        names = [key.partition("/")[::2] for key in file.keys()]  # noqa: SIM118  (safe_open is no mapping)
        for at, fold in enumerate(folds):
            yield fold, {name: file.get_tensor(f"{at}/{name}") for position, name in names if position == str(at)}


def digest(weights: Mapping[str, Path]) -> str:
    """Of names and contents."""
    sha = hashlib.sha256()
    for fold, file in weights.items():
        sha.update(fold.encode() + hashlib.sha256(file.read_bytes()).digest())
    return sha.hexdigest()
