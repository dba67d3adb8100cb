"""Eq. (1): margins as the paper's constants say, whatever the head's size, place and roll; one crop for all frames."""

import cv2
import numpy as np
import pytest

from preprocessing.steps import landmark_model
from preprocessing.steps.crop import Rectangle, crop, rectangle
from preprocessing.steps.landmarks import eyes, landmarks
from tests.preprocessing.steps.photographs import NAMES, face, moved, photograph, turned

LEVEL = np.zeros((68, 2))
LEVEL[36:42], LEVEL[42:48] = [100, 200], [150, 200]
"""Eyes at (100, 200) and (150, 200): d = 50."""


def test_the_vector_form_leaves_the_papers_margins() -> None:
    face = rectangle(LEVEL)
    assert face.corner == pytest.approx((100 - 0.4 * 50, 200 - 0.6 * 50)) and face.right == (1, 0)
    assert (face.height, face.width) == pytest.approx((110, 90))
    assert face.corner[0] + face.width - 150 == pytest.approx(0.4 * 50) and face.corner[1] + face.height - 200 == pytest.approx(1.6 * 50)


def test_the_literal_form_starts_on_the_eye_line() -> None:
    face = rectangle(LEVEL, form="literal")
    assert face.corner == pytest.approx((100 - 0.6 * 50, 200)) and face.right == (1, 0)
    assert face.corner[0] + face.width - 150 == pytest.approx(0.2 * 50)
    assert (face.height, face.width) == pytest.approx((110, 90))


def test_the_forms_differ_where_the_head_is_rolled() -> None:
    points = moved(LEVEL, np.array([[0.8, -0.6, 50], [0.6, 0.8, -30]]))
    (x, y), _ = eyes(points)
    upright, printed = rectangle(points), rectangle(points, form="literal")
    assert upright.right == pytest.approx((0.8, 0.6)) and printed.right == (1, 0)
    assert upright.corner == pytest.approx((x - 20 * 0.8 + 30 * 0.6, y - 20 * 0.6 - 30 * 0.8))
    assert printed.corner == pytest.approx((x - 0.6 * 40, y - 0.4 * 30))


def test_unknown_forms_and_coinciding_eyes_are_refused() -> None:
    with pytest.raises(ValueError, match="vector or literal, but got 'printed'"):
        rectangle(LEVEL, form="printed")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="distance is 0.00 pixels"):
        rectangle(np.zeros((68, 2)))


@pytest.mark.parametrize("colour", [False, True])
def test_a_crop_on_whole_pixels_copies_them(colour: bool) -> None:
    image = photograph("astronaut") if colour else photograph("astronaut")[..., 0]
    frames = np.stack([image, image[::-1]])
    got = crop(frames, Rectangle(corner=(99.5, 49.5), right=(1, 0), height=80, width=60))
    assert np.array_equal(got, frames[:, 50:130, 100:160])


def test_what_lies_beyond_the_image_repeats_its_border() -> None:
    frames = photograph("astronaut")[None]
    got = crop(frames, Rectangle(corner=(-20.5, 489.5), right=(1, 0), height=40, width=50))
    assert np.array_equal(got, np.pad(frames, ((0, 0), (0, 18), (20, 0), (0, 0)), mode="edge")[:, 490:530, :50])


@pytest.mark.parametrize("factor", [2, 3])
def test_a_shrunk_crop_averages(factor: int) -> None:
    image = photograph("astronaut")
    got = crop(image[None], Rectangle(corner=(-0.5, -0.5), right=(1, 0), height=480, width=240), size=(480 // factor, 240 // factor))
    assert (
        np.abs(got[0].astype(int) - cv2.resize(image[:480, :240], (240 // factor, 480 // factor), interpolation=cv2.INTER_AREA)).max() <= 1
    )


def test_an_enlarged_crop_is_cv2s_cubic_resize() -> None:
    image = photograph("hopper")[100:300, 150:300]
    got = crop(image[None], Rectangle(corner=(-0.5, -0.5), right=(1, 0), height=200, width=150), size=(400, 300))
    assert np.abs(got[0].astype(int) - cv2.resize(image, (300, 400), interpolation=cv2.INTER_CUBIC)).max() <= 1


def test_float_frames_stay_float() -> None:
    frames = (photograph("astronaut")[None, ..., 1] / 255).astype(np.float32)
    got = crop(frames, rectangle(face("astronaut")), size=(110, 90))
    assert got.dtype == np.float32 and got.shape == (1, 110, 90) and 0.2 < got.mean() < 0.9


@pytest.mark.parametrize("form", ["vector", "literal"])
@pytest.mark.parametrize("name", NAMES)
def test_eyes_lie_where_eq_1_puts_them(name: str, form: str) -> None:
    """Landmarks found again on the crop: margins in eye distances, by dlib instead of by arithmetic."""
    points = face(name)
    if form == "vector":
        found = landmarks(crop(photograph(name)[None], rectangle(points), size=(440, 360))[0], where=name)
        left, right = eyes(found)
        assert np.abs(left - [79.5, 119.5]).max() < 8 and np.abs(right - [279.5, 119.5]).max() < 8
        assert found[17:27, 1].min() > 0  # brows are on it
    else:
        face_only = rectangle(points, form="literal")
        assert (points[17:27, 1] < face_only.corner[1]).all()  # brows are cut off


@pytest.mark.parametrize("name", NAMES)
def test_a_mirrored_face_gives_the_mirrored_crop(name: str) -> None:
    image, points = photograph(name), face(name)
    other = rectangle(landmark_model.mirrored(points, image.shape[1] - 1))
    got = crop(image[None, :, ::-1], other, size=(110, 90))
    assert np.abs(got[:, :, ::-1].astype(int) - crop(image[None], rectangle(points), size=(110, 90))).max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_turned_face_gives_the_same_crop(name: str) -> None:
    image, matrix = turned(photograph(name), 10)
    got = crop(image[None], rectangle(moved(face(name), matrix)), size=(110, 90)).astype(int)
    assert (
        np.abs(got - crop(photograph(name)[None], rectangle(face(name)), size=(110, 90))).mean() < 3
    )  # gray levels, of a second interpolation
