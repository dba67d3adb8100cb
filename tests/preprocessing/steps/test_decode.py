"""Whole images decode as OpenCV decodes them; whatever is not whole is an error that names clip and file."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing.clip import Clip, Frame
from preprocessing.steps.decode import read_frames, read_image

KEY = "casme2/sub01/EP01"
FORMATS = [
    (".jpg", []),
    (".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
    (".jpg", [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]),
    (".png", []),
    (".bmp", []),
]


def picture(height: int = 48, width: int = 64) -> np.ndarray:
    """Smooth colour with some noise: compressed data of every kind."""
    y, x = np.mgrid[:height, :width]
    smooth = np.stack([x * 255 / width, y * 255 / height, (x + y) % 256], axis=2)
    return np.clip(smooth + np.random.default_rng(0).normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)


def encoded(suffix: str, options: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, picture(), options)
    assert done
    return data.tobytes()


def clip_of(*paths: Path) -> Clip:
    frames = tuple(Frame(number=number, path=path) for number, path in enumerate(paths, start=46))
    return Clip(corpus="casme2", subject="sub01", filename="EP01", frames=frames, onset=46, apex=None, offset=None, emotion="happiness")


def refuse(path: Path, match: str) -> None:
    for colour in (False, True):
        with pytest.raises(ValueError, match=match) as raised:
            read_image(path, colour=colour, where=KEY)
        assert f"'{KEY}' at {path}" in str(raised.value) and "Copy the file again" in str(raised.value)


@pytest.mark.parametrize(("suffix", "options"), FORMATS)
def test_an_image_is_what_opencv_reads(tmp_path: Path, suffix: str, options: list[int]) -> None:
    path = tmp_path / f"img46{suffix}"
    path.write_bytes(encoded(suffix, options))
    gray, colour = read_image(path, colour=False, where=KEY), read_image(path, colour=True, where=KEY)
    assert gray.shape == (48, 64) and colour.shape == (48, 64, 3) and gray.dtype == colour.dtype == np.uint8
    assert np.array_equal(gray, np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)))
    assert np.abs(colour[..., ::-1].astype(int) - cv2.imread(str(path))).max() <= (2 if suffix == ".jpg" else 0)
    assert np.abs(colour.astype(int) - picture()[..., ::-1]).mean() < 12  # red first


@pytest.mark.parametrize(("suffix", "options"), FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path: Path, suffix: str, options: list[int], share: float) -> None:
    path = tmp_path / f"img46{suffix}"
    data = encoded(suffix, options)
    path.write_bytes(data[: int(len(data) * share)])
    refuse(path, "truncated or damaged|begin with|damaged BMP")


def test_a_preview_in_the_header_does_not_end_a_truncated_jpeg(tmp_path: Path) -> None:
    data, preview = encoded(".jpg", []), b"Exif\0\0" + encoded(".jpg", [])
    whole = data[:2] + b"\xff\xe1" + (len(preview) + 2).to_bytes(2, "big") + preview + data[2:]
    path = tmp_path / "img46.jpg"
    path.write_bytes(whole)
    wanted = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(read_image(path, colour=False, where=KEY), np.asarray(wanted))
    path.write_bytes(whole[: -len(data) // 2])
    refuse(path, "truncated or damaged JPEG")


@pytest.mark.parametrize("trailer", [b"\0" * 4096, b"\n", b"camera trailer", encoded(".jpg", [])])
def test_what_cameras_append_does_not_matter(tmp_path: Path, trailer: bytes) -> None:
    path = tmp_path / "img46.jpg"
    path.write_bytes(encoded(".jpg", []) + trailer)
    assert read_image(path, colour=False, where=KEY).shape == (48, 64)


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "img46.jpg"
    path.write_bytes(encoded(".png", []))
    assert np.array_equal(read_image(path, colour=True, where=KEY), picture()[..., ::-1])


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "0 bytes for"),
        (b"<!DOCTYPE html>", "15 bytes that begin with b'<!DOCTYP'"),
        (b"GIF89a" + b"\0" * 99, "105 bytes that begin with b'GIF89a"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, data: bytes, match: str) -> None:
    path = tmp_path / "img46.jpg"
    path.write_bytes(data)
    refuse(path, f"must be a JPEG, PNG or BMP, but got {match}")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path / "img46.jpg", "FileNotFoundError")
    (tmp_path / "img47.jpg").mkdir()
    refuse(tmp_path / "img47.jpg", "IsADirectoryError")
    (tmp_path / "img48.jpg").symlink_to(tmp_path / "img48.jpg")
    refuse(tmp_path / "img48.jpg", "OSError")


def test_a_size_beyond_opencvs_limit_is_refused(tmp_path: Path) -> None:
    data = bytearray(encoded(".jpg", []))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"  # 65535 x 65535
    path = tmp_path / "img46.jpg"
    path.write_bytes(data)
    refuse(path, "one that OpenCV reads")


def test_a_clips_frames_are_stacked_in_order(tmp_path: Path) -> None:
    paths = [tmp_path / f"img{number}.png" for number in (46, 47, 48)]
    for shade, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((5, 7), 100 + shade, np.uint8))
    gray, colour = read_frames(clip_of(*paths), colour=False), read_frames(clip_of(*paths), colour=True)
    assert gray.shape == (3, 5, 7) and colour.shape == (3, 5, 7, 3)
    assert gray[:, 0, 0].tolist() == colour[:, 0, 0, 1].tolist() == [100, 101, 102]


def test_frames_of_two_sizes_name_the_frame(tmp_path: Path) -> None:
    paths = [tmp_path / "img46.png", tmp_path / "img47.png"]
    cv2.imwrite(str(paths[0]), np.zeros((5, 7), np.uint8))
    cv2.imwrite(str(paths[1]), np.zeros((7, 5), np.uint8))
    with pytest.raises(ValueError, match=rf"got 5x7 after 7x5 for '{KEY}' in frame 47 at .*img47\.png"):
        read_frames(clip_of(*paths), colour=False)


def test_a_clip_without_frames_is_refused() -> None:
    with pytest.raises(ValueError, match=f"must have frames, but got none for '{KEY}'"):
        read_frames(clip_of(), colour=False)
