"""Thumbnails: small gray images of a clip's frames, where motion is measured on means of many pixels.

The released Matlab code of STRCN shrinks by an antialiased cubic; OpenCV has no such filter for large factors, so that we average areas.
"""

import cv2
import numpy as np


def gray_thumbnails(frames: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    """uint8 (T, H, W) or RGB (T, H, W, 3) -> float32 (T, h, w), 0-255, ``size`` = (h, w); None keeps the size."""
    if frames.dtype != np.uint8 or frames.ndim not in (3, 4) or len(frames) == 0:
        raise ValueError(f"Frames must be uint8, (T, H, W) or (T, H, W, 3), but got {frames.dtype} {frames.shape}. Convert them first.")
    return np.stack([_thumbnail(frame, size) for frame in frames])


def _thumbnail(frame: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    gray = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) if frame.ndim == 3 else frame).astype(np.float32)
    return gray if size is None else cv2.resize(gray, size[::-1], interpolation=cv2.INTER_AREA)
