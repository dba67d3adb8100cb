"""Networks of several folds as one: their parameters are rows of one matrix, and their batches run as one program.

Parameters of fold f are row f of a flat (F, P) matrix, and each parameter tensor is a view into it, so one optimiser step is six
operations on (F, P) however many tensors a network has. One fold runs the module directly; several run it under ``torch.func.vmap``,
which turns the convolutions of F folds into one grouped convolution. The algebra is the same: float64 differs by rounding alone."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from models.layers import noise_shapes


class Stack:
    """F networks of one architecture, R of which take a step."""

    def __init__(self, networks: Sequence[nn.Module], *, device: torch.device, dtype: torch.dtype) -> None:
        self.num = len(networks)
        self.module = networks[0].to(device=device, dtype=dtype)
        self.shapes = {name: parameter.shape for name, parameter in self.module.named_parameters()}
        flat = [torch.cat([p.detach().reshape(-1) for p in network.parameters()]) for network in networks]
        self.flat = torch.stack([row.to(device=device, dtype=dtype) for row in flat])  # (F, P)
        self.buffers = self._stack_buffers(networks)
        self._noise_shapes: dict[str, tuple[int, ...]] | None = None

    def _stack_buffers(self, networks: Sequence[nn.Module]) -> dict[str, Tensor]:
        """Running statistics, (F, ...) each; dropout noise is no state."""
        kept = {name for name in networks[0].state_dict()} - set(self.shapes)
        stacked = {}
        for name in kept:
            tensors = [dict(network.named_buffers())[name] for network in networks]
            tensor = torch.stack(tensors).to(self.flat.device)
            stacked[name] = tensor.to(self.flat.dtype) if tensor.is_floating_point() else tensor
        return stacked

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """A flat (F, P) or (P,) matrix as named tensors of the network's shapes (with a leading F for a matrix)."""
        lead = flat.shape[:-1]
        parts = flat.split([shape.numel() for shape in self.shapes.values()], dim=-1)
        return {name: part.view(*lead, *shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def state(self, row: int) -> dict[str, Tensor]:
        """The ``state_dict`` of one network, on the CPU."""
        tensors = {**self.views(self.flat[row]), **{name: buffer[row] for name, buffer in self.buffers.items()}}
        return {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}

    def draw_noise(self, example: Tensor, generators: Sequence[torch.Generator]) -> dict[str, Tensor]:
        """Uniform noise of every dropout layer for batches like ``example`` (B, ...), one generator per row: (R, ...) each."""
        if self._noise_shapes is None:
            shapes = noise_shapes(self.module, example)
            self._noise_shapes = {name: (shape[0] // len(example), *shape[1:]) for name, shape in shapes.items()}
        return {
            name: torch.stack(
                [torch.rand((times * len(example), *rest), generator=g, device=example.device, dtype=example.dtype) for g in generators]
            )
            for name, (times, *rest) in self._noise_shapes.items()
        }

    def gradients(self, loss: Callable[..., Tensor], rows: range, noise: dict[str, Tensor], *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (R,) and gradients (R, P) of the chosen rows; every input has a leading R. Running statistics are updated.

        Args:
            loss: from a function that runs the network on a batch, and that row's inputs, to a scalar.
            rows: all rows, or one.
            noise: of ``draw_noise``, (R, ...) each.
        """
        self.module.train()
        fused = len(rows) > 1
        assert not fused or len(rows) == self.num, "Rows are trained all together or one by one."
        flat = (self.flat if fused else self.flat[rows[0]]).detach().requires_grad_()
        buffers = self.buffers if fused else {name: buffer[rows[0]] for name, buffer in self.buffers.items()}

        def run(parameters: dict[str, Tensor], buffers: dict[str, Tensor], noise: dict[str, Tensor], *inputs: Tensor) -> Tensor:
            def network(x: Tensor, **options: bool) -> Tensor:
                return functional_call(self.module, {**parameters, **buffers, **noise}, (x,), options)

            return loss(network, *inputs)

        if fused:
            losses = vmap(run)(self.views(flat), buffers, noise, *inputs)
        else:
            losses = run(self.views(flat), buffers, {k: v[0] for k, v in noise.items()}, *(i[0] for i in inputs)).unsqueeze(0)
        (gradient,) = torch.autograd.grad(losses.sum(), flat)
        return losses.detach(), gradient.view(len(rows), -1)

    @torch.no_grad()
    def predict(self, row: int, x: Tensor) -> Tensor:
        """Class probabilities (n, K) of one network in evaluation mode."""
        self.module.eval()
        tensors = {**self.views(self.flat[row]), **{name: buffer[row] for name, buffer in self.buffers.items()}}
        return functional_call(self.module, tensors, (x,)).softmax(1)
