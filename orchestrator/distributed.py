"""One fold over a process group: each process takes its share of every batch, and the results are those of one process.

Gradients are summed over the group, and batch normalisation sees the statistics of the whole batch (torch's ``SyncBatchNorm`` is CUDA-
only, so the few lines are here, with an ``all_reduce`` whose gradient is the sum of the group's; they run on gloo and nccl)."""

from functools import partial
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

Noise = dict[str, Tensor]
Shared = tuple[Tensor, Tensor, Tensor]


class Alone:
    """No group: one process sees whole batches."""

    writes = True
    """Whether this process writes the results."""

    def prepare(self, network: nn.Module) -> nn.Module:
        return network

    def share(self, tensors: Shared, noise: Noise) -> tuple[Shared, Noise]:
        """This process's clips of the batch: (R, B, ...) each; dropout noise has a multiple of B rows."""
        return tensors, noise

    def batch_size(self, num_local: int) -> int:
        """Clips of the whole batch."""
        return num_local

    def combine(self, loss: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (R,) and gradients (R, P) of the whole batch."""
        return loss, gradient


class Together(Alone):
    """The default ``torch.distributed`` group. A batch smaller than the group is computed by every process and counted once."""

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.writes = self.rank == 0
        self.copies = 1
        """How often the group computes each clip of the present batch."""
        self._batch = 0

    def prepare(self, network: nn.Module) -> nn.Module:
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                module.forward = partial(_synchronised_forward, module, self)  # type: ignore[method-assign]
        return network

    def share(self, tensors: Shared, noise: Noise) -> tuple[Shared, Noise]:
        num = tensors[0].shape[1]
        self.copies = self.size if num < self.size else 1
        self._batch = num * self.copies
        if self.copies > 1:
            return tensors, noise
        start, stop = self.rank * num // self.size, (self.rank + 1) * num // self.size
        cut = {name: tensor[:, start * (tensor.shape[1] // num) : stop * (tensor.shape[1] // num)] for name, tensor in noise.items()}
        x, goal, importance = (tensor[:, start:stop] for tensor in tensors)
        return (x, goal, importance), cut

    def batch_size(self, num_local: int) -> int:
        return self._batch

    def combine(self, loss: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        packed = torch.cat([loss.unsqueeze(1), gradient], 1)
        dist.all_reduce(packed)
        return packed[:, 0], packed[:, 1:]


Group = Alone


class _Sum(torch.autograd.Function):
    """The sum over the group, and of its gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


def _synchronised_forward(self: _BatchNorm, group: Together, x: Tensor) -> Tensor:
    """Batch normalisation with the statistics of the group's whole batch; x (B, C, ...)."""
    if not self.training:
        return nn.functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)
    axes = [axis for axis in range(x.dim()) if axis != 1]
    shape = [1, -1, *[1] * (x.dim() - 2)]
    count = x.new_tensor([x.numel() / x.shape[1]])
    packed: Tensor = _Sum.apply(torch.cat([x.sum(axes), count]))
    number = packed[-1]
    mean = packed[:-1] / number
    centred = x - mean.view(shape)
    variance: Tensor = _Sum.apply(centred.square().sum(axes)) / number
    with torch.no_grad():
        momentum, values = cast(float, self.momentum), number / group.copies
        assert self.running_mean is not None and self.running_var is not None
        self.running_mean.lerp_(mean.to(self.running_mean), momentum)
        self.running_var.lerp_((variance * values / (values - 1)).to(self.running_var), momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
    normal = centred * torch.rsqrt(variance + self.eps).view(shape)
    return normal * self.weight.view(shape) + self.bias.view(shape)
