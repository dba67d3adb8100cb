"""Bi-WOOF: histograms of flow directions, weighted twice: pixels by their magnitude, blocks by their optical strain.

Paper: Liong, See, Wong, Phan, "Less is more: micro-expression recognition from video using apex frame", Signal Processing: Image
Communication 62, 2018; the authors' release github.com/christy1206/biwoof, biwoof.m: eight bins, 5 x 5 blocks, each block's histogram
divided by its sum and multiplied by the sum of strain over the block, the whole by its Euclidean norm. Two things differ: blocks tile the
image where the release lets neighbours share up to three rows of pixels, and a block without motion is zero where it divides by zero.
Weights that are left out give the plain histograms of oriented optical flow (HOOF) that the paper compares with.
"""

from typing import Literal

import numpy as np

from preprocessing.steps.flow_blocks import block_sums, direction_bins, histograms, polar, shares

Weight = Literal["none", "magnitude", "strain"]
WEIGHTS = ("none", "magnitude", "strain")


def bi_woof(
    flow: np.ndarray, strain: np.ndarray, *, rows: int, cols: int, bins: int, local: Weight = "magnitude", whole: Weight = "strain"
) -> np.ndarray:
    """Flow (2, H, W) and strain (H, W) -> float32 (rows * cols * bins), blocks row by row, of norm 1, or 0 where nothing moves.

    ``local`` is the weight of a pixel in its block's histogram, ``whole`` the weight of a block in the whole (a sum over its pixels).
    With ``local="none"`` every pixel that moves counts alike.
    """
    magnitude, angle = polar(flow)
    weights = {"none": (magnitude > 0).astype(np.float64), "magnitude": magnitude, "strain": strain.astype(np.float64)}
    for name in (local, whole):
        if name not in weights:
            raise ValueError(f"A weight must be one of {', '.join(WEIGHTS)}, but got '{name}'. Pass --option local=magnitude.")
    counted = weights[local] * (magnitude > 0)
    blocks = shares(histograms(direction_bins(angle, bins)[None], counted[None], bins, rows=rows, cols=cols))[0]
    if whole != "none":
        blocks = blocks * block_sums(weights[whole], rows, cols)[..., None]
    norm = np.linalg.norm(blocks)
    return (blocks / norm if norm > 0 else blocks).astype(np.float32).ravel()
