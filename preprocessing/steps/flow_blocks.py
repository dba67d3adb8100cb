"""Flow blocks: the directions of flow, and sums over a grid of blocks; what the histogram descriptors share.

Angles are in radians from 0 (to the right) over pi / 2 (down the image, as v) to 2 pi. A bin begins at its multiple of 2 pi / bins, as
in Bi-WOOF's released code (github.com/christy1206/biwoof): motion straight to the right opens bin 0.
"""

import numpy as np

TURN = 2 * np.pi


def polar(flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flow (..., 2, H, W) -> magnitude and angle, float64 (..., H, W). Zero flow has angle 0."""
    u, v = flow[..., 0, :, :].astype(np.float64), flow[..., 1, :, :].astype(np.float64)
    return np.hypot(u, v), np.mod(np.arctan2(v, u + 0.0), TURN)  # + 0.0: a zero has no sign


def direction_bins(angle: np.ndarray, bins: int) -> np.ndarray:
    """Angles -> the bin of each, int64, 0 to bins - 1."""
    return np.floor(angle * (bins / TURN)).astype(np.int64) % bins


def edges(length: int, parts: int) -> np.ndarray:
    """Where each of ``parts`` stretches of ``length`` begins: as even as whole numbers allow, int64 (parts,)."""
    if not 1 <= parts <= length:
        raise ValueError(
            f"A grid must have 1 to as many blocks as there are pixels or frames, but got {parts} for {length}. "
            "Choose fewer blocks, or a larger input."
        )
    return np.arange(parts) * length // parts


def block_sums(values: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """(..., H, W) -> (..., rows, cols): sums over blocks that tile the image."""
    down = np.add.reduceat(values, edges(values.shape[-2], rows), axis=-2)
    return np.add.reduceat(down, edges(values.shape[-1], cols), axis=-1)


def stretches(length: int, parts: int) -> np.ndarray:
    """Which of ``parts`` stretches each of ``length`` places lies in: int64 (length,)."""
    return np.repeat(np.arange(parts), np.diff(np.append(edges(length, parts), length)))


def histograms(which: np.ndarray, weights: np.ndarray, bins: int, *, rows: int, cols: int) -> np.ndarray:
    """Bins (T, H, W) and their weights -> float64 (T, rows, cols, bins): the weight in each bin of each block of each frame."""
    num_frames, height, width = which.shape
    block = stretches(height, rows)[:, None] * cols + stretches(width, cols)
    index = (np.arange(num_frames)[:, None, None] * (rows * cols) + block) * bins + which
    counts = np.bincount(index.ravel(), weights.ravel(), minlength=num_frames * rows * cols * bins)
    return counts.reshape(num_frames, rows, cols, bins)


def shares(histogram: np.ndarray) -> np.ndarray:
    """(..., bins) scaled to sum to 1; an empty histogram stays 0."""
    total = histogram.sum(axis=-1, keepdims=True)
    return np.divide(histogram, total, out=np.zeros_like(histogram), where=total > 0)
