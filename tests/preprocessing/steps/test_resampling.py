"""Frames read through a map: copies, borders, averages; OpenCV's own functions are the reference."""

import cv2
import numpy as np
import pytest

from preprocessing.steps.procrustes import matrix_map
from preprocessing.steps.resampling import positions_of, warp
from tests.preprocessing.steps.photographs import photograph

SHIFT = np.array([[1.0, 0.0, 30.0], [0.0, 1.0, -20.0]])


def test_positions_are_pixel_centres_or_those_of_their_parts() -> None:
    assert positions_of((2, 3))[0].tolist() == [[0, 1, 2], [0, 1, 2]] and positions_of((2, 3))[1].tolist() == [[0, 0, 0], [1, 1, 1]]
    assert positions_of((1, 2), dense=2)[0].tolist() == [[-0.25, 0.25, 0.75, 1.25]] * 2


def test_whole_pixels_are_copied_and_the_border_repeats() -> None:
    image = photograph("astronaut")
    got = warp(image[None], matrix_map(SHIFT), (512, 512))[0]
    assert np.array_equal(got[20:, :-30], image[:-20, 30:])
    assert np.array_equal(got[:20, :-30], np.broadcast_to(image[:1, 30:], (20, 482, 3)))
    assert np.array_equal(got[20:, -30:], np.broadcast_to(image[:-20, -1:], (492, 30, 3)))


def test_between_pixels_it_is_opencvs_cubic() -> None:
    image = photograph("astronaut")
    matrix = np.array([[0.9, -0.3, 100.0], [0.3, 0.9, 10.0]])
    wanted = cv2.warpAffine(image, matrix, (300, 200), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(warp(image[None], matrix_map(matrix), (200, 300))[0].astype(int) - wanted).mean() < 0.5  # gray levels


@pytest.mark.parametrize("factor", [2, 4])
def test_a_shrinking_map_averages_and_does_not_alias(factor: int) -> None:
    """One-pixel stripes become gray; read one by one they would stay stripes."""
    stripes = np.zeros((1, 64, 64), np.uint8)
    stripes[:, :, ::2] = 200
    half = (factor - 1) / 2  # pixel areas divided evenly
    small = warp(stripes, matrix_map(np.array([[factor, 0, half], [0, factor, half]])), (64 // factor, 64 // factor))
    assert (small == 100).all()


def test_far_positions_read_the_border() -> None:
    got = warp(photograph("astronaut")[None], lambda positions: positions * 0 + 1e9, (4, 5))
    assert (got == photograph("astronaut")[-1, -1]).all()


def test_frames_beyond_opencvs_limit_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 32766 pixels a side to be warped, but got 32767x1"):
        warp(np.zeros((1, 1, 32767), np.uint8), matrix_map(SHIFT), (2, 2))
