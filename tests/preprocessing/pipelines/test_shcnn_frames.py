from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing import pipelines
from preprocessing.clip import Clip, Frame
from preprocessing.pipeline import Context

FRAMES = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    frames = []
    for number, pixels in enumerate(FRAMES):
        frames.append(Frame(number=number, path=tmp_path / f"img{number}.png"))
        cv2.imwrite(str(frames[-1].path), pixels)
    return Clip(
        corpus="casme2", subject="sub01", filename="EP01", frames=tuple(frames), onset=0, apex=2, offset=4, emotion="others", fps=200.0
    )


def _tensor(clip: Clip, **constants: int) -> np.ndarray:
    pipeline = pipelines.load("gray_frames")
    return pipeline.tensor(clip, {**pipeline.constants, **constants}, Context())


def test_every_frame_is_cut_as_a_static_image_is(clip: Clip) -> None:
    assert np.array_equal(_tensor(clip), FRAMES[:, None, 3:45, 3:45])
    assert np.array_equal(_tensor(clip, frame_stride=2), FRAMES[::2, None, 3:45, 3:45])


def test_frames_of_any_size_are_brought_to_a_static_image(clip: Clip) -> None:
    for frame in clip.frames:
        cv2.imwrite(str(frame.path), np.full((340, 280, 3), 77, np.uint8))
    tensor = _tensor(clip)
    assert tensor.shape == (5, 1, 42, 42) and tensor.dtype == np.uint8 and (tensor == 77).all()
