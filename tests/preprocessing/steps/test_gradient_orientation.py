from math import atan2, hypot, pi

import numpy as np
import pytest

from preprocessing.steps.gradient_orientation import PLANES, Vote, orientation_histograms


def volume(shape: tuple[int, int, int] = (7, 9, 10)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("vote", ["count", "magnitude"])
@pytest.mark.parametrize("planes", list(PLANES))
def test_histograms_are_those_of_a_loop_over_voxels(planes: str, vote: Vote) -> None:
    frames = volume().astype(float)
    counts = {plane: np.zeros(8) for plane in PLANES[planes]}
    for t in range(1, 6):
        for y in range(1, 8):
            for x in range(1, 9):
                step = {
                    "x": (frames[t, y, x + 1] - frames[t, y, x - 1]) / 2,
                    "y": (frames[t, y + 1, x] - frames[t, y - 1, x]) / 2,
                    "t": (frames[t + 1, y, x] - frames[t - 1, y, x]) / 2,
                }
                for a, b in map(tuple, PLANES[planes]):
                    bin_ = int((atan2(step[b], step[a]) % (2 * pi)) / (2 * pi) * 8)
                    counts[a + b][bin_] += hypot(step[a], step[b]) if vote == "magnitude" else 1
    found = orientation_histograms(volume(), bins=8, grid=(1, 1, 1), planes=planes, vote=vote)
    np.testing.assert_allclose(found, np.concatenate([c / c.sum() for c in counts.values()]), atol=1e-6)


def test_ramps_point_where_they_grow() -> None:
    grow = np.arange(10, dtype=np.uint8)
    for axis, bins in (("x", (0, 0, None)), ("y", (2, None, 0)), ("t", (None, 2, 2))):
        shape = {"x": (1, 1, 10), "y": (1, 10, 1), "t": (10, 1, 1)}[axis]
        ramp = np.broadcast_to(grow.reshape(shape), (10, 10, 10))
        for vote in ("count", "magnitude"):
            found = orientation_histograms(ramp, bins=8, grid=(1, 1, 1), planes="top", vote=vote).reshape(3, 8)
            for plane, expected in zip(found, bins, strict=True):
                assert plane.sum() == (expected is not None) and (expected is None or plane[expected] == 1)  # nothing where flat


def test_counting_does_not_depend_on_contrast() -> None:
    frames = volume() // 4
    bright = frames * 3 + 40
    count = [orientation_histograms(clip, bins=8, grid=(2, 2, 1), planes="top", vote="count") for clip in (frames, bright)]
    np.testing.assert_array_equal(count[0], count[1])
    assert count[0].shape == (4 * 3 * 8,) and count[0].dtype == np.float32


@pytest.mark.parametrize(
    ("how", "message"), [({"planes": "zz"}, "but got 'zz'"), ({"vote": "x"}, "'x'"), ({"bins": 1}, "and 1"), ({"frames": 2}, "at least 3")]
)
def test_what_does_not_fit_is_refused(how: dict[str, object], message: str) -> None:
    frames = volume((int(str(how.pop("frames", 7))), 9, 10))
    with pytest.raises(ValueError, match=message):
        orientation_histograms(frames, **{"bins": 8, "grid": (1, 1, 1), "planes": "top", "vote": "count", **how})  # type: ignore[arg-type]
