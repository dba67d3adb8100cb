"""Networks of several folds as one: their parameters are rows of one matrix, and their batches run as one program.

Parameters of fold f are row f of a flat (F, P) matrix, and each parameter tensor is a view into it, so one optimiser step is six
operations on (F, P) however many tensors a network has. One fold runs its own module; several run one under ``torch.func.vmap``, which
turns the convolutions of F folds into one grouped convolution. The algebra is the same: float64 differs by rounding alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from models.layers import BatchNorm2d, MaxPool2d, noise_shapes

MERGED = (BatchNorm2d, MaxPool2d)


class Stack:
    """F networks of one architecture, R of which take a step."""

    def __init__(self, networks: Sequence[nn.Module], *, device: torch.device, dtype: torch.dtype) -> None:
        self.networks = [network.to(device=device, dtype=dtype) for network in networks]
        self.shapes = {name: parameter.shape for name, parameter in self.networks[0].named_parameters()}
        kept = set(self.networks[0].state_dict()) - set(self.shapes)
        named = [{name: buffer for name, buffer in network.named_buffers() if name in kept} for network in self.networks]
        self.flat = torch.stack([torch.cat([p.detach().reshape(-1) for p in network.parameters()]) for network in self.networks])  # (F, P)
        self.buffers = {name: torch.stack([tensors[name] for tensors in named]) for name in named[0]}
        """Running statistics, (F, ...) each; dropout noise is no state."""
        for row, network in enumerate(self.networks):
            self._share(network, row)
        self._noise_shapes: dict[str, tuple[int, ...]] | None = None

    def _share(self, network: nn.Module, row: int) -> None:
        """The network's tensors become views of its row."""
        views = self.views(self.flat[row])
        for name, parameter in network.named_parameters():
            parameter.data = views[name]
        for name, buffer in self.buffers.items():
            path, _, last = name.rpartition(".")
            network.get_submodule(path)._buffers[last] = buffer[row]

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """A flat (F, P) or (P,) matrix as named tensors of the network's shapes (with a leading F for a matrix)."""
        lead = flat.shape[:-1]
        parts = flat.split([shape.numel() for shape in self.shapes.values()], dim=-1)
        return {name: part.view(*lead, *shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def draw_noise(self, example: Tensor, generators: Sequence[torch.Generator]) -> dict[str, Tensor]:
        """Uniform noise of every dropout layer for batches like ``example`` (B, ...), one generator per row: (R, ...) each."""
        if self._noise_shapes is None:
            shapes = noise_shapes(self.networks[0], example)
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
        if len(rows) == 1:
            return self._alone(loss, rows.start, noise, *inputs)
        assert len(rows) == len(self.networks), "Rows are trained all together or one by one."
        return self._together(loss, noise, *inputs)

    def _alone(self, loss: Callable[..., Tensor], row: int, noise: dict[str, Tensor], *inputs: Tensor) -> tuple[Tensor, Tensor]:
        network = self.networks[row].train()
        for name, tensor in noise.items():
            network.get_submodule(name.removesuffix(".noise")).noise = tensor[0]
        value = loss(network, *(tensor[0] for tensor in inputs))
        gradients = torch.autograd.grad(value, list(network.parameters()))
        return value.detach().unsqueeze(0), torch.cat([gradient.reshape(-1) for gradient in gradients]).unsqueeze(0)

    def _together(self, loss: Callable[..., Tensor], noise: dict[str, Tensor], *inputs: Tensor) -> tuple[Tensor, Tensor]:
        module = self.networks[0].train()
        flat = self.flat.detach().requires_grad_()

        def run(parameters: dict[str, Tensor], buffers: dict[str, Tensor], noise: dict[str, Tensor], *inputs: Tensor) -> Tensor:
            def network(x: Tensor, **options: bool) -> Tensor:
                result: Tensor = functional_call(module, {**parameters, **buffers, **noise}, (x,), options)
                return result

            return loss(network, *inputs)

        with self._merged():
            losses = vmap(run)(self.views(flat), self.buffers, noise, *(_side_by_side(tensor) for tensor in inputs))
        (gradient,) = torch.autograd.grad(losses.sum(), flat)
        return losses.detach(), gradient

    @contextmanager
    def _merged(self) -> Iterator[None]:
        """Layers that can run the folds side by side do."""
        layers = [layer for layer in self.networks[0].modules() if isinstance(layer, MERGED)]
        try:
            for layer in layers:
                layer.merged = True
            yield
        finally:
            for layer in layers:
                layer.merged = False


def _side_by_side(x: Tensor) -> Tensor:
    """Images (F, B, C, H, W) with the folds' channels side by side in memory, (B, H, W, F, C): the layout of one grouped convolution."""
    return x.permute(1, 3, 4, 0, 2).contiguous().permute(3, 0, 4, 1, 2) if x.dim() == 5 else x
