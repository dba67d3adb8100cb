"""Codes against scikit-learn's lasso, the graph against loops over rows, and a dictionary that is known."""

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import sparse_encode
from torch import Tensor

from models.sparse_coding import ROUNDS, codes, laplacian, learn, lipschitz

SPARSITY, GRAPH = 0.1, 0.5


def rows(num_rows: int = 40, num_features: int = 12, seed: int = 0) -> Tensor:
    return torch.randn(num_rows, num_features, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def unit(num_atoms: int = 20, seed: int = 1) -> Tensor:
    return torch.nn.functional.normalize(rows(num_atoms, seed=seed), dim=1)


def objective(x: Tensor, found: Tensor, dictionary: Tensor, graph: float = 0.0, neighbours: Tensor | None = None) -> float:
    value = 0.5 * (x - found @ dictionary).square().sum() + SPARSITY * found.abs().sum()
    if neighbours is not None:
        value = value + graph / 2 * torch.trace(found.T @ neighbours @ found)
    return float(value)


def test_codes_are_those_of_the_lasso() -> None:
    x, dictionary = rows(), unit()
    got = codes(x, dictionary, sparsity=SPARSITY, curvature=lipschitz(dictionary))
    theirs = sparse_encode(x.numpy(), dictionary.numpy(), algorithm="lasso_cd", alpha=SPARSITY, max_iter=100_000)
    least = objective(x, torch.tensor(theirs), dictionary)
    assert least <= objective(x, got, dictionary) <= least * 1.001
    assert (got == 0).double().mean() > 0.3


def test_one_clips_codes_do_not_depend_on_the_batch() -> None:
    x, dictionary = rows(24).unflatten(0, (4, 6)), unit()
    together = codes(x, dictionary, sparsity=SPARSITY, curvature=lipschitz(dictionary))
    for clip, found in zip(x, together, strict=True):
        torch.testing.assert_close(codes(clip[None], dictionary, sparsity=SPARSITY, curvature=lipschitz(dictionary))[0], found)


def test_an_atoms_multiple_is_coded_by_it_alone() -> None:
    dictionary = torch.eye(12, dtype=torch.float64)
    got = codes(3 * dictionary[4:5], dictionary, sparsity=SPARSITY, curvature=lipschitz(dictionary))
    assert got[0, 4] == pytest.approx(3 - SPARSITY) and got.count_nonzero() == 1


def test_with_the_graph_codes_reach_the_minimum_of_plain_steps() -> None:
    x, dictionary = rows(), unit()
    dense = laplacian(x, 3).to_dense()
    got = codes(x, dictionary, sparsity=SPARSITY, curvature=lipschitz(dictionary, GRAPH), laplacian=dense.to_sparse(), graph=GRAPH)
    slow, step = torch.zeros_like(got), 1 / (torch.linalg.eigvalsh(dictionary @ dictionary.T)[-1] + GRAPH * 2)
    for _ in range(5000):
        moved = slow - step * ((slow @ dictionary - x) @ dictionary.T + GRAPH * dense @ slow)
        slow = moved.sign() * (moved.abs() - step * SPARSITY).clamp(min=0)
    least = objective(x, slow, dictionary, GRAPH, dense)
    assert least - 1e-9 <= objective(x, got, dictionary, GRAPH, dense) <= least * 1.001
    apart = codes(x, dictionary, sparsity=SPARSITY, curvature=lipschitz(dictionary))
    assert torch.trace(got.T @ dense @ got) < 0.9 * torch.trace(apart.T @ dense @ apart)  # neighbours have become alike


def test_the_laplacian_is_that_of_loops_over_rows() -> None:
    x, k = rows(15, 4), 3
    x[7] = 0
    linked = np.zeros((15, 15), bool)
    for i in range(15):
        cosines = [(float(x[i] @ x[j] / (x[i].norm() * x[j].norm())), j) for j in range(15) if j != i and 7 not in (i, j)]
        for _, j in sorted(cosines, reverse=True)[:k]:
            linked[i, j] = linked[j, i] = True
    expected = np.zeros((15, 15))
    for i, j in np.argwhere(linked):
        expected[i, j] = -1 / math.sqrt(linked[i].sum() * linked[j].sum())
    expected[np.arange(15) != 7, np.arange(15) != 7] = 1
    assert np.allclose(laplacian(x, k).to_dense().numpy(), expected)
    assert 0 <= np.linalg.eigvalsh(expected).min() + 1e-9 and np.linalg.eigvalsh(expected).max() <= 2


def test_more_neighbours_than_rows_are_all_of_them() -> None:
    assert laplacian(rows(4, 3), 10).to_dense().count_nonzero() == 16


@pytest.mark.parametrize("graph", [0.0, GRAPH])
def test_learning_lowers_the_objective_and_keeps_atoms_in_the_unit_ball(graph: float, monkeypatch: pytest.MonkeyPatch) -> None:
    x = rows(60)
    neighbours, values = laplacian(x, 3).to_dense(), []
    for num_rounds in (0, 1, 3, ROUNDS):
        monkeypatch.setattr("models.sparse_coding.ROUNDS", num_rounds)
        dictionary = learn(x, 16, sparsity=SPARSITY, graph=graph, num_neighbours=3)
        found = codes(x, dictionary, sparsity=SPARSITY, curvature=lipschitz(dictionary, graph), laplacian=neighbours, graph=graph)
        values.append(objective(x, found, dictionary, graph, neighbours))
        assert dictionary.norm(dim=1).max() <= 1 + 1e-9
    assert values == sorted(values, reverse=True) and values[-1] < 0.8 * values[0]


def test_planted_atoms_are_found() -> None:
    generator = torch.Generator().manual_seed(3)
    planted = torch.linalg.qr(torch.randn(12, 6, generator=generator, dtype=torch.float64))[0].T
    chosen = torch.randint(0, 6, (300,), generator=generator)
    lengths = 1 + torch.rand(300, 1, generator=generator, dtype=torch.float64)
    x = planted[chosen] * lengths + 0.02 * torch.randn(300, 12, generator=generator, dtype=torch.float64)
    learned = learn(x, 8, sparsity=SPARSITY, graph=0.0, num_neighbours=3)
    assert (learned @ planted.T).abs().max(0).values.min() > 0.95


def test_learning_draws_nothing() -> None:
    assert torch.equal(*(learn(rows(), 8, sparsity=SPARSITY, graph=GRAPH, num_neighbours=3) for _ in range(2)))


def test_more_atoms_than_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="but got 41 for 40. Lower model.num_atoms"):
        learn(rows(), 41, sparsity=SPARSITY, graph=0.0, num_neighbours=3)
