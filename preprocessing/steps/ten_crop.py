"""Ten crop: ten 42 x 42 views of a 48 x 48 static image, or its centre alone.

Source: SHCNN (Miao et al., IEEE Access 2019) and its released code: training takes the ten as separate samples,
testing sums their probabilities.
"""

from typing import Literal

import numpy as np

Colour = Literal["gray", "rgb"]
SIDE = 48
CROP = 42
OFFSETS = ((0, 0), (6, 0), (0, 6), (6, 6), (3, 3))  # (x, y)


def ten_crop(image: np.ndarray, *, colour: Colour = "gray") -> np.ndarray:
    """uint8 (48, 48) -> uint8 (10, C, 42, 42): the crops at ``OFFSETS``, then their mirror images in the same order.

    C is 1, or 3 equal channels for networks that expect ``rgb``.
    """
    crops = np.stack([_crop(image, x, y) for x, y in OFFSETS])
    return _channels(np.concatenate([crops, crops[:, :, ::-1]]), colour)


def centre_crop(image: np.ndarray, *, colour: Colour = "gray") -> np.ndarray:
    """uint8 (48, 48) -> uint8 (C, 42, 42): SHCNN's 'without augmentation'."""
    return _channels(_crop(image, *OFFSETS[-1]), colour)


def _crop(image: np.ndarray, x: int, y: int) -> np.ndarray:
    if image.shape != (SIDE, SIDE) or image.dtype != np.uint8:
        raise ValueError(f"A static image must be gray, {SIDE}x{SIDE}, uint8, but got {image.dtype} {image.shape}. Resize it first.")
    return image[y : y + CROP, x : x + CROP]


def _channels(crops: np.ndarray, colour: Colour) -> np.ndarray:
    if colour not in ("gray", "rgb"):
        raise ValueError(f"The colour of a static image must be gray or rgb, but got '{colour}'.")
    return np.repeat(crops[..., None, :, :], 1 if colour == "gray" else 3, axis=-3)
