import numpy as np
import pytest

from preprocessing.steps.hog import hog


def test_an_edge_falls_into_its_bin() -> None:
    """Before normalisation all magnitude of a vertical edge is in one of 9 unsigned orientations; L2-Hys keeps the others at 0."""
    edge = np.zeros((1, 32, 32), np.uint8)
    edge[:, :, 16:] = 200
    vertical = hog(edge, bins=9, cell=8, block=2).reshape(-1, 9)
    horizontal = hog(edge.transpose(0, 2, 1).copy(), bins=9, cell=8, block=2).reshape(-1, 9)
    assert len(vertical) == 3 * 3 * 4
    assert set(np.flatnonzero(vertical.sum(0))) == {0} and set(np.flatnonzero(horizontal.sum(0))) == {4}


def test_a_clip_is_the_mean_of_its_frames() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 24, 24), dtype=np.uint8)
    alone = [hog(frame[None], bins=6, cell=8, block=2) for frame in frames]
    np.testing.assert_allclose(hog(frames, bins=6, cell=8, block=2), np.mean(alone, axis=0), atol=1e-6)


def test_a_face_smaller_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2 cells of 16 pixels on each side, but got \(24, 40\)"):
        hog(np.zeros((1, 24, 40), np.uint8), bins=9, cell=16, block=2)
