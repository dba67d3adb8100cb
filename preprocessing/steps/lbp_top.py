"""LBP-TOP: local binary patterns on three orthogonal planes, the image and its two sections in time.

Source: Zhao, Pietikainen, "Dynamic texture recognition using local binary patterns with an application to facial expressions", TPAMI
2007. Every voxel that is a radius away from the border is the centre of one pattern in each plane; planes are concatenated per block.
"""

import numpy as np

from preprocessing.steps.blocks import Grid, histograms
from preprocessing.steps.lbp import binned, circle, patterns

Radii = tuple[int, int, int]
"""(R_X, R_Y, R_T)"""


def lbp_top(frames: np.ndarray, *, radii: Radii, neighbours: int, grid: Grid, uniform: bool = True) -> np.ndarray:
    """Gray frames (T, H, W), T > 2 R_T -> float32 (D,), D = blocks * 3 planes * bins: XY, XT, YT of the first block, of the second ..."""
    of_planes = [histograms(*binned(codes, neighbours, uniform), grid) for codes in plane_patterns(frames, radii, neighbours)]
    return np.stack(of_planes, axis=1).ravel()


def plane_patterns(frames: np.ndarray, radii: Radii, neighbours: int) -> list[np.ndarray]:
    """The codes of each plane, XY, XT and YT: uint16 (T - 2 R_T, H - 2 R_Y, W - 2 R_X)."""
    (rx, ry, rt) = radii
    x, y, t = (0, 0, rx), (0, ry, 0), (rt, 0, 0)
    return [patterns(frames, circle(across, up, neighbours), (rt, ry, rx)) for across, up in ((x, y), (x, t), (y, t))]
