from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing.clip import Clip, Frame
from preprocessing.steps.flow_image import read_flow_image


def clip_of(path: Path) -> Clip:
    frames = (Frame(number=0, path=path),)
    return Clip(corpus="casme2", subject="sub01", filename="EP01", frames=frames, onset=None, apex=None, offset=None, emotion="negative")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "sub01_EP01 .png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8))
    return path


def test_channels_come_as_cv2_imread_gives_them(image: Path) -> None:
    tensor = read_flow_image(clip_of(image), 28)
    assert tensor.dtype == np.uint8 and np.array_equal(tensor, np.moveaxis(np.asarray(cv2.imread(str(image))), 2, 0))


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 4), (32, 32, 3)])
def test_another_format_names_clip_and_file(image: Path, shape: tuple[int, ...]) -> None:
    cv2.imwrite(str(image), np.zeros(shape, dtype=np.uint8))
    with pytest.raises(ValueError, match=r"3 channels, 8 bit, but got .*'casme2/sub01/EP01' at .*sub01_EP01 \.png"):
        read_flow_image(clip_of(image), 28)


def test_sixteen_bits_are_refused(image: Path) -> None:
    cv2.imwrite(str(image), np.zeros((28, 28, 3), dtype=np.uint16))
    with pytest.raises(ValueError, match="uint16"):
        read_flow_image(clip_of(image), 28)


@pytest.mark.parametrize("share", [0.0, 0.005, 0.5, 0.999])
def test_a_truncated_file_is_refused(image: Path, share: float) -> None:
    data = image.read_bytes()
    image.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ValueError, match=r"'casme2/sub01/EP01' at .*Copy the file again"):
        read_flow_image(clip_of(image), 28)


def test_a_flipped_byte_is_refused(image: Path) -> None:
    data = bytearray(image.read_bytes())
    data[len(data) // 2] ^= 0xFF
    image.write_bytes(data)
    with pytest.raises(ValueError, match="truncated or damaged"):
        read_flow_image(clip_of(image), 28)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="FileNotFoundError for 'casme2/sub01/EP01'"):
        read_flow_image(clip_of(tmp_path / "none.png"), 28)
