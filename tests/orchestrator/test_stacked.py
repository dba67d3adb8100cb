"""Stacked networks: rows of one matrix that behave as the networks they came from."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import models
from orchestrator.stacked import Stack
from tests.orchestrator.training_examples import HPARAMS, SHAPES

CPU = torch.device("cpu")
each = pytest.mark.parametrize("model", sorted(HPARAMS))


def networks(model: str, number: int = 3) -> list[nn.Module]:
    made = []
    for seed in range(number):
        torch.manual_seed(seed)
        made.append(models.build(model, 3, **HPARAMS[model]))
    return made


def stack(model: str, number: int = 3) -> Stack:
    return Stack(networks(model, number), device=CPU, dtype=torch.float64)


def batch(model: str, *lead: int) -> Tensor:
    return torch.rand(*lead, *SHAPES[model], dtype=torch.float64, generator=torch.Generator().manual_seed(9))


def loss(network: Callable[..., Tensor], x: Tensor) -> Tensor:
    return network(x).square().mean()


@each
def test_a_row_is_its_networks_state(model: str) -> None:
    stacked = stack(model)
    for row, network in enumerate(networks(model)):
        network = network.double()
        state = stacked.networks[row].state_dict()
        assert set(state) == set(network.state_dict())
        assert all(torch.equal(state[name], tensor) for name, tensor in network.state_dict().items())


@each
def test_stacked_gradients_are_the_rows_own(model: str) -> None:
    together, apart, x = stack(model), stack(model), batch(model, 3, 4)
    noise = together.draw_noise(x[0], [torch.Generator().manual_seed(row) for row in range(3)])
    losses, gradients = together.gradients(loss, range(3), noise, x)
    for row in range(3):
        alone, gradient = apart.gradients(loss, range(row, row + 1), {k: v[row : row + 1] for k, v in noise.items()}, x[row : row + 1])
        torch.testing.assert_close(alone[0], losses[row], rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(gradient[0], gradients[row], rtol=1e-9, atol=1e-12)
    moved = stack(model)
    for name, buffer in together.buffers.items():
        torch.testing.assert_close(buffer, apart.buffers[name], rtol=1e-12, atol=1e-14)
        assert not torch.equal(buffer, moved.buffers[name]), "running statistics move with every training step"


@each
def test_one_rows_step_leaves_the_others_alone(model: str) -> None:
    stacked, before = stack(model), stack(model)
    noise = stacked.draw_noise(batch(model, 4), [torch.Generator().manual_seed(0)])
    stacked.gradients(loss, range(1, 2), noise, batch(model, 1, 4))
    for name, buffer in stacked.buffers.items():
        assert torch.equal(buffer[[0, 2]], before.buffers[name][[0, 2]]) and not torch.equal(buffer[1], before.buffers[name][1])


@each
def test_noise_is_drawn_per_row_for_any_batch_size(model: str) -> None:
    stacked = stack(model)
    for size in (4, 2, 5):
        both = stacked.draw_noise(batch(model, size), [torch.Generator().manual_seed(seed) for seed in (3, 4)])
        alone = stacked.draw_noise(batch(model, size), [torch.Generator().manual_seed(4)])
        assert both and all(torch.equal(both[name][1], alone[name][0]) and both[name].shape[1] % size == 0 for name in both)


def test_some_but_not_all_rows_cannot_step_together() -> None:
    with pytest.raises(AssertionError, match="all together or one by one"):
        stack("ststnet").gradients(loss, range(2), {}, batch("ststnet", 2, 4))
