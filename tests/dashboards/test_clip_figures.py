"""Figures of a clip: what is drawn is what was given."""

import base64

import cv2
import numpy as np
import pytest

from dashboards.clip_figures import COLUMNS, LARGEST_PX, Row, answers, arrays, data_uri, epochs, heat, shown, strip


def decoded(uri: str) -> np.ndarray:
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB))


def test_a_small_image_is_embedded_as_it_is_and_a_large_one_smaller() -> None:
    image = np.random.default_rng(0).integers(0, 255, (9, 7, 3), np.uint8)
    assert np.array_equal(decoded(data_uri(image)), image)
    assert decoded(data_uri(np.zeros((480, 960), np.uint8))).shape == (LARGEST_PX // 2, LARGEST_PX, 3)


@pytest.mark.parametrize(("length", "places"), [(1, [0]), (3, [0, 1, 2]), (19, [0, 3, 5, 8, 10, 13, 15, 18])])
def test_a_strip_shows_the_first_and_the_last(length: int, places: list[int]) -> None:
    assert shown(length).tolist() == places and len(places) <= COLUMNS


def test_a_strip_has_a_line_per_row_and_one_image_is_seen_from_all_sides() -> None:
    gray, colours = np.zeros((19, 4, 4), np.uint8), np.zeros((19, 4, 4, 3), np.uint8)
    assert len(strip([Row("face", gray), Row("flow", colours)]).data) == 2 * COLUMNS
    single = strip([Row("input", gray[:1]), Row("flow", colours[:1]), Row("saliency", colours[:1])])
    assert len(single.data) == 3 and [each.text for each in single.layout.annotations] == ["input", "flow", "saliency"]


def test_heat_goes_from_paper_to_dark_red() -> None:
    assert heat(np.array([[[0.0, 5.0, 10.0]]]))[0, 0].tolist() == [[255, 255, 255], [240, 130, 92], [127, 0, 0]]
    assert (heat(np.zeros((1, 2, 2))) == 255).all()


def test_signed_channels_are_centred_and_others_are_not() -> None:
    figure = arrays([("u", np.array([[-1.0, 2.0]])), ("strain", np.array([[0.5, 1.0]]))])
    assert [trace.zmid for trace in figure.data] == [0, None]
    assert np.array_equal(figure.data[0].z, [[-1.0, 2.0]])


def test_the_true_class_stands_out() -> None:
    curve = np.array([[0.2, 0.8], [0.6, 0.4]])
    figure = epochs((1, 5), curve, ("no", "yes"), truth=1, chosen=5)
    assert [trace.name for trace in figure.data] == ["no", "yes (true)"] and figure.data[1].line.width > figure.data[0].line.width
    assert list(figure.data[0].y) == [0.2, 0.6] and list(figure.data[0].x) == [1, 5]
    bars = answers(["nested", "oracle"], list(curve), ("no", "yes"), truth=1)
    assert [list(trace.x) for trace in bars.data] == [[0.2, 0.6], [0.8, 0.4]]
