"""Optimisers on the flat (F, P) parameter matrix of stacked folds. A row's arithmetic does not depend on the other rows.

Same updates as ``torch.optim`` (Adam: Kingma & Ba 2015, Alg. 1; AdamW: Loshchilov & Hutter 2019, Alg. 2; SGD with momentum); a test
compares them."""

import torch
from torch import Tensor

from search_spaces.recipe import Training

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Optimizer:
    """State of F rows; each row counts its own steps."""

    def __init__(self, parameters: Tensor, training: Training, *, decayed: Tensor | None = None) -> None:
        """``decayed`` (P,) is 1 where weight decay holds and 0 elsewhere; None: it holds everywhere."""
        self.parameters = parameters  # (F, P), updated in place
        self.training, self.decayed = training, decayed
        self.lr = training.lr
        self.steps = [0] * len(parameters)
        self.first = torch.zeros_like(parameters)
        self.second = torch.zeros_like(parameters) if training.optimizer != "sgd" else None

    def step(self, rows: range, gradient: Tensor) -> None:
        """Update neighbouring rows by their gradients (R, P); rows that took equally many steps are one operation."""
        for start, stop in self._runs(rows):
            self._update(slice(start, stop), gradient[start - rows.start : stop - rows.start])

    def _runs(self, rows: range) -> list[tuple[int, int]]:
        runs: list[tuple[int, int]] = []
        for row in rows:
            if runs and self.steps[runs[-1][0]] == self.steps[row]:
                runs[-1] = (runs[-1][0], row + 1)
            else:
                runs.append((row, row + 1))
        return runs

    def _update(self, rows: slice, gradient: Tensor) -> None:
        for row in range(rows.start, rows.stop):
            self.steps[row] += 1
        parameters, first, decay = self.parameters[rows], self.first[rows], self.training.weight_decay
        if self.training.clip_norm is not None:
            norm = gradient.norm(dim=1, keepdim=True)
            gradient = gradient * (self.training.clip_norm / norm.clamp_min(self.training.clip_norm))
        if decay:
            share = decay if self.decayed is None else decay * self.decayed
            if self.training.optimizer == "adamw":
                parameters.mul_(1 - self.lr * share)
            else:
                gradient = gradient + parameters * share
        if self.second is None:
            first.mul_(self.training.momentum).add_(gradient)
            parameters.add_(first, alpha=-self.lr)
        else:
            self._adam(parameters, first, self.second[rows], gradient, self.steps[rows.start])

    def _adam(self, parameters: Tensor, first: Tensor, second: Tensor, gradient: Tensor, step: int) -> None:
        first.lerp_(gradient, 1 - BETA1)
        second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        root = second.sqrt().div_((1 - BETA2**step) ** 0.5).add_(EPSILON)
        parameters.addcdiv_(first, root, value=-self.lr / (1 - BETA1**step))
