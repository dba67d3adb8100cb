"""Procrustes: affine and similarity maps between point sets, and the mean shape of many faces."""

import numpy as np

from preprocessing.steps.landmarks import eyes
from preprocessing.steps.resampling import Map

_CLOSE, _ROUNDS = 1e-12, 100


def affine(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(2, 3) matrix of the affine map that takes (N, 2) points to (N, 2) values with the least squared error."""
    homogeneous = np.column_stack([points, np.ones(len(points))])
    return np.linalg.lstsq(homogeneous, values, rcond=None)[0].T


def similarity(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(2, 3) matrix of the rotation, scaling and shift (no mirroring) with the least squared error: Umeyama, PAMI 1991, Eq. 34-43."""
    centre, mean = points.mean(axis=0), values.mean(axis=0)
    spread = ((points - centre) ** 2).sum()
    if spread == 0:
        raise ValueError(f"Points must differ to be aligned, but got {len(points)} at {centre.tolist()}. Check the landmarks.")
    u, singular, vt = np.linalg.svd((values - mean).T @ (points - centre))
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    linear = (u * signs) @ vt * (singular @ signs / spread)
    return np.column_stack([linear, mean - linear @ centre])


def matrix_map(matrix: np.ndarray) -> Map:
    """The map of a (2, 3) matrix."""
    return lambda positions: np.tensordot(matrix[:, :2], positions, axes=1) + matrix[:, 2].reshape(2, *[1] * (positions.ndim - 1))


def mean_shape(shapes: np.ndarray) -> np.ndarray:
    """Generalised Procrustes mean (Gower 1975) of (N, 68, 2) landmarks, ``upright``; size, place and roll of each do not count."""
    shapes = np.stack([upright(shape) for shape in shapes])
    mean = shapes[0]
    for _ in range(_ROUNDS):
        aligned = [matrix_map(similarity(shape, mean))(shape.T).T for shape in shapes]
        before, mean = mean, upright(np.mean(aligned, axis=0))
        if np.abs(mean - before).max() < _CLOSE:
            return mean
    raise ValueError(
        f"The mean shape of {len(shapes)} faces must settle, but did not in {_ROUNDS} rounds. Look for wrong landmarks among them."
    )


def upright(shape: np.ndarray) -> np.ndarray:
    """(68, 2) landmarks in eye distances, eye centres at (-.5, 0) and (.5, 0)."""
    goal = np.array([[-0.5, 0.0], [0.5, 0.0]])
    return matrix_map(similarity(np.stack(eyes(shape)), goal))(shape.T).T
