import numpy as np
import pytest

from preprocessing.steps.lbp_sip import lbp_sip
from preprocessing.steps.lbp_top import plane_patterns


def volume(shape: tuple[int, int, int] = (8, 11, 12)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 9, shape, dtype=np.uint8)  # few levels: many equal neighbours


@pytest.mark.parametrize("radii", [(1, 1, 1), (2, 3, 1), (1, 2, 3)])
def test_histograms_are_those_of_a_loop_over_voxels(radii: tuple[int, int, int]) -> None:
    frames, (rx, ry, rt) = volume().astype(int), radii
    counts = np.zeros((20,))
    for t in range(rt, 8 - rt):
        for y in range(ry, 11 - ry):
            for x in range(rx, 12 - rx):
                c = frames[t, y, x]
                right, up, left, down = frames[t, y, x + rx], frames[t, y - ry, x], frames[t, y, x - rx], frames[t, y + ry, x]
                counts[1 * (right >= c) + 2 * (up >= c) + 4 * (left >= c) + 8 * (down >= c)] += 1
                counts[16 + 1 * (frames[t - rt, y, x] >= c) + 2 * (frames[t + rt, y, x] >= c)] += 1
    np.testing.assert_allclose(lbp_sip(volume(), radii=radii, grid=(1, 1, 1)), counts / counts[:16].sum(), rtol=1e-6)


def test_it_is_lbp_top_with_four_neighbours_less_what_that_sees_twice() -> None:
    frames = volume()
    xy, xt, yt = plane_patterns(frames, (1, 1, 1), 4)
    in_image = np.bincount(xy.ravel(), minlength=16) / xy.size
    in_time = np.bincount(((xt >> 1 & 1) | (xt >> 3 & 1) << 1).ravel(), minlength=4) / xt.size
    assert np.array_equal(xt >> 1 & 5, yt >> 1 & 5)  # both planes look at the frames before and after
    np.testing.assert_allclose(lbp_sip(frames, radii=(1, 1, 1), grid=(1, 1, 1)), np.concatenate([in_image, in_time]), rtol=1e-6)


def test_a_brightening_clip() -> None:
    frames = np.repeat(np.arange(7, dtype=np.uint8), 100).reshape(7, 10, 10)
    found = lbp_sip(frames, radii=(3, 3, 3), grid=(2, 2, 1)).reshape(4, 20)
    assert (found[:, 15] == 1).all() and (found[:, 16 + 2] == 1).all()  # flat in the image, later is brighter
