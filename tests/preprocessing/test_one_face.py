"""One face, and nobody else's."""

import cv2
import numpy as np
import pytest

from preprocessing.one_face import one_face
from tests.preprocessing.steps.photographs import photograph


def beside(width: int) -> np.ndarray:
    """Eileen Collins, and beside her Grace Hopper in a picture that wide."""
    first, second = photograph("astronaut"), photograph("hopper")
    second = cv2.resize(second, (width, round(second.shape[0] * width / second.shape[1])), interpolation=cv2.INTER_AREA)
    canvas = np.full((max(len(first), len(second)), first.shape[1] + width, 3), 128, np.uint8)
    canvas[: len(first), : first.shape[1]] = first
    canvas[: len(second), first.shape[1] :] = second
    return canvas


def test_one_is_found_and_several_of_like_size_are_refused() -> None:
    alone = one_face(photograph("astronaut"), where="alone.mp4, frame 0")
    assert 60 < alone.x1 - alone.x0 < 140
    with pytest.raises(ValueError, match=r"2 were found in 'two.mp4, frame 0': \d+ pixels wide at \(\d+, \d+\), \d+ pixels"):
        one_face(beside(400), where="two.mp4, frame 0")
    with pytest.raises(ValueError, match="must show a face, but none was found"):
        one_face(np.full((240, 320), 127, np.uint8), where="wall.mp4")


def test_a_small_picture_on_the_wall_does_not_count() -> None:
    assert one_face(beside(80), where="office.mp4") == one_face(photograph("astronaut"), where="alone.mp4")
