"""Piecewise affine against scikit-image inside the hull; outside it stays tame."""

import numpy as np
import pytest
import skimage.transform

from preprocessing.steps.alignment import fit
from preprocessing.steps.landmarks import eyes
from preprocessing.steps.resampling import positions_of
from tests.preprocessing.steps.photographs import NAMES, SIZE, face, inside, target


@pytest.mark.parametrize("name", NAMES)
def test_piecewise_affine_is_scikit_images(name: str) -> None:
    reference = skimage.transform.PiecewiseAffineTransform.from_estimate(target(), face(name))
    positions = positions_of(SIZE)
    where = inside(positions, margin=1)
    wanted = reference(positions.reshape(2, -1).T).T.reshape(positions.shape)
    assert where.mean() > 0.4
    assert np.abs(fit(face(name), target(), method="piecewise_affine").coordinates(SIZE) - wanted)[:, where].max() < 1e-6


def test_piecewise_affine_is_continuous_across_its_hull() -> None:
    read = fit(face("hopper"), target(), method="piecewise_affine").coordinates(SIZE)
    steps = max(np.hypot(*np.diff(read, axis=axis)).max() for axis in (1, 2))
    scale = np.hypot(*np.subtract(*eyes(face("hopper")))) / np.hypot(*np.subtract(*eyes(target())))
    assert steps < 6 * scale
