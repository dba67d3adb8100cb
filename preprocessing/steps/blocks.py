"""Blocks: a volume cut into a grid of equal blocks, a histogram of each, so that a descriptor keeps where in the face a pattern is.

Source: Ahonen, Hadid, Pietikainen, "Face description with local binary patterns", TPAMI 2006; over time: Zhao, Pietikainen, TPAMI 2007.
Blocks do not overlap. Their sizes differ by one where a side cannot be divided evenly.
"""

import numpy as np

Grid = tuple[int, int, int]
"""How many blocks: (rows, columns, depth), depth in time; ``5 x 5 x 1``."""


def histograms(codes: np.ndarray, num_bins: int, grid: Grid, weights: np.ndarray | None = None) -> np.ndarray:
    """Codes (T, H, W) in [0, num_bins) -> float32 (blocks, num_bins), each histogram of sum 1; blocks by time, row, column.

    ``weights`` (T, H, W): what a pixel counts, 1 by default. A block that counts nothing has a histogram of zeros.
    """
    depth, rows, columns = (_index(size, count) for size, count in zip(codes.shape, (grid[2], grid[0], grid[1]), strict=True))
    place = (depth[:, None, None] * grid[0] + rows[:, None]) * grid[1] + columns  # (T, H, W)
    num_blocks = grid[0] * grid[1] * grid[2]
    flat = (place * num_bins + codes).ravel()
    counts = np.bincount(flat, None if weights is None else weights.ravel(), minlength=num_blocks * num_bins)
    table = counts.reshape(num_blocks, num_bins)
    total = table.sum(axis=1, keepdims=True)
    return np.asarray(table / np.where(total > 0, total, 1), np.float32)


def edges(size: int, count: int) -> np.ndarray:
    """Where ``count`` blocks of a side begin and end: int (count + 1,)."""
    if not 1 <= count <= size:
        raise ValueError(f"A side must be cut into 1 to {size} blocks, its pixels or frames, but got {count}. Choose fewer blocks.")
    return np.arange(count + 1) * size // count


def _index(size: int, count: int) -> np.ndarray:
    """The block of each position along a side."""
    return np.searchsorted(edges(size, count), np.arange(size), side="right") - 1
