"""Decode: JPEG, PNG and BMP files as arrays, told apart by content, whole or not at all.

OpenCV fills the missing rows of a truncated JPEG or PNG in silence (a BMP it refuses), so that the file's structure is walked first: a JPEG
must have its end marker, a PNG its checksums and last chunk. What follows them does not count: some cameras append previews. A JPEG whose
entropy-coded data is damaged in the middle passes: only its decoder knows, and OpenCV's does not tell.
"""

import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from preprocessing.clip import Clip

_AGAIN = "Copy the file again."
_END = b"\xff\xd9"


def read_image(path: Path, *, colour: bool, where: str) -> np.ndarray:
    """An image file as uint8 gray (H, W) or RGB (H, W, 3), turned as its EXIF says; ``where`` (a clip's key) is for errors.

    Gray is the file's luminance, decoded directly (faster), which differs from converted colour by a few levels at most.
    """
    return decode(path, cv2.IMREAD_COLOR_RGB if colour else cv2.IMREAD_GRAYSCALE, where=where)


def read_frames(clip: Clip, *, colour: bool) -> np.ndarray:
    """All frames of a clip: uint8 (T, H, W) or RGB (T, H, W, 3)."""
    if not clip.frames:
        raise ValueError(f"A clip must have frames, but got none for '{clip.key}'. Run the doctor on its corpus.")
    first = read_image(clip.frames[0].path, colour=colour, where=clip.key)
    frames = np.empty((len(clip.frames), *first.shape), np.uint8)
    frames[0] = first
    for t, frame in enumerate(clip.frames[1:], start=1):
        image = read_image(frame.path, colour=colour, where=clip.key)
        if image.shape != first.shape:
            raise ValueError(
                f"Frames of a clip must have one size, but got {_size(image)} after {_size(first)} for '{clip.key}' in frame "
                f"{frame.number} at {frame.path}. Take the clip's images from one archive."
            )
        frames[t] = image
    return frames


def decode(path: Path, mode: int, *, where: str) -> np.ndarray:
    """A whole image file in one of OpenCV's ``IMREAD`` modes."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"An image must be readable, but got {type(error).__name__} for '{where}' at {path}. {_AGAIN}") from error
    name = next((name for magic, name in _MAGIC.items() if data.startswith(magic)), None)
    if name is None:
        begin = f"{len(data)} bytes" + (f" that begin with {data[:8]!r}" if data else "")
        raise ValueError(f"An image must be a JPEG, PNG or BMP, but got {begin} for '{where}' at {path}. {_AGAIN}")
    if name in _IS_WHOLE and not _IS_WHOLE[name](data):
        raise ValueError(f"An image must be whole, but got a truncated or damaged {name} for '{where}' at {path}. {_AGAIN}")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error as error:  # sizes beyond OpenCV's limit
        raise ValueError(f"An image must be one that OpenCV reads, but got '{error.err}' for '{where}' at {path}. {_AGAIN}") from error
    if image is None:
        raise ValueError(f"An image must be one that OpenCV reads, but got a damaged {name} for '{where}' at {path}. {_AGAIN}")
    return image


def _is_whole_jpeg(data: bytes) -> bool:
    """Whether the segments (marker, length, payload) lead to a scan and the end marker follows it.

    Entropy-coded data holds no end marker (FF is followed by 00 or a restart); a preview inside a header segment may, and is skipped.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:  # start of scan
            return data.endswith(_END, at) or data.find(_END, at) >= 0
    return False


def _is_whole_png(data: bytes) -> bool:
    """Whether every chunk (length, type, data, CRC-32) is there and the last one is IEND."""
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at = end
    return False


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"


_MAGIC = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"BM": "BMP"}
_IS_WHOLE: dict[str, Callable[[bytes], bool]] = {"JPEG": _is_whole_jpeg, "PNG": _is_whole_png}
