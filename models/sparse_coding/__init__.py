"""Graph-regularised sparse coding: rows of data as sparse sums of learned atoms, alike where the data are neighbours.

Paper: Zheng, Bu, Chen, Wang, Zhang, Qiu, Cai, "Graph regularized sparse coding for image representation", IEEE Trans. Image Processing
20(5), 2011, with X, B, S transposed (data are rows here):

    minimise over S and D   1/2 |X - S D|^2 + graph / 2 tr(S^T L S) + sparsity |S|_1,   |d| <= 1 for every atom d of D

Codes are found by accelerated soft thresholding (Beck and Teboulle, "A fast iterative shrinkage-thresholding algorithm", 2009), where the
paper searches feature signs; atoms by block coordinate descent (Mairal et al., "Online learning for matrix factorization and sparse
coding", 2010), where the paper solves the Lagrange dual. Both have the same minima. No random draw.

Shapes: N rows of D features, A atoms.
"""

import math

import torch
from torch import Tensor

CODE_STEPS = 60
"""Of a row's code: its objective is then within a thousandth of the minimum (a test compares with scikit-learn's)."""
ROUNDS = 10
"""Of the alternation between codes and atoms."""


def lipschitz(dictionary: Tensor, graph: float = 0.0) -> Tensor:
    """The largest curvature of the smooth part: that of the atoms (A, D), and at most 2 of a normalised Laplacian. ()"""
    return torch.linalg.eigvalsh(dictionary @ dictionary.T)[-1] + 2 * graph


def codes(
    x: Tensor, dictionary: Tensor, *, sparsity: float, curvature: Tensor, laplacian: Tensor | None = None, graph: float = 0.0
) -> Tensor:
    """Rows (..., D) -> codes (..., A) by ``CODE_STEPS`` steps from 0. With a sparse ``laplacian`` (N, N), rows (N, D) are coded jointly."""
    step = 1 / curvature.clamp(min=torch.finfo(x.dtype).eps)
    target, gram = x @ dictionary.T, dictionary @ dictionary.T
    found = ahead = torch.zeros_like(target)
    momentum = 1.0
    for _ in range(CODE_STEPS):
        slope = ahead @ gram - target
        if laplacian is not None:
            slope = slope + graph * (laplacian @ ahead)
        moved = ahead - step * slope
        before, found = found, moved.sign() * (moved.abs() - step * sparsity).clamp(min=0)
        following = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = found + (momentum - 1) / following * (found - before)
        momentum = following
    return found


def laplacian(x: Tensor, num_neighbours: int) -> Tensor:
    """I - W' of the rows (N, D), sparse (N, N): W' is the degree-normalised graph of each row's nearest neighbours by angle, made mutual.

    A row of zeros has no angle, hence no neighbour, and stays alone.
    """
    unit = torch.nn.functional.normalize(x, dim=1)
    alone = unit.square().sum(1) == 0
    nearest = torch.cat([_nearest(unit, start, num_neighbours) for start in range(0, len(x), 1024)])  # (N, k)
    pairs = torch.stack([torch.arange(len(x)).repeat_interleave(nearest.shape[1]), nearest.flatten()])
    pairs = pairs[:, ~(alone[pairs[0]] | alone[pairs[1]])]
    pairs = torch.cat([pairs, pairs.flip(0)], 1).unique(dim=1)
    degree = torch.bincount(pairs[0], minlength=len(x)).to(x.dtype).clamp(min=1)
    weights = -(degree[pairs[0]] * degree[pairs[1]]).rsqrt()
    own = (~alone).nonzero().flatten().repeat(2, 1)
    indices, values = torch.cat([pairs, own], 1), torch.cat([weights, torch.ones(own.shape[1], dtype=x.dtype)])
    return torch.sparse_coo_tensor(indices, values, (len(x), len(x)), check_invariants=True).coalesce()


def learn(x: Tensor, num_atoms: int, *, sparsity: float, graph: float, num_neighbours: int) -> Tensor:
    """A dictionary (A, D) of the rows (N, D)."""
    if len(x) < num_atoms:
        raise ValueError(
            f"A dictionary must have no more atoms than rows to learn from, but got {num_atoms} for {len(x)}. Lower model.num_atoms."
        )
    dictionary = _first(x, num_atoms)
    neighbours = laplacian(x, num_neighbours) if graph > 0 else None
    for _ in range(ROUNDS):
        found = codes(x, dictionary, sparsity=sparsity, curvature=lipschitz(dictionary, graph), laplacian=neighbours, graph=graph)
        dictionary = _updated(dictionary, found.T @ found, found.T @ x)
    return dictionary


def _nearest(unit: Tensor, start: int, num_neighbours: int) -> Tensor:
    """The nearest of all rows to 1024 rows, by cosine, themselves left out: (n, k)."""
    likeness = unit[start : start + 1024] @ unit.T
    likeness[torch.arange(len(likeness)), torch.arange(start, start + len(likeness))] = -torch.inf
    return likeness.topk(min(num_neighbours, len(unit) - 1), dim=1).indices


def _first(x: Tensor, num_atoms: int) -> Tensor:
    """Directions of rows (N, D), each of the row that those before it explain least, as one multiple of one of them: (A, D)."""
    unexplained, atoms = x.square().sum(1), []
    for _ in range(num_atoms):
        atoms.append(torch.nn.functional.normalize(x[unexplained.argmax()], dim=0))
        unexplained = torch.minimum(unexplained, x.square().sum(1) - (x @ atoms[-1]).square())
    return torch.stack(atoms)


def _updated(dictionary: Tensor, gram: Tensor, target: Tensor) -> Tensor:
    """Each atom in turn at its best within the unit ball, the others fixed; one that no code uses stays."""
    atoms = dictionary.clone()
    for j in range(len(atoms)):
        if gram[j, j] > 0:
            best = atoms[j] + (target[j] - gram[j] @ atoms) / gram[j, j]
            atoms[j] = best / best.norm().clamp(min=1)
    return atoms
