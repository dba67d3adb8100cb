"""Colour coding of flow: direction as hue, magnitude as brightness.

Source: SHCNN (Miao et al., IEEE Access 2019) and its released script. The paper says HSI with the magnitude as intensity
and no normalisation; the script uses HSV and stretches each frame's magnitude to 0-255, which throws absolute magnitude away and
amplifies noise near the onset.
"""

from typing import Literal

import cv2
import numpy as np

MagNorm = Literal["frame_minmax", "clip_minmax", "none"]
Colour = Literal["hsv", "hsi"]


def encode(flow: np.ndarray, *, mag_norm: MagNorm = "frame_minmax", color: Colour = "hsv") -> np.ndarray:
    """Flow (T, 2, H, W) in pixels -> RGB uint8 (T, 3, H, W).

    ``mag_norm``: brightness spans 0-255 in each frame, over the clip, or is the magnitude in pixels. Equal magnitudes everywhere are black,
    as in the script. ``color``: hsv with hue in steps of 2 degrees, or hsi, whose pure colours saturate from intensity 85 on.
    """
    if flow.ndim != 4 or flow.shape[1] != 2 or not np.isfinite(flow).all():
        raise ValueError(f"Flow must be finite and (T, 2, H, W), but got {flow.dtype} {flow.shape}. Check the frames it was computed from.")
    if color not in ("hsv", "hsi"):
        raise ValueError(f"Colour coding must be hsv or hsi, but got '{color}'.")
    polar = [cv2.cartToPolar(*np.ascontiguousarray(uv, dtype=np.float32)) for uv in flow]
    magnitude, angle = np.stack([m for m, _ in polar]), np.stack([a for _, a in polar])
    value = _brightness(magnitude, mag_norm)
    images = _hsv(angle, value) if color == "hsv" else _hsi(angle, value)
    return np.ascontiguousarray(np.moveaxis(images, 3, 1))


def _brightness(magnitude: np.ndarray, mag_norm: MagNorm) -> np.ndarray:
    """(T, H, W) -> float32 in 0-255."""
    if mag_norm == "none":
        return np.minimum(magnitude, 255)
    if mag_norm == "clip_minmax":
        return _stretch(magnitude.reshape(len(magnitude), -1)).reshape(magnitude.shape)
    if mag_norm == "frame_minmax":
        return np.stack([_stretch(frame) for frame in magnitude])
    raise ValueError(f"Magnitude normalisation must be frame_minmax, clip_minmax or none, but got '{mag_norm}'.")


def _stretch(magnitude: np.ndarray) -> np.ndarray:
    return cv2.normalize(magnitude, None, 0, 255, cv2.NORM_MINMAX)


def _hsv(angle: np.ndarray, value: np.ndarray) -> np.ndarray:
    hue = (angle * 180 / np.pi / 2).astype(np.uint8) % 180
    hsv = np.stack([hue, np.full_like(hue, 255), value.astype(np.uint8)], axis=-1)
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_HSV2RGB) for frame in hsv])


def _hsi(angle: np.ndarray, intensity: np.ndarray) -> np.ndarray:
    """Full saturation: in each third of the circle one primary is 0 and the other two add up to three times the intensity."""
    third = 2 * np.pi / 3
    sector = (angle // third).astype(np.int64) % 3
    within = angle - third * (angle // third)
    leading = intensity * (1 + np.cos(within) / np.cos(np.pi / 3 - within))
    channels = np.zeros((*angle.shape, 3), dtype=np.float32)
    np.put_along_axis(channels, sector[..., None], leading[..., None], axis=-1)
    np.put_along_axis(channels, (sector[..., None] + 1) % 3, (3 * intensity - leading)[..., None], axis=-1)
    return np.clip(np.rint(channels), 0, 255).astype(np.uint8)
