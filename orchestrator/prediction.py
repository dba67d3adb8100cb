"""Prediction: a registered version at work: its program's answer to a clip, its fold models', and where the network looks.

Everything comes from the version's own files. Shapes: F folds, K classes, B samples, T images, C channels, H x W pixels.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from orchestrator import fold_set, program
from orchestrator.attention_figures import attend
from orchestrator.ledger import tuples
from orchestrator.program import Predict, Shipped
from orchestrator.release import PREPROCESSING, RECIPE
from orchestrator.saliency import saliency
from orchestrator.voting import vote
from search_spaces.recipe import Plain


@dataclass(frozen=True, kw_only=True, eq=False)
class Version:
    """A registered version's files, opened."""

    label: str
    """``stanet/3``."""
    path: Path
    classes: tuple[str, ...]
    settings: Mapping[str, Plain]
    """The recipe's dotted names."""
    preprocessing: Mapping[str, Any]
    """See ``preprocessing.description``."""
    predict: Predict
    input_shape: tuple[int, ...]

    @property
    def sees_frames(self) -> bool:
        """Whether the program sees one frame at a time, and frames vote."""
        return program.sees_frames(self.settings)


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What a version says about one clip."""

    probabilities: np.ndarray
    """(K,)"""
    folds: np.ndarray
    """(F, K); F = 0 where the fold models were not kept."""

    @property
    def agreeing(self) -> int:
        """How many fold models choose the class that the program chooses."""
        return int((self.folds.argmax(1) == self.probabilities.argmax()).sum()) if len(self.folds) else 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """Where and when a network looks."""

    kind: str
    """``attention`` of the network's own, or ``saliency``: how much a change of the pixel changes the answer."""
    where: np.ndarray | None
    """(T, h, w), at least 0."""
    when: np.ndarray | None
    """(T,) weights that sum to 1."""


def open_version(path: Path, label: str) -> Version:
    """Open a version's files; ``label`` is for errors.

    Raises:
        ValueError: it does not describe its preprocessing.
    """
    if not (path / PREPROCESSING).is_file():
        raise ValueError(
            f"A version must describe its preprocessing to be given clips, but '{label}' has no {PREPROCESSING}: it was registered before "
            "there was one. Run its sweep again, which trains nothing anew and registers a version that has it."
        )
    recipe = json.loads((path / RECIPE).read_text())
    return Version(
        label=label,
        path=path,
        classes=tuple(recipe["classes"]),
        settings={name: tuples(value) for name, value in recipe["recipe"].items()},
        preprocessing=json.loads((path / PREPROCESSING).read_text()),
        predict=program.load(path),
        input_shape=program.input_shape(path),
    )


def batch_of(version: Version, tensor: np.ndarray) -> np.ndarray:
    """What the program takes for one clip's tensor: (1, ...), zeros after its last frame, or a sample per frame.

    Raises:
        ValueError: the tensor does not fit the program.
    """
    wanted, longest = version.input_shape, version.settings["training.pad_to"]
    if version.sees_frames and tensor.shape[1:] == wanted:
        return tensor
    if isinstance(longest, int) and wanted[0] == -1:  # the program appends the frames itself
        wanted = (len(tensor) if len(tensor) <= longest else longest, *wanted[1:])
    elif version.preprocessing["tensor"]["shape"][0] is None and tensor.shape[1:] == wanted[1:] and len(tensor) < wanted[0]:
        padded = np.zeros(wanted, tensor.dtype)
        padded[: len(tensor)] = tensor
        return padded[None]
    if tensor.shape != wanted:
        raise ValueError(
            f"A clip must give a tensor of the shape that '{version.label}' takes, {wanted}, but gave {tensor.shape}. "
            "If the first number is too large, name a shorter stretch: --onset N --offset N."
        )
    return tensor[None]


def answer(version: Version, batch: np.ndarray) -> Answer:
    """The program's answer and that of every fold model that was kept."""
    folds = [_voted(version, program.predicting(network), batch) for network in _fold_models(version)]
    shape = (len(folds), len(version.classes))
    return Answer(probabilities=_voted(version, version.predict, batch), folds=np.array(folds, np.float32).reshape(shape))


def look(version: Version, batch: np.ndarray) -> Look:
    """The network's attention where it has some, else saliency; nothing for descriptors, which have no pixels."""
    network = _network(version, version.path / "weights.safetensors")
    seen = network.seen(program.tensor(batch))
    padded, num_frames = network.padded(seen), len(seen.flatten(0, -4)) if seen.dim() > 3 else 0
    if not num_frames:
        return Look(kind="saliency", where=None, when=None)
    attention: dict[str, np.ndarray] = {}
    if not version.sees_frames:
        try:
            _, attention = attend(network.network, padded[0])
        except ValueError:  # a network without
            attention = {}
    mask, when = attention.get("mask"), attention.get("temporal")
    if mask is not None:
        return Look(kind="attention", where=mask.mean(-3).reshape(-1, *mask.shape[-2:])[:num_frames], when=when)
    strength = saliency(network.network, padded).gradient.abs().amax(-3).numpy()
    return Look(kind="saliency", where=strength.reshape(-1, *strength.shape[-2:])[:num_frames], when=when)


def seen(version: Version, batch: np.ndarray) -> np.ndarray:
    """(B, ...) as the network itself sees it: scaled, and the centre crop where training crops."""
    network = Shipped(torch.nn.Identity(), float(str(version.settings["data.scale"])), program.augmentation(version.settings))
    return network.seen(program.tensor(batch)).numpy()


def _fold_models(version: Version) -> Iterator[Shipped]:
    path = version.path / fold_set.FILE
    for _, state in fold_set.read(path) if path.is_file() else ():
        with _fitting(version):
            network = program.network(version.settings, len(version.classes), state)
        yield network


def _network(version: Version, weights: Path) -> Shipped:
    with _fitting(version):
        return program.network(version.settings, len(version.classes), load_file(weights))


@contextmanager
def _fitting(version: Version) -> Iterator[None]:
    """The program is self-contained; fold models and attention need the model's code as it was."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"The weights of '{version.label}' must fit the model's code, but '{version.settings['model']}' has changed since: "
            f"{str(error).splitlines()[0]} Take the code of that time, or run its sweep again."
        ) from error


def _voted(version: Version, predict: Predict, batch: np.ndarray) -> np.ndarray:
    """(K,) of a clip; of its frames by the recipe's vote."""
    probabilities = predict(batch)
    if not version.sees_frames:
        return probabilities[0]
    logs = torch.from_numpy(probabilities).clamp(min=torch.finfo(torch.float32).tiny).log()  # logits but for a constant of each frame
    return vote(logs, torch.zeros(len(logs), dtype=torch.long), 1, str(version.settings["training.vote"]))[0].numpy()
