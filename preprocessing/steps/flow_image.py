"""Flow image: one 8-bit image whose three channels are optical strain, vertical flow and horizontal flow, read as it comes.

The files are said to hold (u, v, strain), and they do in R, G, B; cv2 reads B, G, R, as the published scripts train on it. Measured on
the 442 images: strain computed from R and G correlates with B at .83, and R alone changes sign under a left-right mirror.
"""

import zlib
from pathlib import Path

import cv2
import numpy as np

from preprocessing.clip import Clip

_PNG = b"\x89PNG\r\n\x1a\n"


def read_flow_image(clip: Clip, size: int) -> np.ndarray:
    """The clip's only image: uint8 (3, H, W), channels in cv2's B, G, R order, which are strain, v, u."""
    if len(clip.frames) != 1:
        raise ValueError(f"A flow image clip must have one image, but got {len(clip.frames)} for '{clip.key}'. Choose another pipeline.")
    path = clip.frames[0].path
    image = _decode(path, clip.key)
    if image.shape != (size, size, 3) or image.dtype != np.uint8:
        channels = image.shape[2] if image.ndim == 3 else 1
        raise ValueError(
            f"A flow image must be {size}x{size}, 3 channels, 8 bit, but got {image.shape[1]}x{image.shape[0]}, {channels} channel(s), "
            f"{image.dtype} for '{clip.key}' at {path}. Export it again as colour without alpha, or set the pipeline's size."
        )
    return np.ascontiguousarray(image.transpose(2, 0, 1))


def _decode(path: Path, key: str) -> np.ndarray:
    """cv2 fills a truncated file's missing rows in silence, so that a PNG's checksums are tested first."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"An image must be readable, but got {type(error).__name__} for '{key}' at {path}. Copy it again.") from error
    if data.startswith(_PNG) and not _is_whole_png(data):
        raise ValueError(f"An image must be whole, but got a truncated or damaged PNG for '{key}' at {path}. Copy the file again.")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise ValueError(f"An image must be one that OpenCV reads, but got {len(data)} bytes for '{key}' at {path}. Copy the file again.")
    return image


def _is_whole_png(data: bytes) -> bool:
    """Whether every chunk (length, type, data, CRC-32) is there and the last one is IEND."""
    at = len(_PNG)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at = end
    return False
