import cv2
import numpy as np
import pytest

from docs.figures.material import TINY
from docs.figures.pairs import Filmed, cut, endpoint_error, film, in_crop, sampled
from preprocessing.steps.crop import Rectangle
from preprocessing.steps.resampling import positions_of
from preprocessing.synthesis import faces, motion
from preprocessing.synthesis.clips import SyntheticClip, make_clip

SIZE = (90, 70)


@pytest.fixture(scope="module")
def smile() -> SyntheticClip:
    """By an identity whose head is turned by 3.5 degrees; without noise."""
    return make_clip(faces.identity("casme2", "sub12"), "smile", "happiness", num_frames=2, apex=1, amplitude_px=2.0, noise=0.0)


@pytest.fixture(scope="module")
def filmed(smile: SyntheticClip) -> Filmed:
    return film(smile, TINY.camera, 1, quality=None)


def test_flow_leads_where_the_crops_map_says() -> None:
    """A turned rectangle, its sides reduced by different factors: source(p + v) = source(p) + f."""
    face = Rectangle(corner=(3.0, 5.0), right=(0.8, 0.6), height=120.0, width=50.0)
    seen = np.random.default_rng(0).normal(size=(2, *SIZE))
    start = positions_of(SIZE)
    source = face.source(SIZE)
    np.testing.assert_allclose(source(start + in_crop(seen, face, SIZE)), source(start) + seen, atol=1e-12)


def test_true_flow_between_pixels_is_that_of_the_motion(smile: SyntheticClip, filmed: Filmed) -> None:
    points = faces.landmarks(smile.identity, TINY.camera)
    field = motion.field(smile.emotion, points, smile.amplitude_px * TINY.camera.scale, smile.identity.rng("motion", smile.name))
    exact = motion.forward(field, *filmed.face.source(SIZE)(positions_of(SIZE)))
    assert np.abs(sampled(filmed.flow, filmed.face, SIZE) - exact).max() < 0.005 < 0.5 < np.abs(exact).max()


def test_true_flow_takes_the_second_crop_back_to_the_first(filmed: Filmed) -> None:
    both = cut(filmed, SIZE)
    x, y = (positions_of(SIZE) + both.true).astype(np.float32)
    back = cv2.remap(both.second, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    left, before = (np.abs(image.astype(float) - both.first)[both.moving].mean() for image in (back, both.second))
    assert left < before / 2


def test_moving_skin_is_part_of_the_face_and_error_is_a_length(filmed: Filmed) -> None:
    both = cut(filmed, None)
    assert both.first.shape == filmed.face.native == both.moving.shape and 0.05 < both.moving.mean() < 0.8
    assert np.hypot(*both.true)[~both.moving].max() < 0.15 * np.hypot(*both.true).max()
    assert endpoint_error(both.true + np.array([3.0, -4.0])[:, None, None], both.true) == pytest.approx(5.0)
