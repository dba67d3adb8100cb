"""Histograms of gradient orientation on three orthogonal planes: HIGO-TOP counts pixels, HOG-TOP adds up their gradients' magnitude.

Source: Li, Hong, Moilanen, Huang, Pfister, Zhao, Pietikainen, "Towards reading hidden emotions: a comparative study of spontaneous
micro-expression spotting and recognition methods", IEEE TAC 2018, Sec. 3.2. Without the magnitude a descriptor does not depend on
contrast and light. Central differences; orientation over the full circle, each pixel in one bin. A pixel without gradient has no
orientation and counts for nothing.
"""

from typing import Literal

import numpy as np

from preprocessing.steps.blocks import Grid, histograms

PLANES = {"top": ("xy", "xt", "yt"), "xyot": ("xt", "yt"), "xy": ("xy",), "xt": ("xt",), "yt": ("yt",)}
"""Which planes: all three, the two in time, or one."""
Vote = Literal["count", "magnitude"]
_AXES = {"t": 0, "y": 1, "x": 2}


def orientation_histograms(frames: np.ndarray, *, bins: int, grid: Grid, planes: str, vote: Vote) -> np.ndarray:
    """Gray frames (T, H, W), at least 3 of each -> float32 (D,), D = blocks * planes * bins; the planes of the first block come first.

    ``vote``: what a pixel adds to its bin, 1 or the length of its gradient in the plane.
    """
    if planes not in PLANES or vote not in ("count", "magnitude") or bins < 2:
        raise ValueError(
            f"Planes must be one of {', '.join(PLANES)}, the vote count or magnitude, bins at least 2, but got '{planes}', '{vote}' and "
            f"{bins}. Li et al. have top, count and 8."
        )
    if min(frames.shape) < 3:
        raise ValueError(f"A volume must have at least 3 frames, rows and columns, but got {frames.shape}. Interpolate the clip to more.")
    gradient = [_central(frames, axis) for axis in range(3)]
    parts = [_of_plane(gradient[_AXES[a]], gradient[_AXES[b]], bins, grid, vote) for a, b in map(tuple, PLANES[planes])]
    return np.stack(parts, axis=1).ravel()


def _of_plane(across: np.ndarray, along: np.ndarray, bins: int, grid: Grid, vote: Vote) -> np.ndarray:
    """Bin 0 begins at the direction of growing ``across`` and turns towards growing ``along``: (blocks, bins)."""
    turn = np.arctan2(along, across) / (2 * np.pi) % 1
    codes = np.minimum((turn * bins).astype(np.int64), bins - 1)  # a tiny negative angle is 1 after rounding
    magnitude = np.hypot(across, along)
    return histograms(codes, bins, grid, magnitude if vote == "magnitude" else (magnitude > 0).astype(np.float64))


def _central(frames: np.ndarray, axis: int) -> np.ndarray:
    """Central difference along an axis, of inner voxels: float32 (T - 2, H - 2, W - 2)."""
    inner = [slice(1, -1)] * 3
    before, after = list(inner), list(inner)
    before[axis], after[axis] = slice(None, -2), slice(2, None)
    return np.asarray((frames[tuple(after)].astype(np.int16) - frames[tuple(before)]) / 2, np.float32)
