"""Blocks used by two or more models, or by every trainer.

All of them work under ``torch.func.vmap`` and ``functional_call``, because folds may be trained as one stacked program.
``nn.BatchNorm2d`` does too, as long as its buffers are stacked along with the parameters (it updates them in place), so there is none here.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Inverted dropout whose noise comes from outside; the only random layer a model may have.

    The trainer draws the noise per (seed, fold, step) and sets it before each training step, as an attribute or, with
    ``functional_call``, as the buffer ``<path>.noise``. A fold's result then does not depend on what runs beside it. Without it the
    layer draws its own.
    """

    noise: Tensor | None
    """Uniform on [0, 1), of the shape of the layer's input."""

    def __init__(self, p: float):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"Dropout's p must be in [0, 1), but got {p}. Change model.dropout in the recipe or narrow the search space.")
        self.p = p
        self.register_buffer("noise", None, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        noise = torch.rand_like(x) if self.noise is None else self.noise
        return x * (noise >= self.p) / (1 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}"


def noise_shapes(model: nn.Module, example: Tensor) -> dict[str, tuple[int, ...]]:
    """The noise that each active Dropout of a model needs for one batch, by the name of its ``noise`` buffer.

    One dry run in evaluation mode finds it; the model is left as it was. Dimension 0 is a multiple of the example's batch.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    hooks = [
        layer.register_forward_pre_hook(lambda _, inputs, name=f"{path}.noise": shapes.update({name: tuple(inputs[0].shape)}))
        for path, layer in model.named_modules()
        if isinstance(layer, Dropout) and layer.p > 0
    ]
    modes = {layer: layer.training for layer in model.modules()}
    try:
        with torch.no_grad():
            model.eval()(example)
    finally:
        for layer, training in modes.items():
            layer.training = training
        for hook in hooks:
            hook.remove()
    return shapes


class _Merged(torch.autograd.Function):
    """A per-map operation under vmap: the maps of F folds stand side by side as F * C maps of one batch, and the operation runs once.

    vmap's own rules fold F into the batch for pooling (a copy of every map) and split the affine part off batch normalisation (two
    passes more); merged, the maps keep their channels-last layout from the grouped convolution before to the one after."""

    @staticmethod
    def forward(x: Tensor, operation: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
        return operation(x, *tensors)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Nothing is saved: under vmap the operation itself is recorded."""

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Tensor, operation: Callable[..., Tensor], *tensors: Tensor) -> tuple[Tensor, int]:
        merged = x.movedim(in_dims[0], 1).flatten(1, 2)  # (B, F * C, H, W)
        flat = [tensor.movedim(dim, 0).flatten() for tensor, dim in zip(tensors, in_dims[2:], strict=True)]  # (F * C)
        return operation(merged, *flat).unflatten(1, (info.batch_size, -1)), 1


class BatchNorm2d(nn.BatchNorm2d):
    """``nn.BatchNorm2d``; as fast with folds side by side (``merged``, set by the trainer) as alone."""

    merged = False

    def forward(self, x: Tensor) -> Tensor:
        if not (self.merged and self.training):
            return super().forward(x)

        def normalise(x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
            return nn.functional.batch_norm(x, mean, variance, weight, bias, True, self.momentum or 0.0, self.eps)

        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        normalised: Tensor = _Merged.apply(x, normalise, self.running_mean, self.running_var, self.weight, self.bias)
        return normalised


class MaxPool2d(nn.MaxPool2d):
    """``nn.MaxPool2d``; as fast with folds side by side (``merged``) as alone."""

    merged = False

    def forward(self, x: Tensor) -> Tensor:
        if not (self.merged and self.training):
            return super().forward(x)
        pooled: Tensor = _Merged.apply(x, super().forward)
        return pooled


class LSTM(nn.Module):
    """One LSTM layer in plain operations, because ``nn.LSTM`` cannot be vmapped.

    Hochreiter and Schmidhuber 1997 with a forget gate. Parameters have the names, shapes, gate order (i, f, g, o), two biases and
    initialisation (same draws for one seed) of ``nn.LSTM(input_size, hidden_size, batch_first=True)``.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size))
        self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(hidden_size), 1 / math.sqrt(hidden_size))

    def forward(self, x: Tensor) -> Tensor:  # (B, T, D)
        inputs = nn.functional.linear(x, self.weight_ih_l0, self.bias_ih_l0 + self.bias_hh_l0)  # (B, T, 4 * hidden)
        h = c = inputs.new_zeros(inputs.shape[0], self.hidden_size)
        states = []
        for gates in inputs.unbind(1):
            i, f, g, o = nn.functional.linear(h, self.weight_hh_l0).add(gates).chunk(4, dim=-1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            states.append(h)
        return torch.stack(states, dim=1)  # (B, T, hidden)
