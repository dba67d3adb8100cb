"""Resampling: frames read at the positions that a map from output pixels to input pixels names."""

from collections.abc import Callable

import cv2
import numpy as np

Map = Callable[[np.ndarray], np.ndarray]
"""Output positions (2, H, W) -> input positions (2, H, W), both (x, y) in pixels, whole numbers at pixel centres."""
LARGEST = 32766
"""Pixels a side that OpenCV's ``remap`` can read from."""


def warp(frames: np.ndarray, source: Map, size: tuple[int, int]) -> np.ndarray:
    """Frames (T, h, w) or (T, h, w, 3), uint8 or float32 -> (T, H, W[, 3]) of ``size`` (height, width), all read through one map.

    Bicubic (Keys' kernel, a = -0.75); a map to whole pixels copies them. Where the map shrinks, k x k positions are read per pixel and
    averaged, so that nothing aliases. Beyond the border the nearest pixel counts: a black margin would be an edge that moves with the head.
    """
    height, width = frames.shape[1:3]
    if max(height, width) > LARGEST:
        raise ValueError(f"Frames must have at most {LARGEST} pixels a side to be warped, but got {width}x{height}. Reduce them first.")
    positions = source(positions_of(size))
    dense = _positions_per_pixel(positions)
    if dense > 1:
        positions = source(positions_of(size, dense))
    x = np.clip(positions[0], -width, 2 * width).astype(np.float32)
    y = np.clip(positions[1], -height, 2 * height).astype(np.float32)
    warped = np.empty((len(frames), *size, *frames.shape[3:]), frames.dtype)
    for frame, out in zip(frames, warped, strict=True):
        read = cv2.remap(frame, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        out[...] = cv2.resize(read, size[::-1], interpolation=cv2.INTER_AREA) if dense > 1 else read
    return warped


def resized(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The whole of each frame (T, h, w) or (T, h, w, 3) brought to ``size`` (height, width), its sides each by their own factor."""
    factors = np.array([frames.shape[2] / size[1], frames.shape[1] / size[0]])[:, None, None]
    return warp(frames, lambda positions: (positions + 0.5) * factors - 0.5, size)


def positions_of(size: tuple[int, int], dense: int = 1) -> np.ndarray:
    """(2, H dense, W dense): (x, y) of the pixels of an image of ``size``, or of the centres of ``dense`` x ``dense`` parts of each."""
    y, x = ((np.arange(count * dense) + 0.5) / dense - 0.5 for count in size)
    return np.stack(np.meshgrid(x, y))


def _positions_per_pixel(positions: np.ndarray) -> int:
    """How many a side keep input positions at most 1.25 pixels apart, by the median step along rows and columns."""
    steps = [np.hypot(*np.diff(positions, axis=axis)) for axis in (1, 2)]
    return max([1, *(int(np.ceil(np.median(step) - 0.25)) for step in steps if step.size)])
