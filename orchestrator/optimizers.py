"""Optimisers on the flat (F, P) parameter matrix of stacked folds. A row's arithmetic does not depend on the other rows.

The updates are PyTorch's own fused kernels (Adam: Kingma & Ba 2015, Alg. 1; AdamW: Loshchilov & Hutter 2019, Alg. 2; SGD with momentum):
one pass over memory, which for a network of millions of parameters is a quarter of a CPU's step less than an operation at a time.
Each row is a tensor of its own, so that it is rounded alike beside others and alone; where only some parameters decay, a row is cut there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from search_spaces.recipe import Training

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """Neighbouring parameters of a row with one weight decay, and their state; views of the matrices."""

    row: int
    columns: slice
    parameters: Tensor
    first: Tensor
    second: Tensor
    count: Tensor
    """() steps so far."""


class Optimizer:
    """State of F rows; each row counts its own steps."""

    def __init__(self, parameters: Tensor, training: Training, *, decayed: Tensor | None = None) -> None:
        """``decayed`` (P,) is 1 where weight decay holds and 0 elsewhere; None: it holds everywhere."""
        self.parameters = parameters  # (F, P), updated in place
        self.training, self.lr = training, training.lr
        self.first = torch.zeros_like(parameters)
        self.second = torch.zeros_like(parameters) if training.optimizer != "sgd" else self.first
        everywhere = torch.ones(parameters.shape[1]) if decayed is None else decayed
        shares, lengths = torch.unique_consecutive(everywhere, return_counts=True)
        self.counts = torch.zeros(len(parameters), len(shares), device=parameters.device)
        self.pieces: dict[float, list[_Piece]] = {}
        stops = lengths.cumsum(0).tolist()
        for at, (share, length, stop) in enumerate(zip(shares.tolist(), lengths.tolist(), stops, strict=True)):
            decay = training.weight_decay * share
            self.pieces.setdefault(decay, []).extend(self._piece(row, slice(stop - length, stop), at) for row in range(len(parameters)))

    def _piece(self, row: int, columns: slice, at: int) -> _Piece:
        parameters, first, second = (matrix[row, columns] for matrix in (self.parameters, self.first, self.second))
        return _Piece(row=row, columns=columns, parameters=parameters, first=first, second=second, count=self.counts[row, at])

    def step(self, rows: range, gradient: Tensor) -> None:
        """Update neighbouring rows by their gradients (R, P)."""
        if self.training.clip_norm is not None:
            norm = gradient.norm(dim=1, keepdim=True)
            gradient = gradient * (self.training.clip_norm / norm.clamp_min(self.training.clip_norm))
        for decay, pieces in self.pieces.items():
            chosen = [piece for piece in pieces if piece.row in rows]
            self._update(chosen, [gradient[piece.row - rows.start, piece.columns] for piece in chosen], decay)

    def _update(self, pieces: Sequence[_Piece], gradients: list[Tensor], decay: float) -> None:
        parameters, first = [piece.parameters for piece in pieces], [piece.first for piece in pieces]
        if self.training.optimizer == "sgd":
            momentum: list[Tensor | None] = list(first)
            sgd(
                parameters, gradients, momentum, lr=self.lr, momentum=self.training.momentum, weight_decay=decay,
                dampening=0.0, nesterov=False, maximize=False, fused=True,
            )  # fmt: skip
        else:
            adam(
                parameters, gradients, first, [piece.second for piece in pieces], [], [piece.count for piece in pieces],
                lr=self.lr, beta1=BETA1, beta2=BETA2, eps=EPSILON, weight_decay=decay,
                decoupled_weight_decay=self.training.optimizer == "adamw", amsgrad=False, maximize=False, fused=True,
            )  # fmt: skip
