"""Piecewise affine: the Delaunay triangles of the control points, each moved by the affine map that its corners fix.

Outside their hull, the nearest point of the hull is moved as the hull is, and the rest of the way by the linear part of the least-squares
affine map of all points. The map stays continuous and affine maps stay exact. The nearest triangle's own map would not do: triangles along
the hull are slivers, and an affine map continued from a sliver goes anywhere.
"""

import numpy as np
from scipy.spatial import Delaunay

from preprocessing.steps.procrustes import affine


class PiecewiseAffine:
    """A map from output positions to input positions through (K, 2) controls and their (K, 2) values."""

    def __init__(self, controls: np.ndarray, values: np.ndarray):
        self.controls, self.values = controls, values
        self.triangles = Delaunay(controls)
        self.linear = affine(controls, values)[:, :2]

    def __call__(self, positions: np.ndarray) -> np.ndarray:
        """(2, ...) output positions -> (2, ...) input positions."""
        points = positions.reshape(2, -1).T
        found = self.triangles.find_simplex(points)
        read = np.empty_like(points)
        read[found >= 0] = self._inside(points[found >= 0], found[found >= 0])
        read[found < 0] = self._outside(points[found < 0])
        return read.T.reshape(positions.shape)

    def _inside(self, points: np.ndarray, triangle: np.ndarray) -> np.ndarray:
        transform = self.triangles.transform[triangle]
        two = np.einsum("kij,kj->ki", transform[:, :2], points - transform[:, 2])
        shares = np.column_stack([two, 1 - two.sum(axis=1)])  # barycentric
        return np.einsum("ki,kic->kc", shares, self.values[self.triangles.simplices[triangle]])

    def _outside(self, points: np.ndarray) -> np.ndarray:
        nearest, read = np.full(len(points), np.inf), np.empty_like(points)
        for first, last in self.triangles.convex_hull:
            along = self.controls[last] - self.controls[first]
            share = ((points - self.controls[first]) @ along / (along @ along)).clip(0, 1)[:, None]
            beyond = points - self.controls[first] - share * along
            distance = np.einsum("kc,kc->k", beyond, beyond)
            closer = distance < nearest
            nearest[closer] = distance[closer]
            moved = self.values[first] + share * (self.values[last] - self.values[first]) + beyond @ self.linear.T
            read[closer] = moved[closer]
        return read
