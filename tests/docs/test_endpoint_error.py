import numpy as np
import pytest

from docs.figures.endpoint_error import METHODS, RANGES, ZERO, Errors, Study, cases, measure, table
from docs.figures.material import TINY
from docs.figures.pairs import cut, film
from preprocessing.steps import flow

STUDY = Study(methods=("dis",), num_clips=1, sides=(64, 0), quality=None, camera=TINY.camera)


@pytest.fixture(scope="module")
def errors() -> Errors:
    return measure(STUDY)


def test_without_flow_the_error_is_the_motion(errors: Errors) -> None:
    for at, clip in cases(STUDY):
        both = cut(film(clip, STUDY.camera, 1, quality=None), (64, 64))
        length = np.hypot(*both.true)
        assert errors[64, ZERO, at] == [pytest.approx((length[both.moving].mean(), length.mean()))]


def test_a_method_beats_none_where_skin_moves_most(errors: Errors) -> None:
    assert errors[0, "dis", 2][0][0] < errors[0, ZERO, 2][0][0] / 2


def test_amplitudes_lie_in_their_ranges() -> None:
    for at, clip in cases(Study(num_clips=8)):
        assert RANGES[at][0] <= clip.amplitude_px <= RANGES[at][1]


def test_the_table_says_how_it_was_measured(errors: Errors) -> None:
    lines = table(STUDY, errors).splitlines()
    assert lines[0].startswith("1 clips per range, noise of 1 grey levels, no JPEG")
    assert [line.split(" | ")[0] for line in lines if line.startswith("| ")] == [
        "| 64 x 64", "| zero flow", "| dis", "| camera's scale", "| zero flow", "| dis",
    ]  # fmt: skip
    assert f"{errors[0, 'dis', 2][0][0]:.3f} / " in lines[-1]


def test_every_method_is_compared_but_the_one_without_weights() -> None:
    assert set(METHODS) == set(flow.METHODS) - {"flownet2"}
