from math import cos, floor, pi, sin

import numpy as np
import pytest

from preprocessing.steps.lbp import lbp
from preprocessing.steps.lbp_top import lbp_top, plane_patterns


def volume(shape: tuple[int, int, int] = (9, 12, 11)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def between(frames: np.ndarray, t: float, y: float, x: float) -> float:
    """Trilinear interpolation, voxel by voxel."""
    t, y, x = (round(v, 12) for v in (t, y, x))
    total = 0.0
    for a in (floor(t), floor(t) + 1):
        for b in (floor(y), floor(y) + 1):
            for c in (floor(x), floor(x) + 1):
                weight = max(0, 1 - abs(t - a)) * max(0, 1 - abs(y - b)) * max(0, 1 - abs(x - c))
                total += weight * float(frames[a, b, c]) if weight else 0.0
    return total


def slow_code(frames: np.ndarray, t: int, y: int, x: int, plane: str, radii: tuple[int, int, int], neighbours: int) -> int:
    rx, ry, rt = radii
    code = 0
    for p in range(neighbours):
        c, s = cos(2 * pi * p / neighbours), sin(2 * pi * p / neighbours)
        dt, dy, dx = {"xy": (0.0, -ry * s, rx * c), "xt": (-rt * s, 0.0, rx * c), "yt": (-rt * s, ry * c, 0.0)}[plane]
        code |= int(between(frames, t + dt, y + dy, x + dx) - float(frames[t, y, x]) >= -1e-7) << p
    return code


@pytest.mark.parametrize(("radii", "neighbours"), [((1, 1, 1), 8), ((2, 1, 3), 8), ((3, 3, 2), 4), ((1, 2, 1), 6)])
def test_codes_are_those_of_a_loop_over_voxels(radii: tuple[int, int, int], neighbours: int) -> None:
    frames = volume()
    rx, ry, rt = radii
    for plane, codes in zip(("xy", "xt", "yt"), plane_patterns(frames, radii, neighbours), strict=True):
        slow = [
            [[slow_code(frames, t, y, x, plane, radii, neighbours) for x in range(rx, 11 - rx)] for y in range(ry, 12 - ry)]
            for t in range(rt, 9 - rt)
        ]
        assert codes.tolist() == slow


def test_the_vector_is_the_planes_of_each_block() -> None:
    frames = volume((9, 20, 20))
    found = lbp_top(frames, radii=(2, 2, 2), neighbours=8, grid=(2, 2, 1)).reshape(4, 3, 59)
    assert found.dtype == np.float32 and np.allclose(found.sum(-1), 1)
    alone = lbp(frames[2:-2], radius=2, neighbours=8, grid=(2, 2, 1)).reshape(4, 59)
    assert np.array_equal(found[:, 0], alone)
    assert lbp_top(frames, radii=(2, 2, 2), neighbours=4, grid=(1, 1, 1)).shape == (3 * 15,)
    assert lbp_top(frames, radii=(2, 2, 2), neighbours=4, grid=(1, 1, 1), uniform=False).shape == (3 * 16,)


def test_a_still_clip_looks_alike_in_both_time_planes_wherever_it_is_cut() -> None:
    still = np.repeat(volume((1, 12, 11)), 9, axis=0)
    _, xt, yt = plane_patterns(still, (1, 1, 2), 8)
    assert (xt == xt[:1]).all() and (yt == yt[:1]).all()
    assert (xt >> 2 & 1).all() and (xt >> 6 & 1).all()  # before and after are equal to the centre


def test_motion_shows_in_the_time_plane_of_its_direction() -> None:
    x = np.arange(40)
    moving = np.stack([np.tile(np.rint(127 + 100 * np.sin(0.7 * (x - t))), (30, 1)) for t in range(9)]).astype(np.uint8)
    still = np.repeat(moving[:1], 9, axis=0)
    a, b = (lbp_top(clip, radii=(1, 1, 1), neighbours=8, grid=(1, 1, 1)).reshape(3, 59) for clip in (moving, still))
    assert np.abs(a[1] - b[1]).sum() > 0.5 > 0.2 > np.abs(a[0] - b[0]).sum()


def test_a_clip_shorter_than_its_patterns_is_refused() -> None:
    with pytest.raises(ValueError, match=r"more than \(6, 6, 6\).*but got \(6, 12, 11\)"):
        lbp_top(volume((6, 12, 11)), radii=(3, 3, 3), neighbours=8, grid=(1, 1, 1))
