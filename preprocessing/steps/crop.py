"""Crop: the face's rectangle from its eye centres, STRCN Eq. (1), one for all frames of a clip.

Source: STRCN (Xia et al., "Spatiotemporal recurrent convolutional networks for recognizing spontaneous micro-expressions", IEEE TMM 2020).
E_l and E_r are the eye centres at the image's left and right, d their distance; delta = (.4, .6, 2.2, 1.8).

vector   The corner is E_l + delta_1 (E_l - E_r) + delta_2 d up, where up is the unit vector at right angles to the eye line, and the sides
         follow the eye line: margins of .4 d beside the eyes, .6 d above and 1.6 d below them for any roll. The crop is upright.
literal  As printed, coordinate by coordinate: the corner is (x_l + delta_2 (x_l - x_r), y_l + delta_1 (y_l - y_r)), the sides follow the
         image. With level eyes the top edge is the eye line itself: the brows are cut off, margins are .6 d and .2 d.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from preprocessing.steps.landmarks import eyes
from preprocessing.steps.resampling import Map, warp

DELTA = (0.4, 0.6, 2.2, 1.8)
"""Eq. (1): corner, corner, height and width, in eye distances."""
Form = Literal["vector", "literal"]


@dataclass(frozen=True, kw_only=True)
class Rectangle:
    """A rectangle in an image, in pixels, whose centres are whole numbers; it may be turned and may reach beyond the image."""

    corner: tuple[float, float]
    """(x, y) of the upper left corner as the face sees it."""
    right: tuple[float, float]
    """Unit vector along the top edge."""
    height: float
    width: float

    @property
    def native(self) -> tuple[int, int]:
        """(height, width) that keeps the image's scale."""
        return max(round(self.height), 1), max(round(self.width), 1)

    def source(self, size: tuple[int, int]) -> Map:
        """Where in the image a pixel of a crop of that size lies; its pixels divide the rectangle evenly."""
        (x0, y0), (cos, sin) = self.corner, self.right

        def map_(positions: np.ndarray) -> np.ndarray:
            across = (positions[0] + 0.5) * self.width / size[1]
            down = (positions[1] + 0.5) * self.height / size[0]
            return np.stack([x0 + across * cos - down * sin, y0 + across * sin + down * cos])

        return map_


def rectangle(points: np.ndarray, *, form: Form = "vector", delta: tuple[float, float, float, float] = DELTA) -> Rectangle:
    """Eq. (1) for (68, 2) landmarks."""
    left, right = eyes(points)
    d = float(np.hypot(*(right - left)))
    if d < 1:
        raise ValueError(f"Eyes must be apart, but their distance is {d:.2f} pixels. Check the landmarks.")
    along = (right - left) / d
    up = np.array([along[1], -along[0]])
    if form == "vector":
        corner = left + delta[0] * (left - right) + delta[1] * d * up
    elif form == "literal":
        corner, along = left + np.array([delta[1], delta[0]]) * (left - right), np.array([1.0, 0.0])
    else:
        raise ValueError(f"A crop's form must be vector or literal, but got '{form}'. Choose vector unless the printed formula is meant.")
    return Rectangle(corner=(*corner.tolist(),), right=(*along.tolist(),), height=delta[2] * d, width=delta[3] * d)


def crop(frames: np.ndarray, face: Rectangle, *, size: tuple[int, int] | None = None) -> np.ndarray:
    """Frames (T, h, w) or (T, h, w, 3), uint8 or float32 -> (T, H, W[, 3]) of ``size`` (height, width), or at the image's own scale.

    What lies beyond the image repeats its border.
    """
    height, width = size or face.native
    return warp(frames, face.source((height, width)), (height, width))
