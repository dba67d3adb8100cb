"""Directions and blocks against loops over pixels."""

import numpy as np
import pytest

from preprocessing.steps.flow_blocks import block_sums, direction_bins, edges, histograms, polar, shares, stretches


def test_angles_run_from_the_right_down_the_image() -> None:
    flow = np.array([[3.0, 0.0, -3.0, 0.0, 0.0, -0.0], [0.0, 3.0, -0.0, -3.0, 0.0, 0.0]])[:, None]
    magnitude, angle = polar(flow)
    assert magnitude.tolist() == [[3, 3, 3, 3, 0, 0]]
    assert np.allclose(angle, np.array([[0, 1, 2, 3, 0, 0]]) * np.pi / 2)


@pytest.mark.parametrize("bins", [4, 8, 16])
def test_a_bin_begins_at_its_multiple(bins: int) -> None:
    width = 2 * np.pi / bins
    middles = (np.arange(bins) + 0.5) * width
    assert direction_bins(middles, bins).tolist() == list(range(bins))
    assert direction_bins(np.arange(bins) * width, bins).tolist() == list(range(bins))
    assert direction_bins(np.array([2 * np.pi]), bins).tolist() == [0]


@pytest.mark.parametrize(("length", "parts"), [(28, 5), (28, 8), (7, 7), (9, 1)])
def test_stretches_tile_evenly(length: int, parts: int) -> None:
    which = stretches(length, parts)
    sizes = np.bincount(which)
    assert len(which) == length and len(sizes) == parts and (np.diff(which) >= 0).all() and sizes.max() - sizes.min() <= 1
    assert edges(length, parts).tolist() == [which.tolist().index(part) for part in range(parts)]


@pytest.mark.parametrize("parts", [0, 8])
def test_a_grid_finer_than_the_image_is_refused(parts: int) -> None:
    with pytest.raises(ValueError, match=f"but got {parts} for 7"):
        edges(7, parts)


def test_sums_and_histograms_are_those_of_loops_over_pixels() -> None:
    rng = np.random.default_rng(0)
    which, weights = rng.integers(0, 6, (2, 11, 13)), rng.random((2, 11, 13))
    down, across = stretches(11, 3), stretches(13, 4)
    sums, counts = np.zeros((2, 3, 4)), np.zeros((2, 3, 4, 6))
    for t, y, x in np.ndindex(which.shape):
        sums[t, down[y], across[x]] += weights[t, y, x]
        counts[t, down[y], across[x], which[t, y, x]] += weights[t, y, x]
    assert np.allclose(block_sums(weights, 3, 4), sums)
    assert np.allclose(histograms(which, weights, 6, rows=3, cols=4), counts)


def test_shares_of_nothing_are_nothing() -> None:
    assert shares(np.array([[1.0, 3.0], [0.0, 0.0]])).tolist() == [[0.25, 0.75], [0, 0]]
