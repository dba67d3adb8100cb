import numpy as np

from preprocessing.steps.strain import strain


def test_rigid_motion_has_no_strain() -> None:
    y, x = np.mgrid[:16, :16].astype(np.float64)
    shifted = np.stack([np.full((16, 16), 2.0), np.full((16, 16), -1.0)])
    turned = np.stack([-0.01 * y, 0.01 * x])
    assert strain(shifted).max() == 0 and strain(turned).max() < 1e-12


def test_stretching_has_its_strain() -> None:
    _, x = np.mgrid[:16, :16].astype(np.float64)
    assert np.allclose(strain(np.stack([0.1 * x, 0 * x])), 0.1)
