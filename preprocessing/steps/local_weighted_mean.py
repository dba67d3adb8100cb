"""Local weighted mean: a smooth map through control points, each of which speaks for its neighbourhood by a quadratic polynomial.

Source: Goshtasby, "Image registration by local approximation methods", Image and Vision Computing 6(4), 1988; STRCN Sec. III-A.
Polynomial i is fitted to the n control points nearest to i (itself among them; 6 coefficients, least squares for n > 6) and weighted by
W(R) = 1 - 3 R^2 + 2 R^3 for R < 1, where R is the distance to point i divided by D_n, that of its (n - 1)-th nearest other point.
Where no weight reaches, the polynomial of the nearest control point holds: it extrapolates, and grows fast far from the face.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from preprocessing.steps.procrustes import affine, matrix_map

NUM_NEIGHBOURS = 12
"""n; the value that Matlab's ``cp2tform`` recommends."""
_COEFFICIENTS = 6
_FLAT = 1e-10
"""Singular values below this share of the largest: the neighbours lie on one conic and leave a polynomial undetermined."""


@dataclass(frozen=True, kw_only=True)
class LocalWeightedMean:
    """A map from output positions to input positions."""

    affine: np.ndarray
    """(2, 3): the least-squares affine map. Polynomials hold what it leaves, so that a flat neighbourhood falls back on it."""
    controls: np.ndarray
    """(K, 2) output positions."""
    radii: np.ndarray
    """(K,) D_n."""
    polynomials: np.ndarray
    """(K, 2, 6) coefficients of 1, x, y, x^2, xy, y^2 with (x, y) relative to the control point, in radii."""

    def __call__(self, positions: np.ndarray) -> np.ndarray:
        """(2, ...) output positions -> (2, ...) input positions."""
        points = positions.reshape(2, -1)
        order = np.argsort(points[1], kind="stable")  # by rows, so that a control point looks at those it can reach
        read = np.empty_like(points, np.float64)
        read[:, order] = self._read(points[:, order])
        return read.reshape(positions.shape)

    def _read(self, points: np.ndarray) -> np.ndarray:
        weights, sums = np.zeros(points.shape[1]), np.zeros(points.shape)
        bands = np.searchsorted(points[1], self.controls[:, 1] + self.radii * [[-1], [1]])
        for control, radius, polynomial, first, last in zip(self.controls, self.radii, self.polynomials, *bands, strict=True):
            x, y = (points[:, first:last] - control[:, None]) / radius
            square = x * x + y * y
            near = np.flatnonzero(square < 1)
            x, y, square = x[near], y[near], square[near]
            weight = 1 + square * (2 * np.sqrt(square) - 3)
            weights[first + near] += weight
            sums[:, first + near] += weight * (polynomial @ _monomials(x, y))
        reached = weights > 0
        sums[:, reached] /= weights[reached]
        sums[:, ~reached] = self._nearest(points[:, ~reached])
        return matrix_map(self.affine)(points) + sums

    def _nearest(self, points: np.ndarray) -> np.ndarray:
        nearest = cKDTree(self.controls).query(points.T)[1]
        x, y = (points.T - self.controls[nearest]).T / self.radii[nearest]
        return np.einsum("kcm,mk->ck", self.polynomials[nearest], _monomials(x, y))


def fit(controls: np.ndarray, values: np.ndarray, num_neighbours: int = NUM_NEIGHBOURS) -> LocalWeightedMean:
    """The map that takes (K, 2) controls near (K, 2) values; exactly where these are a quadratic map of the controls."""
    if not _COEFFICIENTS <= num_neighbours <= len(controls):
        raise ValueError(
            f"Neighbours of a local weighted mean must be {_COEFFICIENTS} to {len(controls)} (its control points), but got "
            f"{num_neighbours}. Use {NUM_NEIGHBOURS}."
        )
    distances = np.hypot(*(controls[:, None] - controls).transpose(2, 0, 1))
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :num_neighbours]
    radii = np.take_along_axis(distances, nearest[:, -1:], axis=1)[:, 0]
    if not radii.all():
        raise ValueError(f"Control points must differ, but {num_neighbours} of them coincide. Check the landmarks of the target.")
    matrix = affine(controls, values)
    left = values - matrix_map(matrix)(controls.T).T
    x, y = ((controls[nearest] - controls[:, None]) / radii[:, None, None]).transpose(2, 0, 1)
    solve = np.linalg.pinv(np.moveaxis(_monomials(x, y), 0, -1), rcond=_FLAT)  # (K, 6, n)
    polynomials = (solve @ left[nearest]).transpose(0, 2, 1)
    return LocalWeightedMean(affine=matrix, controls=controls, radii=radii, polynomials=polynomials)


def _monomials(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])
