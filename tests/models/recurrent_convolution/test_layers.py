import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.recurrent_convolution.layers import READINGS, SummedRecurrence

MAPS = 6


def _layer(reading: str, iterations: int = 3, maps: int = MAPS) -> nn.Module:
    torch.manual_seed(0)
    layer = READINGS[reading](maps, iterations).double().eval()
    for buffer in layer.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)  # running statistics that are not those of identity
    return layer


def _maps() -> Tensor:
    return torch.randn(2, MAPS, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("maps", [16, 128])
@pytest.mark.parametrize(
    ("reading", "iterations", "square", "linear"),
    [
        ("eq6", 3, 10, 9),
        ("eq6_literal_init", 3, 10, 7),
        ("unshared", 3, 28, 9),
        ("authors_torch", 3, 10, 6),
        ("authors_torch", 2, 10, 6),
        ("authors_matconvnet", 2, 19, 6),
    ],
)
def test_counts_of_each_reading(reading: str, iterations: int, square: int, linear: int, maps: int) -> None:
    assert sum(p.numel() for p in _layer(reading, iterations, maps).parameters()) == square * maps**2 + linear * maps


@pytest.mark.parametrize("reading", ["eq6", "eq6_literal_init", "unshared"])
def test_equation_6(reading: str) -> None:
    layer, u = _layer(reading), _maps()
    layer.bias.data.uniform_(-1, 1)  # type: ignore[operator]
    f = layer.feed(u)  # type: ignore[operator]
    norms, kernels = list(layer.norms), list(layer.recur) * (1 if reading == "unshared" else 3)  # type: ignore[arg-type]
    v = u if reading == "eq6_literal_init" else F.relu(norms.pop(0)(f))
    for norm, kernel in zip(norms, kernels, strict=True):
        v = F.relu(norm(f + kernel(v) + layer.bias.view(1, -1, 1, 1)))  # type: ignore[operator]
    torch.testing.assert_close(layer(u), v, rtol=0, atol=1e-12)


@pytest.mark.parametrize("reading", ["authors_torch", "authors_matconvnet"])
def test_the_authors_code(reading: str) -> None:
    layer, u = _layer(reading, 2), _maps()
    kernels = list(layer.recur) * (2 if reading == "authors_torch" else 1)  # type: ignore[arg-type]
    y = layer.feed(u)  # type: ignore[operator]
    for kernel in kernels:
        y = kernel(u + y)
    torch.testing.assert_close(layer(u), y, rtol=0, atol=1e-12)


def test_shortcuts_add_every_earlier_state() -> None:
    torch.manual_seed(0)
    layer, u = SummedRecurrence(MAPS, 3, shared=True, bias=True, dense=True).double().eval(), _maps()
    convolve = layer.recur[0]
    y = layer.feed(u)
    z = convolve(u + y)
    e = convolve(u + y + z)
    torch.testing.assert_close(layer(u), convolve(u + y + z + e), rtol=0, atol=1e-12)


def test_a_gate_weighs_the_first_state() -> None:
    torch.manual_seed(0)
    layer, u = SummedRecurrence(MAPS, 1, shared=True, bias=True).double().eval(), _maps()
    gate = torch.rand(2, 1, 5, 4).double()
    torch.testing.assert_close(layer(u, gate), layer.recur[0](u + gate * layer.feed(u)), rtol=0, atol=1e-12)
