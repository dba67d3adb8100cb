"""One stage of training: folds of one architecture, together, on samples that have targets.

Shapes: F folds, R rows of them that take a step, S samples, B of a batch, K classes, H heads (classifiers) of a feature stage.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models import losses
from orchestrator import augment
from orchestrator.data import ClipTensors
from orchestrator.distributed import Alone
from orchestrator.folds import Fold
from orchestrator.optimizers import Optimizer
from orchestrator.seeds import generators
from orchestrator.stacked import Stack
from orchestrator.targets import Targets
from search_spaces.recipe import Augmentation, Loss, Training

EVALUATION_BATCH = 256
DTYPES = {"float32": torch.float32, "bfloat16": torch.float32, "float64": torch.float64}


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
class Place:
    """Where a stage is trained and what its random numbers start from."""

    device: torch.device
    group: Alone
    seed: int
    purpose: str = ""
    """Told apart from other stages of the same fold by this prefix of its seeds."""


class Stage:
    """The state of a stage's training."""

    def __init__(
        self,
        training: Training,
        loss: Loss,
        augmentation: Augmentation,
        networks: Sequence[nn.Module],
        folds: Sequence[Fold],
        clips: Sequence[ClipTensors],
        targets: Targets,
        place: Place,
    ) -> None:
        """``clips`` is per fold: the same corpus, or a fold's own embeddings of it."""
        self.training, self.loss, self.settings = training, loss, augmentation
        self.folds, self.clips, self.targets, self.place = tuple(folds), tuple(clips), targets, place
        self.dtype = DTYPES[training.precision]
        self.stack = Stack([place.group.prepare(network) for network in networks], device=place.device, dtype=self.dtype)
        self.optimizer = Optimizer(self.stack.flat, training, decayed=self._decayed())
        self.samples = [corpus.samples(fold.train) for corpus, fold in zip(clips, folds, strict=True)]
        self.weights = torch.stack([targets.class_weights(samples, loss) for samples in self.samples])  # (F, K) or (F, H, K)
        self.order = generators(place.seed, folds, f"{place.purpose}order")
        self.drawn_labels = generators(place.seed, folds, f"{place.purpose}labels")
        self.augmentation = generators(place.seed, folds, f"{place.purpose}augmentation")
        self.dropout = generators(place.seed, folds, f"{place.purpose}dropout", place.device)
        self.train_losses: list[np.ndarray] = []

    def _decayed(self) -> Tensor | None:
        """(P,) 1 where weight decay holds; None: everywhere."""
        if self.training.decayed == "all":
            return None
        parts = [torch.full((shape.numel(),), float(len(shape) > 1)) for shape in self.stack.shapes.values()]
        return torch.cat(parts).to(self.stack.flat)

    def train_epoch(self, epoch: int) -> None:
        """One pass of every fold over its training samples; folds whose step has the same number of samples run together."""
        self.optimizer.lr = self.training.lr * self.training.lr_decay ** (epoch - 1)
        batches = [self._batches(row) for row in range(len(self.folds))]
        total = torch.zeros(len(self.folds), dtype=torch.float64, device=self.place.device)
        for step in range(max(len(fold_batches) for fold_batches in batches)):
            for rows in self._together(batches, step):
                samples = [batches[row][step] for row in rows]
                total[rows.start : rows.stop] += self._step(rows, samples) * len(samples[0])
        mean = total.cpu().numpy() / [len(samples) for samples in self.samples]
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
        """The fold's samples in this epoch's order, cut into batches; the last may be smaller."""
        samples = self.samples[row]
        if self.training.order == "by_class":
            samples = samples[torch.argsort(self.targets.labels.cpu()[samples], stable=True)]
        else:
            samples = samples[torch.randperm(len(samples), generator=self.order[row])]
        return list(samples.split(self.training.batch_size))

    def _step(self, rows: range, samples: list[Tensor]) -> Tensor:
        """One optimiser step of some rows; their losses (R,)."""
        x, goal = self._inputs(rows, samples)  # (R, B, ...), (R, B, [H,] K)
        importance = losses.importance(goal, balance=self.loss.balance)  # (R, B, [H])
        noise = self.stack.draw_noise(x[0], [self.dropout[row] for row in rows])
        (x, goal, importance), noise = self.place.group.share((x, goal, importance), noise)
        loss, gradient = self.stack.gradients(self._loss, rows, noise, x, goal, importance, self.weights[rows.start : rows.stop])
        loss, gradient = self.place.group.combine(loss, gradient)
        self.optimizer.step(rows, gradient)
        return loss

    def _inputs(self, rows: range, samples: list[Tensor]) -> tuple[Tensor, Tensor]:
        settings, size = self.settings, len(samples[0])
        x = self._batch(rows, samples)
        goal = torch.cat([self.targets.goal(chosen, self.drawn_labels[row]) for row, chosen in zip(rows, samples, strict=True)])
        draws = [augment.draw(settings, size, x.shape[-1], self.augmentation[row]) for row in rows]
        x = augment.apply(x, augment.Draw.together(draws), settings)
        if settings.noise or settings.mixup:
            parts = [
                augment.apply_noise_and_mixup(part, goals, drawn, settings)
                for part, goals, drawn in zip(x.split(size), goal.split(size), draws, strict=True)
            ]
            x, goal = torch.cat([part for part, _ in parts]), torch.cat([goals for _, goals in parts])
        return x.unflatten(0, (len(rows), size)), goal.unflatten(0, (len(rows), size))

    def _batch(self, rows: range, samples: list[Tensor]) -> Tensor:
        """The rows' batches behind each other; one access where all have the same corpus."""
        if self.clips[0] is self.clips[-1]:
            return self.clips[0].batch(torch.cat(samples).to(self.place.device), self.dtype)
        return torch.cat(
            [self.clips[row].batch(chosen.to(self.place.device), self.dtype) for row, chosen in zip(rows, samples, strict=True)]
        )

    def _loss(self, network: Callable[..., Tensor], x: Tensor, goal: Tensor, importance: Tensor, weights: Tensor) -> Tensor:
        """The mean loss of one row's batch (of this process's share of it, in a group); the losses of several heads are added."""
        loss = self.loss
        with torch.autocast(self.place.device.type, torch.bfloat16, enabled=self.training.precision == "bfloat16"):
            answer: Any = network(x, return_attention=True) if loss.mask_l1 else (network(x), {})
        logits, attention = answer
        per_sample = importance * losses.clip_loss(
            logits.to(self.dtype), goal, weights, kind=loss.kind, form=loss.form, gamma=loss.gamma, label_smoothing=loss.label_smoothing,
            accept=loss.accept,
        )  # fmt: skip
        if "mask" in attention:
            per_sample = per_sample + loss.mask_l1 * losses.mask_l1(attention["mask"].to(self.dtype))
        return per_sample.sum() / self.place.group.batch_size(len(x))

    @torch.no_grad()
    def logits(self, row: int, samples: Tensor) -> Tensor:
        """(m, K) of one fold's network in evaluation mode."""
        network = self.stack.networks[row].eval()
        parts = [torch.zeros(0, self.targets.num_classes, device=self.place.device)]
        for chosen in samples.to(self.place.device).split(EVALUATION_BATCH):
            if len(chosen):
                x = augment.evaluation_view(self.clips[row].batch(chosen, self.dtype), self.settings)
                parts.append(network(x).float())
        return torch.cat(parts)
