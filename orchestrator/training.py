"""Trains folds, one or several at once: the training core. Plain PyTorch, no Ray.

A fold's data order, initialisation, augmentation and dropout come from generators seeded by (seed, fold, purpose) alone, never by what is
trained beside it. So ``train`` gives equal results for one fold, for F folds stacked in one program, and for one fold spread over a
process group.

Shapes: F folds, B clips of a batch, K classes, E evaluations, n clips of a set.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

import models
from models import losses
from orchestrator import augment
from orchestrator.data import ClipTensors
from orchestrator.distributed import Alone, Group
from orchestrator.folds import Fold
from orchestrator.optimizers import Optimizer
from orchestrator.stacked import Stack
from search_spaces.recipe import Recipe

DTYPES = {"float32": torch.float32, "bfloat16": torch.float32, "float64": torch.float64}
EVALUATION_BATCH = 256

Watch = Callable[[int, dict[str, tuple[np.ndarray, np.ndarray]]], bool]
"""Called after each evaluation with the epoch and, per fold, (inner truth (n,), inner probabilities (n, K)); True stops the training."""


class TrainingDiverged(ValueError):
    """The loss of a fold is no longer finite."""

    def __init__(self, fold: str, epoch: int, loss: float) -> None:
        super().__init__(fold, epoch, loss)
        self.fold, self.epoch, self.loss = fold, epoch, loss

    def __str__(self) -> str:
        return (
            f"The training loss must stay finite, but it is {self.loss} in epoch {self.epoch} of fold '{self.fold}'. "
            "Lower training.lr, or look for a damaged clip: python -m orchestrator.doctor"
        )


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
    group: Group | None = None,
    watch: Watch | None = None,
) -> list[Outcome]:
    """Train folds of one recipe together and score them at ``recipe.training.num_evals`` epochs.

    Raises:
        TrainingDiverged: a loss is NaN or infinite.
        ValueError: the model does not know a hyperparameter.
    """
    started = time.perf_counter()
    run = _Run(recipe, folds, clips, seed, torch.device(device), group or Alone())
    evaluated = evaluation_epochs(recipe.training.epochs, recipe.training.num_evals)
    for epoch in range(1, recipe.training.epochs + 1):
        run.train_epoch(epoch)
        if epoch in evaluated and run.evaluate(epoch, watch):
            break
    return run.outcomes(time.perf_counter() - started)


def evaluation_epochs(epochs: int, num_evals: int) -> tuple[int, ...]:
    """At most ``num_evals`` evenly spaced epochs, the last one included."""
    num = min(epochs, num_evals)
    return tuple(round(epochs * (i + 1) / num) for i in range(num))


def derive_seed(seed: int, fold: str, purpose: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{fold}/{purpose}".encode()).digest()[:7], "big")


def initial_network(recipe: Recipe, fold: str, num_classes: int, seed: int) -> torch.nn.Module:
    """The fold's untrained network; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, fold, "init"))
        return models.build(recipe.model, num_classes, **recipe.hparams)


class _Run:
    """The state of one call of ``train``."""

    def __init__(self, recipe: Recipe, folds: Sequence[Fold], clips: ClipTensors, seed: int, device: torch.device, group: Group) -> None:
        self.recipe, self.folds, self.group, self.device = recipe, tuple(folds), group, device
        self.dtype = DTYPES[recipe.training.precision]
        self.clips = clips.to(device, self.dtype)
        self.labels = clips.labels.to(device)
        self.num_classes = len(clips.classes)
        self.targets = torch.nn.functional.one_hot(self.labels, self.num_classes).to(self.dtype)  # (N, K)
        networks = [initial_network(recipe, fold.name, self.num_classes, seed) for fold in folds]
        self.stack = Stack([group.prepare(network) for network in networks], device=device, dtype=self.dtype)
        self.optimizer = Optimizer(self.stack.flat, recipe.training)
        self.weights = torch.stack([self._class_weights(fold) for fold in folds])  # (F, K)
        self.order = [torch.Generator().manual_seed(derive_seed(seed, fold.name, "order")) for fold in folds]
        self.augmentation = [torch.Generator().manual_seed(derive_seed(seed, fold.name, "augmentation")) for fold in folds]
        self.dropout = [torch.Generator(device).manual_seed(derive_seed(seed, fold.name, "dropout")) for fold in folds]
        self.train_losses: list[np.ndarray] = []
        self.evaluated: list[int] = []
        self.curves: list[tuple[list[np.ndarray], list[np.ndarray]]] = [([], []) for _ in folds]

    def _class_weights(self, fold: Fold) -> Tensor:
        """From the fold's own training clips."""
        loss = self.recipe.loss
        counts = torch.bincount(self.labels[list(fold.train)], minlength=self.num_classes)
        return losses.class_weights(
            loss.kind, form=loss.form, alpha_mode=loss.alpha_mode, alpha=loss.alpha, beta=loss.beta, counts=counts
        ).to(self.labels.device, self.dtype)

    def train_epoch(self, epoch: int) -> None:
        """One pass of every fold over its training clips; folds whose step has the same number of clips run together."""
        self.optimizer.lr = self.recipe.training.lr * self.recipe.training.lr_decay ** (epoch - 1)
        batches = [self._batches(row) for row in range(len(self.folds))]
        total = torch.zeros(len(self.folds), dtype=torch.float64, device=self.device)
        for step in range(max(len(fold_batches) for fold_batches in batches)):
            for rows in self._together(batches, step):
                indices = [batches[row][step] for row in rows]
                total[rows.start : rows.stop] += self._step(rows, indices) * len(indices[0])
        mean = total.cpu().numpy() / [len(fold.train) for fold in self.folds]
        for fold, loss in zip(self.folds, mean, strict=True):
            if not np.isfinite(loss):
                raise TrainingDiverged(fold.name, epoch, float(loss))
        self.train_losses.append(mean)

    def _together(self, batches: list[list[Tensor]], step: int) -> list[range]:
        """Rows that take this step as one program: all, if all have a batch of the same size; else each alone (padding would change BN)."""
        sizes = [len(fold_batches[step]) if step < len(fold_batches) else 0 for fold_batches in batches]
        if len(set(sizes)) == 1:
            return [range(len(sizes))]
        return [range(row, row + 1) for row, size in enumerate(sizes) if size]

    def _batches(self, row: int) -> list[Tensor]:
        """The fold's clip indices in this epoch's order, cut into batches; the last may be smaller."""
        indices = torch.tensor(self.folds[row].train)
        if self.recipe.training.order == "by_class":
            indices = indices[torch.argsort(self.labels.cpu()[indices], stable=True)]
        else:
            indices = indices[torch.randperm(len(indices), generator=self.order[row])]
        return list(indices.split(self.recipe.training.batch_size))

    def _step(self, rows: range, indices: list[Tensor]) -> Tensor:
        """One optimiser step of some rows; their losses (R,)."""
        x, goal = self._inputs(rows, indices)  # (R, B, ...), (R, B, K)
        noise = self.stack.draw_noise(x[0], [self.dropout[row] for row in rows])
        x, goal, noise = self.group.share(x, goal, noise)
        loss, gradient = self.stack.gradients(self._loss, rows, noise, x, goal, self.weights[rows.start : rows.stop])
        loss, gradient = self.group.combine(loss, gradient)
        self.optimizer.step(rows, gradient)
        return loss

    def _inputs(self, rows: range, indices: list[Tensor]) -> tuple[Tensor, Tensor]:
        settings = self.recipe.augmentation
        together = torch.cat(indices).to(self.device)
        x = self.clips.batch(together, self.dtype)
        goal = self.targets[together]
        size = len(indices[0])
        draws = [augment.draw(settings, size, x.shape[-1], self.augmentation[row]) for row in rows]
        x = augment.apply(x, augment.Draw.together(draws), settings)
        if settings.noise or settings.mixup:
            parts = [
                augment.apply_noise_and_mixup(part, goals, drawn, settings)
                for part, goals, drawn in zip(x.split(size), goal.split(size), draws, strict=True)
            ]
            x, goal = torch.cat([part for part, _ in parts]), torch.cat([goals for _, goals in parts])
        return x.unflatten(0, (len(rows), size)), goal.unflatten(0, (len(rows), size))

    def _loss(self, network: Callable[..., Tensor], x: Tensor, goal: Tensor, weights: Tensor) -> Tensor:
        """The mean loss of one row's batch (of this process's share of it, in a group)."""
        loss = self.recipe.loss
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.training.precision == "bfloat16"):
            answer: Any = network(x, return_attention=True) if loss.mask_l1 else (network(x), {})
        logits, attention = answer
        per_clip = losses.clip_loss(
            logits.to(self.dtype), goal, weights, kind=loss.kind, form=loss.form, gamma=loss.gamma, label_smoothing=loss.label_smoothing
        )
        if "mask" in attention:
            per_clip = per_clip + loss.mask_l1 * losses.mask_l1(attention["mask"].to(self.dtype))
        return per_clip.sum() / self.group.batch_size(len(x))

    def evaluate(self, epoch: int, watch: Watch | None) -> bool:
        """Score inner and held-out clips of every fold; whether the watcher wants to stop."""
        self.evaluated.append(epoch)
        seen = {}
        for row, fold in enumerate(self.folds):
            for indices, curve in zip((fold.inner, fold.held_out), self.curves[row], strict=True):
                curve.append(self._predict(row, indices))
            truth = np.array([self.clips.clips[i].label for i in fold.inner], dtype=np.int64)
            seen[fold.name] = (truth, self.curves[row][0][-1])
        return bool(watch and watch(epoch, seen))

    def _predict(self, row: int, indices: Sequence[int]) -> np.ndarray:
        parts = [np.zeros((0, self.num_classes), dtype=np.float32)]
        for chosen in torch.tensor(indices, dtype=torch.long, device=self.device).split(EVALUATION_BATCH):
            if len(chosen):
                x = augment.evaluation_view(self.clips.batch(chosen, self.dtype), self.recipe.augmentation)
                parts.append(self.stack.predict(row, x).float().cpu().numpy())
        return np.concatenate(parts)

    def outcomes(self, wall_s: float) -> list[Outcome]:
        return [
            Outcome(
                fold=fold,
                epochs=tuple(self.evaluated),
                inner=np.stack(self.curves[row][0]),
                held_out=np.stack(self.curves[row][1]),
                train_loss=np.array([means[row] for means in self.train_losses], dtype=np.float32),
                state=self.stack.state(row),
                wall_s=wall_s / len(self.folds),
            )
            for row, fold in enumerate(self.folds)
        ]
