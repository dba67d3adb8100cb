"""FHOFO: fuzzy histograms of optical flow orientations, per block and stretch of time.

Paper: Happy and Routray, "Fuzzy histogram of optical flow orientations for micro-expression recognition", IEEE Trans. Affective Computing
10(3), 2019. Only the direction of a vector counts, not its length; the histogram of narrow bins is made fuzzy by a matrix of coefficients,
so that a direction belongs to several of the wide bins and a small turn moves a little weight rather than a whole vector.
The paper's text was not at hand: the shape and width of the membership (a Gaussian over circular distance, whose memberships add up to 1),
the narrow bins and the threshold below which a vector has no direction are ours.
"""

import numpy as np

from preprocessing.steps.flow_blocks import TURN, direction_bins, edges, histograms, polar, shares


def membership(bins: int, *, narrow: int, spread: float) -> np.ndarray:
    """How much each narrow bin belongs to each wide one: float64 (bins * narrow, bins), rows add up to 1.

    ``narrow`` bins make up a wide one; ``spread`` is the Gaussian's standard deviation in widths of a wide bin.
    """
    if not spread > 0:
        raise ValueError(f"A membership's spread must be positive, but got {spread}. Pass --option spread=0.5.")
    at = (np.arange(bins * narrow) + 0.5) / (bins * narrow) * TURN
    distance = np.abs(at[:, None] - (np.arange(bins) + 0.5) / bins * TURN)
    distance = np.minimum(distance, TURN - distance) * (bins / TURN)
    logarithm = -0.5 * (distance / spread) ** 2
    degrees = np.exp(logarithm - logarithm.max(axis=1, keepdims=True))
    return degrees / degrees.sum(axis=1, keepdims=True)


def fhofo(flow: np.ndarray, *, rows: int, cols: int, segments: int, bins: int, narrow: int, spread: float, still: float) -> np.ndarray:
    """Flow (T, 2, H, W) -> float32 (segments * rows * cols * bins): shares of directions, by time, row, column.

    Vectors of at most ``still`` times the clip's longest do not count; a block without any other is 0.
    """
    magnitude, angle = polar(flow)
    moving = (magnitude > still * magnitude.max()).astype(np.float64)
    counts = histograms(direction_bins(angle, bins * narrow), moving, bins * narrow, rows=rows, cols=cols)
    counts = np.add.reduceat(counts, edges(len(flow), segments), axis=0)
    return shares(counts @ membership(bins, narrow=narrow, spread=spread)).astype(np.float32).ravel()
