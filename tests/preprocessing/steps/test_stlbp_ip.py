from math import cos, floor, pi, sin

import numpy as np
import pytest

from preprocessing.steps.lbp import binned
from preprocessing.steps.stlbp_ip import one_dimensional, stlbp_ip


def frames(shape: tuple[int, int, int] = (6, 18, 16)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def slow_projections(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the differences to the first frame: over rows of pixels, over columns."""
    num_frames, height, width = block.shape
    horizontal, vertical = np.zeros((num_frames - 1, height)), np.zeros((num_frames - 1, width))
    for t in range(1, num_frames):
        for y in range(height):
            for x in range(width):
                change = float(block[t, y, x]) - float(block[0, y, x])
                horizontal[t - 1, y] += change
                vertical[t - 1, x] += change
    return horizontal, vertical


def slow_appearance(projection: np.ndarray, mask: int) -> np.ndarray:
    counts, half = np.zeros(1 << (mask - 1)), mask // 2
    for line in projection:
        for i in range(half, len(line) - half):
            around = [line[i + d] >= line[i] for d in range(-half, half + 1) if d]
            counts[sum(1 << bit for bit, at_least in enumerate(around) if at_least)] += 1
    return counts / counts.sum()


def slow_motion(image: np.ndarray) -> np.ndarray:
    codes = []
    for t in range(1, image.shape[0] - 1):
        for n in range(1, image.shape[1] - 1):
            code = 0
            for p in range(8):
                a, b = t - round(sin(2 * pi * p / 8), 12), n + round(cos(2 * pi * p / 8), 12)
                value = sum(
                    max(0, 1 - abs(a - i)) * max(0, 1 - abs(b - j)) * (image[i, j] - image[t, n])
                    for i in {floor(a), min(floor(a) + 1, image.shape[0] - 1)}
                    for j in {floor(b), min(floor(b) + 1, image.shape[1] - 1)}
                )
                code |= int(value >= -1e-7) << p
            codes.append(code)
    bins, num_bins = binned(np.array(codes), 8, True)
    return np.bincount(bins, minlength=num_bins) / len(codes)


@pytest.mark.parametrize("mask", [3, 5, 7])
def test_the_vector_is_that_of_loops_over_pixels(mask: int) -> None:
    given, size = frames(), 2 * ((1 << (mask - 1)) + 59)
    found = stlbp_ip(given, mask=mask, rows=2, columns=2).reshape(4, size)
    for row, (y, x) in enumerate([(0, 0), (0, 8), (9, 0), (9, 8)]):
        projections = slow_projections(given[:, y : y + 9, x : x + 8])
        slow = [slow_appearance(p, mask) for p in projections] + [slow_motion(p) for p in projections]
        np.testing.assert_allclose(found[row], np.concatenate(slow), rtol=1e-6)


def test_the_published_mask_gives_630_values_a_block() -> None:
    assert stlbp_ip(frames(), mask=9, rows=1, columns=1).shape == (2 * 256 + 2 * 59,)


def test_a_peak_and_a_flat_line() -> None:
    line = np.array([[0, 0, 0, 0, 5, 0, 0, 0, 0]])
    assert one_dimensional(line, 5).tolist() == [[0b0111 | 0b1000, 0b1111, 0, 0b1111, 0b1111]]
    assert one_dimensional(np.array([[1, 2, 3, 4, 5]]), 3).tolist() == [[2, 2, 2]]


def test_a_face_without_motion_differs_from_any_with_it_whatever_it_looks_like() -> None:
    still = [np.repeat(np.random.default_rng(seed).integers(0, 256, (1, 18, 16), dtype=np.uint8), 6, axis=0) for seed in (0, 1)]
    first, second, moving = (stlbp_ip(clip, mask=5, rows=1, columns=1) for clip in (*still, frames()))
    assert np.array_equal(first, second) and not np.array_equal(first, moving)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"mask": 4, "rows": 1, "columns": 1}, "odd number from 3 to 15, but got 4"),
        ({"mask": 17, "rows": 1, "columns": 1}, "odd number from 3 to 15, but got 17"),
        ({"mask": 9, "rows": 4, "columns": 1}, "as long as the mask, but got 4 pixels for 9"),
    ],
)
def test_what_does_not_fit_is_refused(how: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stlbp_ip(frames(), **how)
    with pytest.raises(ValueError, match="A volume must be larger"):
        stlbp_ip(frames((3, 18, 16)), mask=3, rows=1, columns=1)
