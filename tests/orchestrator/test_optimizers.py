"""The stacked optimisers are torch's, row by row."""

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor

from orchestrator.optimizers import Optimizer
from search_spaces.recipe import Training

ROWS, WIDTH, STEPS = 3, 40, 50
THEIRS: dict[str, Any] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
each = pytest.mark.parametrize("name", THEIRS)


def settings(name: Any, decay: float) -> Training:
    return Training(optimizer=name, lr=0.01, weight_decay=decay, momentum=0.9, batch_size=1, epochs=1)


def start() -> Tensor:
    return torch.randn(ROWS, WIDTH, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def gradient(parameters: Tensor, step: int) -> Tensor:
    """A noisy gradient that depends on where the parameters are."""
    return parameters.sin() + torch.randn(parameters.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(step))


def ours(name: str, decay: float, steps: int = STEPS) -> Tensor:
    parameters = start()
    optimizer = Optimizer(parameters, settings(name, decay))
    for step in range(steps):
        optimizer.lr = 0.01 * 0.99**step
        optimizer.step(range(ROWS), gradient(parameters, step))
    return parameters


@each
@pytest.mark.parametrize("decay", (0.0, 0.05))
def test_fifty_steps_equal_torch(name: str, decay: float) -> None:
    theirs = torch.nn.Parameter(start())
    momentum = {"momentum": 0.9} if name == "sgd" else {}
    optimizer = THEIRS[name]([theirs], lr=0.01, weight_decay=decay, **momentum)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = 0.01 * 0.99**step
        theirs.grad = gradient(theirs.detach(), step)
        optimizer.step()
    assert float((ours(name, decay) - theirs.detach()).abs().max()) <= 1e-12


@each
def test_weight_decay_changes_the_result(name: str) -> None:
    assert float((ours(name, 0.05) - ours(name, 0.0)).abs().max()) > 1e-3


@each
def test_rows_that_step_apart_end_where_they_end_together(name: str) -> None:
    """Row 1 takes its steps alone and later than the others: each row counts its own."""
    parameters = start()
    optimizer = Optimizer(parameters, settings(name, 0.05))
    for step in range(STEPS):
        optimizer.lr = 0.01 * 0.99**step
        given = gradient(parameters, step)
        optimizer.step(range(0, 1), given[:1])
        optimizer.step(range(2, 3), given[2:])
    for step in range(STEPS):
        optimizer.lr = 0.01 * 0.99**step
        optimizer.step(range(1, 2), gradient(parameters, step)[1:2])
    assert torch.equal(parameters, ours(name, 0.05))


@each
def test_rows_with_unequal_step_counts_can_step_as_one_call(name: str) -> None:
    parameters, alone = start(), start()
    together, separate = (Optimizer(rows, settings(name, 0.0)) for rows in (parameters, alone))
    for optimizer in (together, separate):
        optimizer.step(range(0, 1), gradient(start(), 0)[:1])
    for step in range(1, 6):
        together.step(range(ROWS), gradient(parameters, step))
        given = gradient(alone, step)
        for row in range(ROWS):
            separate.step(range(row, row + 1), given[row : row + 1])
    assert torch.equal(parameters, alone)


@each
def test_decay_of_kernels_alone_is_a_parameter_group_of_torch(name: str) -> None:
    kernels = torch.cat([torch.ones(WIDTH // 2), torch.zeros(WIDTH // 2)]).double()
    parameters, optimizer = start(), Optimizer(start(), settings(name, 0.05), decayed=kernels)
    halves = [torch.nn.Parameter(half.clone()) for half in parameters.split(WIDTH // 2, dim=1)]
    groups = [{"params": halves[:1], "weight_decay": 0.05}, {"params": halves[1:], "weight_decay": 0.0}]
    theirs = THEIRS[name](groups, lr=0.01, **({"momentum": 0.9} if name == "sgd" else {}))
    for step in range(STEPS):
        noise = gradient(optimizer.parameters, step)
        for half, part in zip(halves, noise.split(WIDTH // 2, dim=1), strict=True):
            half.grad = part.clone()
        theirs.step()
        optimizer.step(range(ROWS), noise)
    torch.testing.assert_close(optimizer.parameters, torch.cat([half.detach() for half in halves], 1), rtol=1e-10, atol=1e-12)


def test_a_long_gradient_is_shortened_row_by_row() -> None:
    limited = dataclasses.replace(settings("sgd", 0.0), momentum=0.0, clip_norm=2.0)
    parameters = torch.zeros(2, 2, dtype=torch.float64)
    Optimizer(parameters, limited).step(range(2), torch.tensor([[3.0, 4.0], [0.6, 0.8]], dtype=torch.float64))
    torch.testing.assert_close(parameters, torch.tensor([[-0.012, -0.016], [-0.006, -0.008]], dtype=torch.float64))
