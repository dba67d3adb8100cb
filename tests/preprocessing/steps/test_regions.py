"""REGION's canvas against Pillow's own functions, boxes against the paper's table, landmark boxes against the fixed ones on a mean face."""

import math

import numpy as np
import pytest
from PIL import Image

from preprocessing.steps.alignment import model_face
from preprocessing.steps.landmarks import Box
from preprocessing.steps.regions import BOXES, canvas, face_box, landmark_boxes, place, regions
from tests.preprocessing.steps.photographs import NAMES, face, photograph

SIZES = [(80, 100), (80, 100), (80, 120), (60, 60), (60, 60), (60, 160)]
"""(height, width) as the paper prints them."""
POINTS = np.zeros((68, 2))
POINTS[[17, 18, 25, 26, 8]] = [[100, 60], [110, 52], [180, 50], [190, 61], [145, 170]]


def contained(frame: np.ndarray, box: Box) -> Image.Image:
    """What the released code does: crop, then python-resize-image's resize_contain."""
    part = Image.fromarray(frame).crop(box)
    part.thumbnail((240, 280), Image.Resampling.LANCZOS)
    whole = Image.new("RGBA", (240, 280), (255, 255, 255, 0))
    whole.paste(part, (math.ceil((240 - part.width) / 2), math.ceil((280 - part.height) / 2)))
    return whole


def test_the_face_box_runs_from_brow_to_chin() -> None:
    assert face_box(POINTS, where="x") == Box(100, 50, 190, 170)


def test_a_face_upside_down_has_no_box() -> None:
    with pytest.raises(ValueError, match=r"must have pixels, but got .* for 'samm/006/006_1_2'"):
        face_box(-POINTS, where="samm/006/006_1_2")


@pytest.mark.parametrize(
    "box", [Box(100, 50, 190, 170), Box(3, 5, 130, 403), Box(10, 20, 500, 310), Box(0, 0, 512, 512), Box(-9, -9, 90, 111)]
)
def test_without_enlarging_it_is_the_released_code(box: Box) -> None:
    frame = photograph("astronaut")
    got = canvas(frame[None], place(box, enlarge=False), background="white_transparent")
    assert got.shape == (1, 280, 240, 4) and np.array_equal(got[0], np.asarray(contained(frame, box)))


@pytest.mark.parametrize("box", [Box(100, 50, 190, 170), Box(200, 100, 260, 300), Box(10, 20, 160, 110), Box(0, 0, 480, 500)])
def test_enlarging_fills_the_canvas_one_way_and_keeps_the_aspect(box: Box) -> None:
    at = place(box).canvas
    width, height = at.x1 - at.x0, at.y1 - at.y0
    assert width == 240 or height == 280
    assert 0 <= at.x0 and at.x1 <= 240 and 0 <= at.y0 and at.y1 <= 280
    assert abs(at.x0 - (240 - at.x1)) <= 1 and abs(at.y0 - (280 - at.y1)) <= 1  # centred
    assert width / height == pytest.approx((box.x1 - box.x0) / (box.y1 - box.y0), rel=0.5 / min(width, height))


@pytest.mark.parametrize("name", NAMES)
def test_an_enlarged_face_is_pillows_lanczos(name: str) -> None:
    placement = place(face_box(face(name), where=name))
    at = placement.canvas
    got = canvas(photograph(name)[None], placement)[0]
    wanted = Image.fromarray(photograph(name)).crop(placement.box).resize((at.x1 - at.x0, at.y1 - at.y0), Image.Resampling.LANCZOS)
    assert np.array_equal(got[at.y0 : at.y1, at.x0 : at.x1, :3], np.asarray(wanted))


@pytest.mark.parametrize(("background", "shade"), [("black", 0), ("white_transparent", 255)])
def test_alpha_and_background(background: str, shade: int) -> None:
    placement = place(Box(200, 100, 260, 300))
    got = canvas(photograph("astronaut")[None], placement, background=background)[0]  # type: ignore[arg-type]
    inside = np.zeros((280, 240), bool)
    inside[placement.canvas.y0 : placement.canvas.y1, placement.canvas.x0 : placement.canvas.x1] = True
    assert (got[inside, 3] == 255).all() and (got[~inside, 3] == 0).all() and (got[~inside, :3] == shade).all() and not inside.all()
    rgb = canvas(photograph("astronaut")[None], placement, background=background, channels="rgb")[0]  # type: ignore[arg-type]
    gray = canvas(photograph("astronaut")[None], placement, background=background, channels="gray")[0]  # type: ignore[arg-type]
    assert np.array_equal(rgb, got[..., :3]) and gray.shape == (280, 240)
    assert np.abs(gray - rgb @ [0.299, 0.587, 0.114]).max() <= 1


def test_gray_frames_give_equal_channels() -> None:
    gray = photograph("astronaut")[..., 1]
    got = canvas(np.stack([gray, gray[::-1]]), place(Box(100, 50, 190, 170)))
    assert got.shape == (2, 280, 240, 4) and (got[..., 0] == got[..., 1]).all() and (got[..., 0] == got[..., 2]).all()


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ValueError, match="but got 'white' and 'rgba'"):
        canvas(photograph("astronaut")[None], place(Box(0, 0, 9, 9)), background="white")  # type: ignore[arg-type]


def test_regions_have_the_papers_sizes_and_places() -> None:
    numbered = np.arange(280 * 240).reshape(1, 280, 240)
    parts = regions(numbered)
    assert [part.shape[1:] for part in parts] == SIZES
    assert [divmod(int(part[0, 0, 0]), 240)[::-1] for part in parts] == [(0, 20), (140, 20), (60, 80), (0, 120), (180, 120), (40, 180)]


@pytest.mark.parametrize("name", NAMES)
def test_landmarks_follow_to_the_canvas(name: str) -> None:
    """The corners that define the box are the canvas' corners, to the half pixel that a box rounds."""
    placement = place(face_box(face(name), where=name))
    points, at = placement.to_canvas(face(name)), placement.canvas
    scale = (at.x1 - at.x0) / (placement.box.x1 - placement.box.x0)
    assert points[17, 0] == pytest.approx(at.x0 - 0.5, abs=scale) and points[26, 0] == pytest.approx(at.x1 - 0.5, abs=scale)
    assert points[8, 1] == pytest.approx(at.y1 - 0.5, abs=scale) and points[[18, 25], 1].min() == pytest.approx(at.y0 - 0.5, abs=scale)


def test_on_a_mean_face_landmark_boxes_are_near_the_fixed_ones() -> None:
    points = model_face() * 60 + [200, 200]
    got = landmark_boxes(points, place(face_box(points, where="mean")))
    assert [(box.y1 - box.y0, box.x1 - box.x0) for box in got] == SIZES
    assert np.abs(np.array(got) - np.array(BOXES)).max() <= 25
    left, right, nose, cheek, other, mouth = got
    for one, mirror in ((left, right), (nose, nose), (cheek, other), (mouth, mouth)):
        assert abs(one.x0 - (240 - mirror.x1)) <= 3 and one.y0 == mirror.y0  # the box ends before L26.x: half a pixel of the image


def test_landmark_boxes_follow_the_face_and_stay_on_the_canvas() -> None:
    placement = place(face_box(face("hopper"), where="hopper"))
    here = landmark_boxes(face("hopper"), placement)
    scale = (placement.canvas.x1 - placement.canvas.x0) / (placement.box.x1 - placement.box.x0)
    there = landmark_boxes(face("hopper") + [0, 10 / scale], placement)
    assert there[2].y0 - here[2].y0 == 10 and there[2].x0 == here[2].x0
    far = landmark_boxes(face("hopper") + 1000, placement)
    assert all(box.x1 == 240 and box.y1 == 280 for box in far)
    assert [part.shape[1:3] for part in regions(canvas(photograph("hopper")[None], placement), far)] == SIZES
