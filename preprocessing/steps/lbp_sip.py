"""LBP-SIP: the six distinct neighbours on the three lines in which the planes of LBP-TOP intersect.

Source: Wang, See, Phan, Oh, "LBP with six intersection points: reducing redundant information in LBP-TOP for micro-expression
recognition", ACCV 2014. With four neighbours LBP-TOP looks at each of these points twice. The four in the image make one pattern and the
two in time another: 2^4 + 2^2 = 20 bins a block instead of 3 * 2^4 = 48.
"""

import numpy as np

from preprocessing.steps.blocks import Grid, histograms
from preprocessing.steps.lbp import patterns
from preprocessing.steps.lbp_top import Radii


def lbp_sip(frames: np.ndarray, *, radii: Radii, grid: Grid) -> np.ndarray:
    """Gray frames (T, H, W), T > 2 R_T -> float32 (D,), D = blocks * 20: 16 bins in the image, then 4 in time, of each block."""
    (rx, ry, rt) = radii
    in_image = np.array([(0, 0, rx), (0, -ry, 0), (0, 0, -rx), (0, ry, 0)])
    in_time = np.array([(-rt, 0, 0), (rt, 0, 0)])
    parts = [histograms(patterns(frames, points, (rt, ry, rx)), 1 << len(points), grid) for points in (in_image, in_time)]
    return np.concatenate(parts, axis=1).ravel()
