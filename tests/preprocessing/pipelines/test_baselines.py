from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing import pipelines
from preprocessing.clip import Clip, Frame
from preprocessing.pipeline import Context

SIDE = 48
COLOUR = np.array([0.5, 1.0, 0.75])  # blue, green, red of a pixel, as shares of its brightness


def _texture(shift: float) -> np.ndarray:
    """A blurred pattern that lies ``shift`` pixels further right."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    return 127 + 60 * np.sin((x - shift) / 3) * np.cos(y / 4) + 40 * np.sin((x - shift + y) / 5)


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """Five frames that move right by half a pixel each."""
    frames = []
    for number in range(5):
        frames.append(Frame(number=number, path=tmp_path / f"img{number}.png"))
        cv2.imwrite(str(frames[-1].path), (_texture(number / 2)[..., None] * COLOUR).astype(np.uint8))
    return Clip(
        corpus="casme2", subject="sub01", filename="EP01", frames=tuple(frames), onset=0, apex=2, offset=4, emotion="others", fps=200.0
    )


def _gray(frame: Frame) -> np.ndarray:
    image = cv2.imread(str(frame.path), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    return image


def _tensor(name: str, clip: Clip, **constants: object) -> np.ndarray:
    pipeline = pipelines.load(name)
    return pipeline.tensor(clip, {**pipeline.constants, "faces": "none", "size": SIDE, **constants}, Context())  # type: ignore[dict-item]


def test_the_apex_frame_is_the_annotated_one(clip: Clip) -> None:
    image = cv2.imread(str(clip.frames[2].path))
    assert image is not None
    colour, gray = _tensor("apex_frame", clip), _tensor("apex_frame_gray", clip)
    assert np.array_equal(colour, image[..., ::-1].transpose(2, 0, 1)) and colour.dtype == np.uint8
    assert np.array_equal(gray[0], _gray(clip.frames[2])) and gray.shape == (1, SIDE, SIDE)


@pytest.mark.parametrize(("reference", "last"), [("previous", 0.5), ("first", 2.0)])
def test_flow_over_time_is_that_of_the_pattern(clip: Clip, reference: str, last: float) -> None:
    sequence = _tensor("gray_flow_sequence", clip, num_frames=5, interpolation="linear", reference=reference, flow_size=SIDE)
    assert sequence.shape == (4, 4, SIDE, SIDE) and sequence.dtype == np.float16
    gray, u, v, strain = sequence[-1].astype(np.float32)[:, 8:-8, 8:-8]
    assert np.median(u) == pytest.approx(last, abs=0.25) and abs(np.median(v)) < 0.2 and strain.min() >= 0
    np.testing.assert_allclose(gray, _gray(clip.frames[-1])[8:-8, 8:-8] / 255, atol=2e-3)


def test_flow_is_in_pixels_of_the_smaller_image(clip: Clip) -> None:
    how = {"num_frames": 5, "interpolation": "linear", "reference": "first", "flow_size": SIDE}
    full, half = _tensor("gray_flow_sequence", clip, **how), _tensor("gray_flow_sequence", clip, **how, size=SIDE // 2)
    assert half.shape == (4, 4, SIDE // 2, SIDE // 2)
    np.testing.assert_allclose(half[:, 1:3].mean((0, 2, 3)), full[:, 1:3].mean((0, 2, 3)) / 2, atol=5e-3)
    np.testing.assert_allclose(half[:, 0].mean(), full[:, 0].mean(), atol=2e-3)


def test_time_is_interpolated_to_the_frames_that_are_asked_for(clip: Clip) -> None:
    assert _tensor("gray_flow_sequence", clip, num_frames=9, flow_size=SIDE).shape == (8, 4, SIDE, SIDE)
    with pytest.raises(ValueError, match="spline"):
        _tensor("gray_flow_sequence", clip, interpolation="spline", flow_size=SIDE)
