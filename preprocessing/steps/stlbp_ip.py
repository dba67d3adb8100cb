"""STLBP-IP: local binary patterns of integral projections, where in a block something changes and how that moves.

Source: Huang, Wang, Zhao, Pietikainen, "Facial micro-expression recognition using spatiotemporal local binary pattern with integral
projection", ICCV workshops 2015. Each frame's difference to the first is summed over rows and over columns of a block. Appearance: a
pattern along each projection, of the W - 1 neighbours of a position. Motion: the projections of all frames side by side are an image of
position and time, with uniform patterns of 8 neighbours at radius 1.
Left open: the grid of blocks, and over what appearance is counted; here over all frames of the clip.
"""

from collections.abc import Iterator

import numpy as np

from preprocessing.steps.blocks import edges
from preprocessing.steps.lbp import binned, circle, patterns

NEIGHBOURS = 8


def stlbp_ip(frames: np.ndarray, *, mask: int, rows: int, columns: int) -> np.ndarray:
    """Gray frames (T, H, W), T > 3 -> float32 (D,), D = blocks * 2 * (2^(W - 1) + 59), ``mask`` = W, odd.

    Of each block: appearance of the horizontal and of the vertical projection, motion of both; each histogram has sum 1.
    """
    if mask % 2 == 0 or not 3 <= mask <= 15:
        raise ValueError(f"The mask must be an odd number from 3 to 15, but got {mask}. Huang et al. have 3, 5, 7 and 9.")
    parts = []
    for projections in _projections(frames, rows, columns):
        parts += [_share(one_dimensional(projection, mask), 1 << (mask - 1)) for projection in projections]
        parts += [_share(*binned(_motion(projection), NEIGHBOURS, True)) for projection in projections]
    return np.concatenate(parts)


def one_dimensional(projections: np.ndarray, mask: int) -> np.ndarray:
    """Which of the W - 1 neighbours along a projection (T, N) are at least as large as the centre: (T, N - W + 1); bit 0 is the first."""
    if projections.shape[1] < mask:
        raise ValueError(
            f"A block must be at least as long as the mask, but got {projections.shape[1]} pixels for {mask}. Choose fewer blocks, a "
            "smaller mask or larger faces."
        )
    windows = np.lib.stride_tricks.sliding_window_view(projections, mask, axis=1)  # (T, N - W + 1, W)
    half = mask // 2
    at_least = np.delete(windows >= windows[..., half : half + 1], half, axis=2)
    return at_least @ (1 << np.arange(mask - 1))


def _projections(frames: np.ndarray, rows: int, columns: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of each block the horizontal (T - 1, its height) and the vertical projection (T - 1, its width) of the difference images."""
    difference = frames[1:].astype(np.int64) - frames[0]
    y, x = edges(frames.shape[1], rows), edges(frames.shape[2], columns)
    for top, bottom in zip(y, y[1:], strict=False):
        for left, right in zip(x, x[1:], strict=False):
            block = difference[:, top:bottom, left:right]
            yield block.sum(axis=2), block.sum(axis=1)


def _motion(projection: np.ndarray) -> np.ndarray:
    """Patterns of the image of position and time (T, N): (1, T - 2, N - 2)."""
    return patterns(projection[None], circle((0, 0, 1), (0, 1, 0), NEIGHBOURS), (0, 1, 1))


def _share(codes: np.ndarray, num_bins: int) -> np.ndarray:
    counts = np.bincount(codes.ravel(), minlength=num_bins)
    return np.asarray(counts / counts.sum(), np.float32)
