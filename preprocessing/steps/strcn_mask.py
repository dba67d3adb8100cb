"""STRCN-A's mask: the pixels where faces move most, chosen once for many clips, and a clip's tensor of these pixels.

Source: STRCN (Xia et al., IEEE TMM 2020): E = sum over clips and frames of |I(t) - I(0)|, gray, 64 x 48; the top 30 % are kept, which are
922 of 3072 pixels.
Scope is the caller's: over the clips of a training fold the mask is honest; over the whole data set, as the paper says it did, it has
seen the held-out subjects, and every result must be tagged so.
"""

from collections.abc import Iterable
from typing import Literal

import cv2
import numpy as np

from preprocessing.steps.thumbnails import gray_thumbnails

SIZE = (64, 48)  # (H, W)
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))  # the disk of radius 1


def clip_energy(frames: np.ndarray, *, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A clip's part of E: uint8 frames (T, H, W) or (T, H, W, 3) -> float64 (h, w), gray levels summed over frames."""
    thumbnails = gray_thumbnails(frames, size)
    return np.abs(thumbnails - thumbnails[0]).sum(axis=0, dtype=np.float64)


def mask(energies: Iterable[np.ndarray], *, percent: float = 30.0) -> np.ndarray:
    """Bool (h, w), true at the ``percent`` of pixels with the most energy summed over clips.

    That is strictly above the (100 - percent)th percentile. Where several pixels tie there, the first in row order are kept, so that every
    fold's mask has the same number of pixels.
    """
    if not 0 < percent <= 100:
        raise ValueError(f"A mask must keep more than 0 and at most 100 percent of the pixels, but got {percent}. The paper has 30.")
    total = np.sum(_checked(energies), axis=0)
    chosen = np.zeros(total.size, dtype=bool)
    chosen[np.argsort(-total, axis=None, kind="stable")[: round(total.size * percent / 100)]] = True
    return chosen.reshape(total.shape)


def released_mask(energies: Iterable[np.ndarray], *, percentile: float = 75.0) -> np.ndarray:
    """As the released code: each clip's energy divided by its maximum, averaged; what reaches the 75th percentile, opened with a disk.

    How many remain depends on the data.
    """
    maps = _checked(energies)
    mean = np.mean(maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), np.finfo(np.float64).tiny), axis=0)
    above = mean >= np.percentile(mean, percentile, method="hazen")  # Matlab's prctile
    opened = cv2.morphologyEx(above.astype(np.uint8), cv2.MORPH_OPEN, _CROSS).astype(bool)
    if not opened.any():
        raise ValueError(f"A mask must keep a pixel, but got none of {int(above.sum())} through the opening. Use the paper's mask.")
    return opened


def select(frames: np.ndarray, mask: np.ndarray, *, order: Literal["column", "row"] = "column") -> np.ndarray:
    """Frames (T, H, W) or (T, H, W, 3) -> (T, P) or (T, P, 3), the mask's P pixels down each column, as Matlab has them, or along each row.

    The order matters: STRCN-A's 5 x 5 kernels run over it.
    """
    if frames.shape[1:3] != mask.shape:
        raise ValueError(f"Frames and mask must be of one size, but got {frames.shape[1:3]} and {mask.shape}. Resize the frames first.")
    if order not in ("column", "row"):
        raise ValueError(f"The order of pixels must be column or row, but got '{order}'.")
    if order == "row":
        return frames[:, mask]
    return frames.swapaxes(1, 2)[:, mask.T]


def _checked(energies: Iterable[np.ndarray]) -> np.ndarray:
    maps = list(energies)
    if not maps or not max(energy.max() for energy in maps) > 0:
        raise ValueError(f"A mask must come from clips in which something moves, but got {len(maps)} clip(s) without. Check the frames.")
    return np.stack(maps)
