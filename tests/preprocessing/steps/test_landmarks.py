"""dlib finds the two photographs' faces, follows them when they are mirrored, turned, shifted or small, and says where it finds none."""

import numpy as np
import pytest

from preprocessing.steps import landmark_model
from preprocessing.steps.crop import crop, rectangle
from preprocessing.steps.landmarks import Box, detect, eyes, landmarks, landmarks_per_frame
from tests.preprocessing.steps.photographs import NAMES, face, moved, photograph, turned

LEFT_PUPIL = {"astronaut": (203, 101), "hopper": (222, 190)}
"""At the image's left; read off the photographs by eye, to about three pixels."""


@pytest.mark.parametrize("name", NAMES)
def test_landmarks_lie_on_the_face(name: str) -> None:
    points, box = face(name), detect(photograph(name), where=name)
    assert points.shape == (68, 2) and points.dtype == np.float64
    assert np.abs(eyes(points)[0] - LEFT_PUPIL[name]).max() < 5
    inside = (points[17:] > [box.x0, box.y0]) & (points[17:] < [box.x1, box.y1])  # all but the jaw
    assert inside.mean() > 0.98
    brows, eye, nose, mouth, chin = (points[part, 1].mean() for part in (slice(17, 27), slice(36, 48), slice(31, 36), slice(48, 68), 8))
    assert brows < eye < nose < mouth < chin


@pytest.mark.parametrize("name", NAMES)
def test_a_mirrored_face_has_mirrored_landmarks(name: str) -> None:
    image, points = photograph(name), face(name)
    found = landmark_model.mirrored(landmarks(image[:, ::-1], where=name), image.shape[1] - 1)
    distance = np.hypot(*(found - points).T)
    assert distance[17:].mean() < 3 and distance.mean() < 4


@pytest.mark.parametrize("degrees", [-10.0, 10.0])
@pytest.mark.parametrize("name", NAMES)
def test_a_turned_face_has_turned_landmarks(name: str, degrees: float) -> None:
    image, matrix = turned(photograph(name), degrees)
    distance = np.hypot(*(landmarks(image, where=name) - moved(face(name), matrix)).T)
    assert distance[17:].mean() < 4


def test_gray_and_colour_agree() -> None:
    gray = photograph("astronaut").mean(axis=2).round().astype(np.uint8)
    assert np.hypot(*(landmarks(gray, where="astronaut") - face("astronaut")).T).mean() < 1


def test_the_same_image_gives_the_same_landmarks() -> None:
    assert np.array_equal(landmarks(photograph("astronaut").copy(), where="astronaut"), face("astronaut"))


def test_the_largest_face_wins() -> None:
    small, large = photograph("astronaut")[:256, 100:356], photograph("hopper")
    both = np.zeros((600, 256 + 512, 3), np.uint8)
    both[:256, :256], both[:, 256:] = small, large
    assert np.hypot(*(landmarks(both, where="both") - face("hopper") - [256, 0]).T).mean() < 2


def test_a_small_face_needs_upsampling() -> None:
    small = np.ascontiguousarray(photograph("hopper")[::4, ::4])  # about 45 pixels wide
    with pytest.raises(
        ValueError, match=r"none was found in 128x150 pixels for 'casme/sub01/EP01'\. .*less than 80 pixels needs upsample=1"
    ):
        detect(small, where="casme/sub01/EP01", upsample=0)
    assert np.hypot(*(landmarks(small, where="hopper") * 4 - face("hopper")).T).mean() < 6


@pytest.mark.parametrize("size", [(340, 280), (150, 125)])
@pytest.mark.parametrize("name", NAMES)
def test_a_face_that_fills_the_image_is_found(name: str, size: tuple[int, int]) -> None:
    """Cut closer than CASME II's frames, off the chin: dlib misses some of these without a margin."""
    cut = rectangle(face(name), delta=(0.3, 0.5, 1.9, 1.6))
    found = landmarks(crop(photograph(name)[None], cut, size=size)[0], where=name)
    wanted = (np.array([[0.3, 0.5], [1.3, 0.5]]) / [1.6, 1.9]) * size[::-1] - 0.5
    assert np.abs(np.stack(eyes(found)) - wanted).max() < 0.03 * size[0]


def test_no_face_is_an_error_that_names_the_frame() -> None:
    frames = np.stack([photograph("astronaut"), np.full_like(photograph("astronaut"), 128)])
    with pytest.raises(ValueError, match="none was found in 512x512 pixels for 'samm/006/006_1_2, frame 1 of 2'"):
        landmarks_per_frame(frames, where="samm/006/006_1_2", upsample=0)


def test_each_frame_has_its_own_landmarks() -> None:
    """The shifted astronaut's badge is detected too, larger than the face, with a score of .001 against .94."""
    image = photograph("astronaut")
    frames = np.stack([image, np.roll(image, 12, axis=1)])
    first, second = landmarks_per_frame(frames, where="astronaut")
    assert np.hypot(*(second - first - [12, 0]).T).mean() < 2


@pytest.mark.parametrize("image", [np.zeros((9, 9), np.float32), np.zeros((9, 9, 4), np.uint8)])
def test_other_images_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"must be uint8, \(H, W\) or \(H, W, 3\), but got .* for 'x'"):
        detect(image, where="x")


def test_a_box_counts_its_pixels() -> None:
    box = detect(photograph("hopper"), where="hopper")
    assert isinstance(box, Box) and 0 < box.x0 < box.x1 < 512 and abs((box.x1 - box.x0) - (box.y1 - box.y0)) <= 2  # dlib's boxes are square
