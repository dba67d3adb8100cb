"""Every method against a known map or scikit-image, and on real faces: eyes level, landmarks where the model face has them."""

import itertools

import numpy as np
import pytest

from preprocessing.steps.alignment import Method, fit, model_face, place
from preprocessing.steps.crop import crop, rectangle
from preprocessing.steps.landmarks import eyes, landmarks
from preprocessing.steps.procrustes import matrix_map
from preprocessing.steps.resampling import positions_of
from tests.preprocessing.steps.photographs import NAMES, SIZE, face, inside, moved, photograph, target, turned

METHODS: tuple[Method, ...] = ("local_weighted_mean", "piecewise_affine", "affine", "similarity")
AFFINE = np.array([[1.3, -0.2, 40.0], [0.1, 1.1, -15.0]])
TURN = np.array([[0.8, -0.6, 30.0], [0.6, 0.8, 5.0]]) * 1.4


@pytest.mark.parametrize("method", METHODS)
def test_identity_is_identity(method: Method) -> None:
    warp = fit(target(), target(), method=method)
    assert np.allclose(warp.coordinates(SIZE), positions_of(SIZE), atol=1e-8)
    frames = photograph("astronaut")[None, : SIZE[0], : SIZE[1]]
    assert np.array_equal(warp.apply(frames, SIZE), frames)


@pytest.mark.parametrize(("method", "matrix"), [*((method, AFFINE) for method in METHODS[:3]), *((method, TURN) for method in METHODS)])
def test_affine_maps_are_exact_everywhere(method: Method, matrix: np.ndarray) -> None:
    warp = fit(moved(target(), matrix), target(), method=method)
    assert np.allclose(warp.coordinates(SIZE), matrix_map(matrix)(positions_of(SIZE)), atol=1e-7)


@pytest.mark.parametrize(
    ("method", "error"), [("piecewise_affine", 1e-6), ("local_weighted_mean", 0.03), ("affine", 0.2), ("similarity", 0.2)]
)
@pytest.mark.parametrize("name", NAMES)
def test_landmarks_come_to_lie_on_the_model_face(name: str, method: Method, error: float) -> None:
    """Where the warp reads for each landmark of the model face: ``error`` is the mean distance in eye distances."""
    read = fit(face(name), target(), method=method).source(target().T).T
    d = np.hypot(*np.subtract(*eyes(face(name))))
    assert np.hypot(*(read - face(name)).T).mean() < error * d


@pytest.mark.parametrize("method", ["local_weighted_mean", "piecewise_affine"])
@pytest.mark.parametrize("name", NAMES)
def test_a_face_does_not_fold(name: str, method: Method) -> None:
    """Inside the face the map keeps its orientation nearly everywhere, and leaves the affine map by less than half an eye distance."""
    positions = positions_of(SIZE)
    read = fit(face(name), target(), method=method).coordinates(SIZE)
    (x_y, x_x), (y_y, y_x) = np.gradient(read[0]), np.gradient(read[1])
    where = inside(positions, margin=3)
    assert ((x_x * y_y - x_y * y_x)[where] > 0).mean() > 0.98
    apart = np.hypot(*(read - fit(face(name), target(), method="affine").coordinates(SIZE)))
    assert apart[where].max() < 0.5 * np.hypot(*np.subtract(*eyes(face(name))))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("degrees", [-10.0, 10.0])
def test_a_turned_head_is_levelled(name: str, degrees: float) -> None:
    """dlib, asked again on the warped image, finds the eyes level and at the model face's distance."""
    image, _ = turned(photograph(name), degrees)
    before = landmarks(image, where=name)
    after = landmarks(fit(before, place(model_face(), (440, 360)), method="similarity").apply(image[None], (440, 360))[0], where=name)
    assert abs(np.degrees(np.arctan2(*np.subtract(*eyes(before))[::-1])) % 180 - 90) < 85  # it was not
    left, right = eyes(after)
    assert abs(np.degrees(np.arctan((right - left)[1] / (right - left)[0]))) < 2.5
    assert (right - left)[0] == pytest.approx(200, abs=14)


@pytest.mark.parametrize("method", METHODS)
def test_one_warp_serves_all_frames_and_every_kind_of_frame(method: Method) -> None:
    image = photograph("astronaut")
    warp = fit(face("astronaut"), target(), method=method)
    colour = warp.apply(np.stack([image, image[::-1]]), SIZE)
    assert colour.shape == (2, *SIZE, 3) and colour.dtype == np.uint8
    assert np.array_equal(warp.apply(image[None, ..., 1], SIZE)[0], colour[0, ..., 1])
    assert np.array_equal(warp.apply(image[None, ::-1], SIZE)[0], colour[1])
    floats = warp.apply((image[None] / 255).astype(np.float32), SIZE)
    assert floats.dtype == np.float32 and np.abs(floats[0].clip(0, 1) * 255 - colour[0]).max() < 1


def test_similarity_to_the_placed_face_is_the_crop_of_eq_1() -> None:
    """A face of the model's shape is cropped and aligned to the same pixels."""
    points = moved(model_face(), np.array([[60.0, -8.0, 230.0], [8.0, 60.0, 120.0]]))
    size = (330, 270)
    cropped = crop(photograph("astronaut")[None], rectangle(points), size=size)
    aligned = fit(points, place(model_face(), size), method="similarity").apply(photograph("astronaut")[None], size)
    assert np.abs(cropped.astype(int) - aligned).max() <= 1


def test_the_placed_face_has_the_margins_of_eq_1() -> None:
    left, right = eyes(place(model_face(), (220, 180)))
    assert left == pytest.approx([39.5, 59.5]) and right == pytest.approx([139.5, 59.5])
    for size in itertools.product((120, 300), (100, 245)):
        points = place(model_face(), size)
        left, right = eyes(points)
        beyond = 0.05 * (right - left)[0]  # the tips of the brows
        assert (points[17:] > -beyond).all() and (points[17:] < [size[1] + beyond, size[0]]).all()
        assert (left + right)[0] / 2 == pytest.approx(size[1] / 2 - 0.5)


def test_wrong_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must come in pairs, .* got \(5, 2\) and \(68, 2\)"):
        fit(np.zeros((5, 2)), target(), method="affine")
    with pytest.raises(ValueError, match="must be finite"):
        fit(target() * np.nan, target(), method="affine")
    with pytest.raises(ValueError, match="must be one of local_weighted_mean, .*, but got 'lwm'"):
        fit(target(), target(), method="lwm")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must differ to be aligned"):
        fit(target(), np.ones((68, 2)), method="similarity")
