"""FHOFO against a loop over pixels, and on flows whose histogram is known."""

import math
from typing import Any

import numpy as np
import pytest

from preprocessing.steps.fhofo import fhofo, membership

SETTINGS: dict[str, Any] = {"rows": 3, "cols": 2, "segments": 2, "bins": 8, "narrow": 5, "spread": 0.5, "still": 0.2}


def literal(flow: np.ndarray, rows: int, cols: int, segments: int, bins: int, narrow: int, spread: float, still: float) -> np.ndarray:
    num_frames, _, height, width = flow.shape
    longest = max(math.hypot(*flow[t, :, y, x]) for t, y, x in np.ndindex(num_frames, height, width))
    histograms = np.zeros((segments, rows, cols, bins))
    for s, r, c in np.ndindex(segments, rows, cols):
        for t in range(s * num_frames // segments, (s + 1) * num_frames // segments):
            for y in range(r * height // rows, (r + 1) * height // rows):
                for x in range(c * width // cols, (c + 1) * width // cols):
                    u, v = flow[t, :, y, x]
                    if math.hypot(u, v) > still * longest:
                        fine = int((math.atan2(v, u) % (2 * math.pi)) / (2 * math.pi) * bins * narrow)
                        histograms[s, r, c] += degrees_of_membership((fine + 0.5) / narrow, bins, spread)
    totals = histograms.sum(axis=-1, keepdims=True)
    return (histograms / np.where(totals == 0, 1, totals)).ravel()


def degrees_of_membership(at: float, bins: int, spread: float) -> np.ndarray:
    """``at`` in widths of a bin."""
    distances = [min(abs(at - (k + 0.5)), bins - abs(at - (k + 0.5))) for k in range(bins)]
    degrees = np.array([math.exp(-0.5 * (distance / spread) ** 2) for distance in distances])
    return degrees / degrees.sum()


@pytest.mark.parametrize("changes", [{}, {"bins": 6, "narrow": 1}, {"spread": 2.0}, {"still": 0.0, "segments": 3, "rows": 1}])
def test_it_is_the_loop_over_pixels(changes: dict[str, Any]) -> None:
    settings = {**SETTINGS, **changes}
    flow = np.random.default_rng(0).standard_normal((5, 2, 7, 9))
    got = fhofo(flow, **settings)
    assert got.dtype == np.float32 and got.shape == (settings["segments"] * settings["rows"] * settings["cols"] * settings["bins"],)
    assert np.allclose(got, literal(flow, **settings), atol=1e-6)


def test_memberships_add_up_to_1_and_are_fullest_in_the_middle() -> None:
    degrees = membership(8, narrow=5, spread=0.5)
    assert np.allclose(degrees.sum(axis=1), 1) and degrees.argmax(axis=1).tolist() == [k // 5 for k in range(40)]
    assert np.allclose(degrees[2], np.roll(degrees[2][::-1], 1))  # symmetric about the middle of bin 0, round the circle
    assert membership(8, narrow=5, spread=1e-4).max(axis=1).min() == 1  # a hard histogram


def test_motion_to_the_right_lies_between_the_first_bin_and_the_last() -> None:
    flow = np.zeros((4, 2, 6, 6))
    flow[:, 0] = 1
    got = fhofo(flow, **SETTINGS).reshape(-1, 8)
    assert (got.argmax(axis=1) == 0).all() and (got[:, 7] > 0.2).all() and (got[:, 4] < 1e-6).all() and np.allclose(got.sum(axis=1), 1)
    hard = fhofo(flow, **{**SETTINGS, "spread": 1e-4}).reshape(-1, 8)
    assert (hard[:, 0] == 1).all() and not hard[:, 1:].any()


def test_lengths_do_not_matter() -> None:
    flow = np.random.default_rng(1).standard_normal((4, 2, 6, 6))
    longer = flow * np.random.default_rng(2).uniform(1, 9, (4, 1, 6, 6))
    settings = {**SETTINGS, "still": 0.0}
    assert np.allclose(fhofo(flow, **settings), fhofo(longer, **settings))


def test_turning_all_vectors_by_a_bin_moves_the_histogram_by_a_bin() -> None:
    angle = (np.random.default_rng(3).integers(0, 40, (4, 6, 6)) + 0.5) * 2 * np.pi / 40
    here, turned = (fhofo(np.stack([np.cos(a), np.sin(a)], axis=1), **SETTINGS).reshape(-1, 8) for a in (angle, angle + np.pi / 4))
    assert np.allclose(np.roll(here, 1, axis=1), turned, atol=1e-6)


def test_no_motion_is_0() -> None:
    assert not fhofo(np.zeros((4, 2, 6, 6)), **SETTINGS).any()
    half = np.zeros((4, 2, 6, 6))
    half[:2, 1] = 1
    got = fhofo(half, **SETTINGS).reshape(2, -1)
    assert got[0].any() and not got[1].any()


def test_a_membership_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="must be positive, but got 0"):
        membership(8, narrow=5, spread=0.0)
