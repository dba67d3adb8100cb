"""Goshtasby's local weighted mean against its definition, and against maps that it must reproduce."""

import numpy as np
import pytest

from preprocessing.steps import local_weighted_mean
from preprocessing.steps.alignment import fit
from preprocessing.steps.resampling import positions_of
from tests.preprocessing.steps.photographs import SIZE, target


def quadratic(points: np.ndarray) -> np.ndarray:
    """(2, ...) -> (2, ...): a curved map of faces, a few pixels from an affine one."""
    x, y = points / 140 - 1
    return np.stack([90 * x + 8 * y + 6 * x * x - 5 * x * y + 200, 100 * y - 5 * x + 7 * y * y + 4 * x * x + 220])


def test_local_weighted_mean_reproduces_quadratic_maps() -> None:
    """Each polynomial is the map itself, so that their mean is, and the nearest one beyond their reach too."""
    warp = fit(quadratic(target().T).T, target(), method="local_weighted_mean")
    assert np.abs(warp.coordinates(SIZE) - quadratic(positions_of(SIZE))).max() < 1e-4
    rough = fit(quadratic(target().T).T, target(), method="affine").coordinates(SIZE)
    assert np.abs(rough - quadratic(positions_of(SIZE))).max() > 5  # the map is curved


@pytest.mark.parametrize("num_neighbours", [6, 8, 12, 20])
def test_local_weighted_mean_is_its_definition(num_neighbours: int) -> None:
    """Goshtasby's formulas written out for single positions."""
    controls = np.random.default_rng(1).uniform(0, 100, (30, 2))
    values = controls + np.random.default_rng(2).normal(0, 2, (30, 2))
    got = local_weighted_mean.fit(controls, values, num_neighbours)
    for point in np.random.default_rng(3).uniform(-30, 130, (40, 2)):
        above, below, polynomials, distances = np.zeros(2), 0.0, [], []
        for control in controls:
            apart = np.linalg.norm(controls - control, axis=1)
            nearest = np.argsort(apart)[:num_neighbours]
            x, y = controls[nearest].T
            basis = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
            coefficients = np.linalg.lstsq(basis, values[nearest], rcond=None)[0]
            value = np.array([1, *point, point[0] ** 2, point[0] * point[1], point[1] ** 2]) @ coefficients
            ratio = np.linalg.norm(point - control) / np.sort(apart)[num_neighbours - 1]
            weight = 1 - 3 * ratio**2 + 2 * ratio**3 if ratio < 1 else 0.0
            above, below = above + weight * value, below + weight
            polynomials.append(value)
            distances.append(np.linalg.norm(point - control))
        wanted = above / below if below else polynomials[int(np.argmin(distances))]
        assert np.allclose(got(point), wanted, rtol=1e-6, atol=1e-5)


def test_local_weighted_mean_needs_enough_points() -> None:
    for num_neighbours in (5, 69):
        with pytest.raises(ValueError, match=f"must be 6 to 68 .its control points., but got {num_neighbours}"):
            fit(target(), target(), method="local_weighted_mean", num_neighbours=num_neighbours)
    with pytest.raises(ValueError, match="12 of them coincide"):
        fit(np.zeros((20, 2)), np.zeros((20, 2)), method="local_weighted_mean")
