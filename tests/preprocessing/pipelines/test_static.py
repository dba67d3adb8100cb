from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing import pipelines
from preprocessing.clip import Clip, Frame
from preprocessing.pipeline import Context
from preprocessing.steps.ten_crop import ten_crop

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)


def _clip(*frames: Frame) -> Clip:
    return Clip(corpus="ferplus", subject="Training", filename="fer0", frames=frames, onset=None, apex=None, offset=None, emotion="fear")


@pytest.fixture(params=["fer2013.csv", "fer0000000.png"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Clip:
    """The same image as a row of FER2013's table, and as a file in Microsoft's layout."""
    path = tmp_path / request.param
    if path.suffix == ".csv":
        path.write_text(f"emotion,pixels,Usage\n2,{' '.join(map(str, PIXELS.ravel()))},Training\n")
    else:
        cv2.imwrite(str(path), PIXELS)
    return _clip(Frame(number=0, path=path))


def _tensor(name: str, clip: Clip, **constants: int) -> np.ndarray:
    pipeline = pipelines.load(name)
    return pipeline.tensor(clip, {**pipeline.constants, **constants}, Context())


def test_views_of_one_image(image: Clip) -> None:
    assert np.array_equal(_tensor("static_image", image), PIXELS[None])
    assert np.array_equal(_tensor("centre_crop", image), PIXELS[None, 3:45, 3:45])
    assert np.array_equal(_tensor("ten_crop", image), ten_crop(PIXELS))


def test_an_enlarged_image_is_the_image_enlarged(image: Clip) -> None:
    large = _tensor("static_resized", image)
    assert large.shape == (1, 64, 64) and large.dtype == np.uint8
    assert np.array_equal(_tensor("static_resized", image, size=48), PIXELS[None])
    flat, ramp = np.full((48, 48), 90, np.uint8), np.tile(np.arange(48, dtype=np.uint8) * 4, (48, 1))
    for pixels, inner in ((flat, np.full(60, 90.0)), (ramp, (np.arange(2, 62) + 0.5) * 0.75 * 4 - 2)):
        path = image.frames[0].path.with_name("other.png")
        cv2.imwrite(str(path), pixels)
        row = _tensor("static_resized", _clip(Frame(number=0, path=path)))[0, 30, 2:62]
        assert np.abs(row - inner).max() <= 1


def test_a_static_image_is_one_image() -> None:
    with pytest.raises(ValueError, match="one row of the table, but got 0 for 'ferplus/Training/fer0'"):
        _tensor("centre_crop", _clip())
