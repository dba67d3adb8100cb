"""Trains folds, one or several at once: the training core. Plain PyTorch, no Ray.

A fold's data order, initialisation, augmentation and dropout come from generators seeded by (seed, fold, purpose) alone, never by what is
trained beside it. So ``train`` gives equal results for one fold, for F folds stacked in one program, and for one fold spread over a
process group.

Shapes: F folds, K classes, E evaluations, n clips of a set.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from orchestrator import fitting
from orchestrator.data import ClipTensors
from orchestrator.distributed import Alone
from orchestrator.feature_stage import embedded
from orchestrator.folds import Fold
from orchestrator.observing import observe
from orchestrator.seeds import initial_network
from orchestrator.stage import DTYPES, Place, Stage
from orchestrator.targets import Targets
from orchestrator.voting import vote
from search_spaces.recipe import Augmentation, Recipe

Watch = Callable[[int, dict[str, tuple[np.ndarray, np.ndarray]]], bool]
"""Called after each evaluation with the epoch and, per fold, (inner truth (n,), inner probabilities (n, K)); True stops the training."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One trained fold."""

    fold: Fold
    epochs: tuple[int, ...]
    inner: np.ndarray
    """(E, n, K) probabilities of the inner clips at each evaluated epoch."""
    held_out: np.ndarray
    """(E, n, K), likewise."""
    train_loss: np.ndarray
    """(epochs,)"""
    state: dict[str, Tensor]
    wall_s: float
    """The fold's share of the time of what was trained together."""


def train(
    recipe: Recipe,
    folds: Sequence[Fold],
    clips: ClipTensors,
    *,
    seed: int,
    device: str = "cpu",
    group: Alone | None = None,
    watch: Watch | None = None,
) -> list[Outcome]:
    """Train folds of one recipe together and score them at ``recipe.training.num_evals`` epochs.

    Raises:
        TrainingDiverged: a loss is NaN or infinite.
        ValueError: the model does not know a hyperparameter.
    """
    started = time.perf_counter()
    place = Place(device=torch.device(device), group=group or Alone(), seed=seed)
    clips = clips.to(place.device, DTYPES[recipe.training.precision])
    networks = [initial_network(recipe, fold.name, len(clips.classes), seed) for fold in folds]
    observe(networks, recipe, folds, clips)
    if fitting.fits_itself(networks[0]):
        curves = [_Curve(fold, clips) for fold in folds]
        losses = [fitting.fit(network, recipe, fold, clips, place) for network, fold in zip(networks, folds, strict=True)]
        for network, curve in zip(networks, curves, strict=True):
            curve.evaluate(1, lambda samples, network=network: fitting.logits(network, clips, samples), recipe.training.vote)  # type: ignore[misc]
    else:
        stage = _stage(recipe, networks, folds, clips, place)
        curves = [_Curve(fold, seen) for fold, seen in zip(folds, stage.clips, strict=True)]
        _train(stage, recipe, curves, watch)
        losses = list(np.array(stage.train_losses, dtype=np.float32).T)
    wall_s = (time.perf_counter() - started) / len(folds)
    return [curve.outcome(network, loss, wall_s) for curve, network, loss in zip(curves, networks, losses, strict=True)]


def evaluation_epochs(epochs: int, num_evals: int) -> tuple[int, ...]:
    """At most ``num_evals`` evenly spaced epochs, the last one included."""
    num = min(epochs, num_evals)
    return tuple(round(epochs * (i + 1) / num) for i in range(num))


def _stage(recipe: Recipe, networks: Sequence[nn.Module], folds: Sequence[Fold], clips: ClipTensors, place: Place) -> Stage:
    """The stage that ends in the classes: of the whole network on the clips, or of its head on embeddings."""
    dtype = DTYPES[recipe.training.precision]
    if recipe.features is None:
        targets = Targets(clips, recipe.training.labels, place.device, dtype)
        return Stage(recipe.training, recipe.loss, recipe.augmentation, networks, folds, [clips] * len(folds), targets, place)
    sequences = embedded(recipe, networks, folds, clips, place)
    targets = Targets(sequences[0], recipe.training.labels, place.device, dtype)
    heads = [network.get_submodule("head") for network in networks]
    return Stage(recipe.training, recipe.loss, Augmentation(), heads, folds, sequences, targets, place)


def _train(stage: Stage, recipe: Recipe, curves: "Sequence[_Curve]", watch: Watch | None) -> None:
    evaluated = evaluation_epochs(recipe.training.epochs, recipe.training.num_evals)
    for epoch in range(1, recipe.training.epochs + 1):
        stage.train_epoch(epoch)
        if epoch not in evaluated:
            continue
        for row, curve in enumerate(curves):
            curve.evaluate(epoch, lambda samples, row=row: stage.logits(row, samples), recipe.training.vote)  # type: ignore[misc]
        if watch and watch(epoch, {curve.fold.name: curve.newest() for curve in curves}):
            break


class _Curve:
    """A fold's predictions as its training goes on."""

    def __init__(self, fold: Fold, clips: ClipTensors) -> None:
        self.fold, self.clips = fold, clips
        self.epochs: list[int] = []
        self.inner: list[np.ndarray] = []
        self.held_out: list[np.ndarray] = []

    def evaluate(self, epoch: int, logits: Callable[[Tensor], Tensor], how: str) -> None:
        self.epochs.append(epoch)
        for chosen, curve in ((self.fold.inner, self.inner), (self.fold.held_out, self.held_out)):
            curve.append(self._probabilities(chosen, logits, how))

    def _probabilities(self, chosen: Sequence[int], logits: Callable[[Tensor], Tensor], how: str) -> np.ndarray:
        """(n, K) of clips: the network's own, or a vote of their frames."""
        if self.clips.lengths is None or not chosen:
            return logits(torch.tensor(chosen, dtype=torch.long)).softmax(1).cpu().numpy()
        number = torch.repeat_interleave(torch.arange(len(chosen)), self.clips.starts.diff()[list(chosen)])
        answers = logits(self.clips.samples(chosen))
        return vote(answers, number.to(answers.device), len(chosen), how).cpu().numpy()

    def newest(self) -> tuple[np.ndarray, np.ndarray]:
        """(inner truth (n,), inner probabilities (n, K)) at the last evaluation."""
        return np.array([self.clips.clips[i].label for i in self.fold.inner], dtype=np.int64), self.inner[-1]

    def outcome(self, network: nn.Module, train_loss: np.ndarray, wall_s: float) -> Outcome:
        state = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in network.state_dict().items()}
        return Outcome(
            fold=self.fold, epochs=tuple(self.epochs), inner=np.stack(self.inner), held_out=np.stack(self.held_out),
            train_loss=train_loss, state=state, wall_s=wall_s,
        )  # fmt: skip
