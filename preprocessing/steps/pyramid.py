"""Laplacian pyramid of the magnification reference: matlabPyrTools' buildLpyr with its defaults, 5-tap binomial and 'reflect1' borders.

Source: Burt and Adelson 1983; the level count is 1 + maxPyrHt. That filter has gain 2 per level; ours has gain 1, which scales a level when
it is built and back when it is collapsed, so that images come out equal. Images are float32 or float64, (H, W) or (H, W, C).
"""

from collections.abc import Sequence

import cv2
import numpy as np

_TAPS = 5


def num_levels(height: int, width: int) -> int:
    """Levels of an image's pyramid, the low-pass residual included: 280 x 230 -> 7."""
    levels = 1
    while min(height, width) >= _TAPS:
        levels, height, width = levels + 1, height // 2, width // 2
    return levels


def reduce(image: np.ndarray) -> np.ndarray:
    """Smooth and keep each second pixel, from the first: (H, W) -> (ceil(H/2), ceil(W/2))."""
    return cv2.pyrDown(image)


def expand(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Back to H x W: zeros in between, then smooth. cv2 mirrors an even side as 'reflect1' does, an odd one only with a row to spare."""
    odd_rows, odd_columns = height % 2, width % 2
    if odd_rows or odd_columns:
        image = cv2.copyMakeBorder(image, 0, odd_rows, 0, odd_columns, cv2.BORDER_REFLECT_101)
    return cv2.pyrUp(image)[:height, :width]


def scale_bands(image: np.ndarray, gains: Sequence[float]) -> np.ndarray:
    """The image collapsed again from its pyramid with level l, finest first, times ``gains[l]``; the last gain is the residual's.

    With S the reduced image and R what its own bands give, g (image - expand(S)) + expand(R) is g image + expand(R - g S): one expansion
    a level.
    """
    if len(gains) == 1:
        return gains[0] * image
    small = reduce(image)
    return gains[0] * image + expand(scale_bands(small, gains[1:]) - gains[0] * small, *image.shape[:2])
