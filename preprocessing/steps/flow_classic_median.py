"""The weighted median of Classic+NL: near edges of the flow, neighbours of like colour and near by vote; occluded ones do not.

Source: Sun, Roth, Black, CVPR 2010, Sec. 5, Eq. 10-12; occlusion after Sand and Teller, "Particle video", IJCV 2008, appendix A.2.
Edges are not thinned before they are widened, unlike in the authors' release, so that a few more pixels are filtered by weight.
"""

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from preprocessing.steps.flow_classic_images import derivatives

EDGE_FACTOR = 4.0  # an edge's squared gradient over the mean one
EDGE_MARGIN = 5  # pixels: the square that widens an edge
_BATCH = 4096  # pixels at once: 225 neighbours each


def visibility(first: np.ndarray, second: np.ndarray, flow: np.ndarray, *, sigma_divergence: float, sigma_intensity: float) -> np.ndarray:
    """The logarithm, at most 0, of how visible each pixel is in the second image: low where flow converges or the images disagree."""
    divergence = np.gradient(flow[0], axis=1) + np.gradient(flow[1], axis=0)
    change = derivatives(first, second, flow, warp="cubic", blend=0.5)[0]
    return -(np.minimum(divergence, 0) ** 2) / (2 * sigma_divergence**2) - change**2 / (2 * sigma_intensity**2)


def near_edges(flow: np.ndarray) -> np.ndarray:
    """Where u or v has an edge within EDGE_MARGIN // 2 pixels: bool (H, W)."""
    edges = np.zeros(flow.shape[1:], dtype=bool)
    for part in flow:
        x, y = (cv2.Sobel(part, cv2.CV_64F, *order, scale=1 / 8, borderType=cv2.BORDER_REPLICATE) for order in ((1, 0), (0, 1)))
        strength = x**2 + y**2
        edges |= strength > EDGE_FACTOR * strength.mean()
    return cv2.dilate(edges.astype(np.uint8), np.ones((EDGE_MARGIN, EDGE_MARGIN), np.uint8)).astype(bool)


def weighted_median_filter(
    flow: np.ndarray, where: np.ndarray, guide: np.ndarray, log_visibility: np.ndarray, *, radius: int, sigma_x: float, sigma_i: float
) -> np.ndarray:
    """Weighted medians (2, N) of u and v at the N pixels of the mask ``where`` (H, W), over (2 radius + 1)^2 neighbours.

    ``guide`` (H, W, C): colours; a neighbour's weight is exp(-distance^2 / 2 sigma_x^2 - mean squared colour difference / 2 sigma_i^2)
    times its visibility. All images are mirrored at the border.
    """
    offsets = np.arange(-radius, radius + 1)
    near = -(offsets[:, None] ** 2 + offsets**2) / (2 * sigma_x**2)
    windows = [_windows(part, radius) for part in flow]
    colours = [_windows(channel, radius) for channel in np.moveaxis(guide, 2, 0)]
    visible = _windows(log_visibility, radius)
    rows, columns = np.nonzero(where)
    medians = np.empty((2, len(rows)))
    for start in range(0, len(rows), _BATCH):
        at = (rows[start : start + _BATCH], columns[start : start + _BATCH])
        difference = np.mean([(channel[at] - channel[at][:, radius, radius, None, None]) ** 2 for channel in colours], axis=0)
        log_weight = (near - difference / (2 * sigma_i**2) + visible[at]).reshape(len(at[0]), -1)
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))  # the largest is 1: not all can vanish
        for part, window in zip(medians, windows, strict=True):
            part[start : start + _BATCH] = weighted_median(window[at].reshape(weight.shape), weight)
    return medians


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of each row (N, K): the smallest value up to which the weights are at least half of all; (N,)."""
    order = np.argsort(values, axis=1)
    so_far = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    middle = np.argmax(so_far >= so_far[:, -1:] / 2, axis=1)
    index = np.arange(len(values))
    return values[index, order[index, middle]]


def _windows(image: np.ndarray, radius: int) -> np.ndarray:
    """(H, W) -> a view (H, W, 2 radius + 1, 2 radius + 1) of every pixel's neighbours."""
    size = 2 * radius + 1
    return sliding_window_view(np.pad(image, radius, mode="symmetric"), (size, size))
