"""HOG: histograms of oriented gradients of a face, of one image or as the mean over a clip's frames.

Source: Dalal, Triggs, "Histograms of oriented gradients for human detection", CVPR 2005, as scikit-image computes it: unsigned
orientations weighted by magnitude, blocks of cells that overlap, each normalised by L2-Hys.
"""

import numpy as np


def hog(frames: np.ndarray, *, bins: int, cell: int, block: int) -> np.ndarray:
    """Gray frames (T, H, W) -> float32 (D,). ``cell``: side in pixels; ``block``: side in cells."""
    from skimage.feature import hog as of_image  # half a second to import

    if min(frames.shape[1:]) < cell * block:
        raise ValueError(
            f"A face must have at least one block of {block} cells of {cell} pixels on each side, but got {frames.shape[1:]}. "
            "Choose smaller cells or larger faces."
        )
    how = {"orientations": bins, "pixels_per_cell": (cell, cell), "cells_per_block": (block, block), "block_norm": "L2-Hys"}
    return np.asarray(np.mean([of_image(frame, **how) for frame in frames], axis=0), np.float32)
