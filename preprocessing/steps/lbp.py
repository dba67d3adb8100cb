"""Local binary patterns: which neighbours of a pixel are at least as bright as it, as a number; and the uniform ones among them.

Source: Ojala, Pietikainen, Maenpaa, "Multiresolution gray-scale and rotation invariant texture classification with local binary
patterns", TPAMI 2002. Neighbours between pixels are interpolated bilinearly. Interpolated differences to the centre are compared with 0,
not interpolated values with the centre, so that a flat area has equal neighbours whatever the rounding.

Shapes: T frames, H x W pixels, P neighbours. Positions are (t, y, x), y down.
"""

import functools
from collections.abc import Iterator
from itertools import product

import numpy as np

from preprocessing.steps.blocks import Grid, histograms

MAX_NEIGHBOURS = 16
_EQUAL = 1e-7
"""Differences down to minus this count as none: far above rounding, far below the smallest that 8 neighbours of grey levels can have."""


def lbp(frames: np.ndarray, *, radius: int, neighbours: int, grid: Grid, uniform: bool = True) -> np.ndarray:
    """Gray frames (T, H, W) -> float32 (D,): the patterns of every frame by itself, one histogram per block over its frames."""
    codes = patterns(frames, circle((0, 0, radius), (0, radius, 0), neighbours), (0, radius, radius))
    return histograms(*binned(codes, neighbours, uniform), grid).ravel()


def circle(across: tuple[int, int, int], up: tuple[int, int, int], neighbours: int) -> np.ndarray:
    """P points evenly on an ellipse of two half axes, the first on ``across``, the next ones towards minus ``up``: float64 (P, 3)."""
    if not 4 <= neighbours <= MAX_NEIGHBOURS:
        raise ValueError(f"A pattern must have 4 to {MAX_NEIGHBOURS} neighbours, but got {neighbours}. Zhao and Pietikainen have 8.")
    angle = 2 * np.pi * np.arange(neighbours)[:, None] / neighbours
    return np.round(np.cos(angle) * across - np.sin(angle) * up, 12)  # whole where cosine or sine is


def patterns(volume: np.ndarray, points: np.ndarray, margins: tuple[int, int, int]) -> np.ndarray:
    """The code of each voxel that is ``margins`` away from the border: uint16 (T - 2 mt, H - 2 my, W - 2 mx); bit p is of point p.

    Volume: (T, H, W) of whole numbers. Points: (P, 3) offsets to the voxel, none beyond the margins.
    """
    sizes = [size - 2 * margin for size, margin in zip(volume.shape, margins, strict=True)]
    if min(sizes) < 1:
        raise ValueError(
            f"A volume must be larger than its patterns, more than {tuple(2 * m for m in margins)} frames, rows and columns, but got "
            f"{volume.shape}. Choose smaller radii, or interpolate the clip to more frames."
        )
    volume = volume.astype(np.int32)
    codes = np.zeros(sizes, np.uint16)
    for t in range(sizes[0]):  # frame by frame: what is compared stays in the cache
        centre = _shifted(volume, t, (0, 0, 0), margins)
        for p, point in enumerate(points):
            codes[t] |= (_difference(volume, t, point, margins, centre) >= -_EQUAL).astype(np.uint16) << np.uint16(p)
    return codes


def binned(codes: np.ndarray, neighbours: int, uniform: bool) -> tuple[np.ndarray, int]:
    """Codes as bins, and how many there are: 2^P, or P (P - 1) + 3 where patterns that are not uniform share the last one."""
    if not uniform:
        return codes, 1 << neighbours
    table = _uniform_bins(neighbours)
    return table[codes], int(table.max()) + 1


@functools.cache
def _uniform_bins(neighbours: int) -> np.ndarray:
    """Code -> bin: codes with at most two changes around the circle, in order, then all others."""
    codes = np.arange(1 << neighbours)
    changed = codes ^ (codes >> 1 | (codes & 1) << (neighbours - 1))
    is_uniform = (changed[:, None] >> np.arange(neighbours) & 1).sum(axis=1) <= 2
    return np.where(is_uniform, np.cumsum(is_uniform) - 1, is_uniform.sum())


def _difference(volume: np.ndarray, t: int, point: np.ndarray, margins: tuple[int, int, int], centre: np.ndarray) -> np.ndarray:
    """A neighbour's interpolated value minus the centre's."""
    corners = list(_corners(point))
    if len(corners) == 1:
        return _shifted(volume, t, corners[0][0], margins) - centre
    total = np.zeros(centre.shape)
    for offset, weight in corners:
        total += weight * (_shifted(volume, t, offset, margins) - centre)
    return total


def _corners(point: np.ndarray) -> Iterator[tuple[tuple[int, int, int], float]]:
    """The voxels around a point and their shares, those of share 0 left out."""
    low = np.floor(point).astype(int)
    share = point - low
    for step in product((0, 1), repeat=3):
        weight = float(np.prod(np.where(step, share, 1 - share)))
        if weight:
            t, y, x = (low + step).tolist()
            yield (t, y, x), weight


def _shifted(volume: np.ndarray, t: int, offset: tuple[int, int, int], margins: tuple[int, int, int]) -> np.ndarray:
    """One frame of the inner volume, moved by whole voxels: (H - 2 my, W - 2 mx)."""
    (dt, dy, dx), (mt, my, mx) = offset, margins
    _, height, width = volume.shape
    return volume[t + mt + dt, my + dy : height - my + dy, mx + dx : width - mx + dx]
