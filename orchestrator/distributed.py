"""One fold over a process group: each process takes its share of every batch, and the results are those of one process.

Gradients are summed over the group, and batch normalisation sees the statistics of the whole batch (torch's ``SyncBatchNorm`` is CUDA-
only, so the few lines are here, on ``torch.distributed``'s differentiable ``all_reduce``; they run on gloo and nccl)."""

from types import MethodType
from typing import cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.modules.batchnorm import _BatchNorm

Noise = dict[str, Tensor]


class Alone:
    """No group: one process sees whole batches."""

    writes = True
    """Whether this process writes the results."""

    def prepare(self, network: nn.Module) -> nn.Module:
        return network

    def share(self, x: Tensor, goal: Tensor, noise: Noise) -> tuple[Tensor, Tensor, Noise]:
        """This process's clips of the batch: (R, B, ...) each; dropout noise has a multiple of B rows."""
        return x, goal, noise

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
        self._batch = 0
        self._repeated = False

    def prepare(self, network: nn.Module) -> nn.Module:
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                module.forward = MethodType(_synchronised_forward, module)  # type: ignore[method-assign]
        return network

    def share(self, x: Tensor, goal: Tensor, noise: Noise) -> tuple[Tensor, Tensor, Noise]:
        num = x.shape[1]
        self._repeated = num < self.size
        self._batch = num * self.size if self._repeated else num
        if self._repeated:
            return x, goal, noise
        start, stop = self.rank * num // self.size, (self.rank + 1) * num // self.size
        cut = {name: tensor[:, start * (tensor.shape[1] // num) : stop * (tensor.shape[1] // num)] for name, tensor in noise.items()}
        return x[:, start:stop], goal[:, start:stop], cut

    def batch_size(self, num_local: int) -> int:
        return self._batch

    def combine(self, loss: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        packed = torch.cat([loss.unsqueeze(1), gradient], 1)
        dist.all_reduce(packed)
        return packed[:, 0], packed[:, 1:]


Group = Alone


def _synchronised_forward(self: _BatchNorm, x: Tensor) -> Tensor:
    """Batch normalisation with the statistics of the group's whole batch; x (B, C, ...)."""
    if not self.training:
        return nn.functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)
    axes = [axis for axis in range(x.dim()) if axis != 1]
    shape = [1, -1, *[1] * (x.dim() - 2)]
    count = x.new_tensor([x.numel() / x.shape[1]])
    packed = cast(Tensor, all_reduce(torch.cat([x.sum(axes), count])))
    number = packed[-1]
    mean = packed[:-1] / number
    centred = x - mean.view(shape)
    variance = cast(Tensor, all_reduce(centred.square().sum(axes))) / number
    with torch.no_grad():
        momentum = cast(float, self.momentum)
        assert self.running_mean is not None and self.running_var is not None
        self.running_mean.lerp_(mean.to(self.running_mean), momentum)
        self.running_var.lerp_((variance * number / (number - 1)).to(self.running_var), momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
    normal = centred * torch.rsqrt(variance + self.eps).view(shape)
    return normal * self.weight.view(shape) + self.bias.view(shape)
