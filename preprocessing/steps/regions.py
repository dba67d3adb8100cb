"""Regions: REGION's face canvas and the six parts of the face cut from it.

Source: Aouayeb et al., "A spatiotemporal deep learning solution for automatic micro-expressions recognition from local facial regions",
MLSP 2019, and the authors' released ``crop_6_ROIs.py``. Landmarks of a clip's first frame give one box for all its frames; no alignment.
Paper and code differ: black background against transparent white, and the code's ``resize_contain`` never enlarges. Both are options.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from preprocessing.steps.landmarks import Box

CANVAS = (280, 240)
"""(height, width) in pixels."""
BOXES = (
    Box(0, 20, 100, 100),  # eye and brow at the image's left
    Box(140, 20, 240, 100),  # eye and brow at the image's right
    Box(60, 80, 180, 160),  # nose
    Box(0, 120, 60, 180),  # cheek at the image's left
    Box(180, 120, 240, 180),  # cheek at the image's right
    Box(40, 180, 200, 240),  # mouth
)
"""On the canvas, as printed and released."""
CENTRES = (
    tuple(range(36, 42)),
    tuple(range(42, 48)),
    tuple(range(27, 36)),
    (2, 3, 4, 31, 40, 41, 48),  # a cheek has no landmarks: those around it (jaw, nostril, lower lid, mouth corner)
    (12, 13, 14, 35, 46, 47, 54),
    tuple(range(48, 68)),
)
"""Landmarks whose mean is the centre of each region's box where boxes follow the face."""
Background = Literal["black", "white_transparent"]
Channels = Literal["rgba", "rgb", "gray"]
_FILL = {"black": (0, 0, 0, 0), "white_transparent": (255, 255, 255, 0)}


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a face box lies on the canvas."""

    box: Box
    """In the image."""
    canvas: Box
    """The same on the canvas."""

    def to_canvas(self, points: np.ndarray) -> np.ndarray:
        """(K, 2) pixels of the image -> (K, 2) pixels of the canvas."""
        box, canvas = np.array(self.box).reshape(2, 2), np.array(self.canvas).reshape(2, 2)
        return (points - box[0] + 0.5) * (canvas[1] - canvas[0]) / (box[1] - box[0]) - 0.5 + canvas[0]


def face_box(points: np.ndarray, *, where: str) -> Box:
    """From brow to chin, without the sides of the jaw: L17.x, min(L18.y, L25.y), L26.x, L8.y of (68, 2) landmarks."""
    corners = points[17, 0], min(points[18, 1], points[25, 1]), points[26, 0], points[8, 1]
    box = Box(*(int(round(value)) for value in corners))
    if box.x1 <= box.x0 or box.y1 <= box.y0:
        raise ValueError(
            f"A face box must have pixels, but got {tuple(box)} for '{where}'. The face is turned over or its landmarks are wrong."
        )
    return box


def place(box: Box, *, enlarge: bool = True) -> Placement:
    """Scaled to fit the canvas and centred. ``enlarge=False`` leaves a box that fits as it is, as the released code does."""
    size = _fitted(box.x1 - box.x0, box.y1 - box.y0, enlarge)
    x0, y0 = (-(-(whole - part) // 2) for whole, part in zip(CANVAS[::-1], size, strict=True))  # resize_contain rounds up
    return Placement(box=box, canvas=Box(x0, y0, x0 + size[0], y0 + size[1]))


def canvas(frames: np.ndarray, placement: Placement, *, background: Background = "black", channels: Channels = "rgba") -> np.ndarray:
    """Frames uint8 (T, h, w) or RGB (T, h, w, 3) -> (T, 280, 240, 4), (T, 280, 240, 3) or, gray, (T, 280, 240), uint8.

    Resized by Pillow's Lanczos filter. Alpha is 255 where the face is and 0 around it; without alpha the background's colour stays.
    Parts of the box beyond the image are black.
    """
    if background not in _FILL or channels not in ("rgba", "rgb", "gray"):
        raise ValueError(
            f"A canvas must be black or white_transparent, and rgba, rgb or gray, but got '{background}' and '{channels}'. "
            "Choose among them."
        )
    return np.stack([_canvas(frame, placement, background, channels) for frame in frames])


def regions(canvases: np.ndarray, boxes: tuple[Box, ...] = BOXES) -> list[np.ndarray]:
    """Six views (T, h, w[, C]) of (T, 280, 240[, C]) canvases: 80x100, 80x100, 80x120, 60x60, 60x60 and 60x160 pixels."""
    return [canvases[:, box.y0 : box.y1, box.x0 : box.x1] for box in boxes]


def landmark_boxes(points: np.ndarray, placement: Placement) -> tuple[Box, ...]:
    """Boxes of the fixed sizes around the mean of each region's landmarks, given in pixels of the image; shifted to lie on the canvas."""
    on_canvas = placement.to_canvas(points)
    return tuple(_around(on_canvas[list(centre)].mean(axis=0), box) for centre, box in zip(CENTRES, BOXES, strict=True))


def _around(centre: np.ndarray, box: Box) -> Box:
    size = np.array([box.x1 - box.x0, box.y1 - box.y0])
    x0, y0 = np.rint(centre + 0.5 - size / 2).astype(int).clip(0, np.array(CANVAS[::-1]) - size).tolist()
    return Box(x0, y0, x0 + size[0].item(), y0 + size[1].item())


def _fitted(width: int, height: int, enlarge: bool) -> tuple[int, int]:
    """The size that keeps the aspect ratio best, as Pillow's ``thumbnail`` chooses it."""
    across, down = CANVAS[::-1]
    if not enlarge and width <= across and height <= down:
        return width, height
    aspect = width / height
    if across / down >= aspect:
        return min(_either_side(down * aspect), key=lambda n: abs(aspect - n / down)), down
    return across, min(_either_side(across / aspect), key=lambda n: abs(aspect - across / n))


def _either_side(number: float) -> tuple[int, int]:
    return max(math.floor(number), 1), max(math.ceil(number), 1)


def _canvas(frame: np.ndarray, placement: Placement, background: Background, channels: Channels) -> np.ndarray:
    at = placement.canvas
    face = Image.fromarray(frame).crop(placement.box).convert("RGB")
    size = (at.x1 - at.x0, at.y1 - at.y0)
    if size != face.size:
        face = face.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)  # as thumbnail does
    image = Image.new("RGBA", CANVAS[::-1], _FILL[background])
    image.paste(face, (at.x0, at.y0))
    return np.asarray(image.convert({"rgba": "RGBA", "rgb": "RGB", "gray": "L"}[channels]))
