"""Apex spotting: the frame that differs most unevenly from the first, t = argmax std(I_t - I_0) over pixels.

Source: STRCN (Xia et al., IEEE TMM 2020); size and window are those of its released code, which searches images of 10 x 8 pixels in the
middle of the clip. That code returns the index within its window; here the window's start is added.
"""

import math

import numpy as np

from preprocessing.steps.thumbnails import gray_thumbnails


def spot(frames: np.ndarray, *, size: tuple[int, int] | None = (10, 8), window: tuple[float, float] = (0.2, 0.7)) -> int:
    """Index of the apex in uint8 frames (K, H, W) or (K, H, W, 3), from 0.

    ``size``: (h, w) of the gray images that are compared, None for full resolution. ``window``: shares of the clip; counted from 1, frames
    floor(a K) to ceil(b K) are searched, (0, 1) is all. Where nothing moves the apex is the middle frame, K // 2.
    """
    if not 0 <= window[0] < window[1] <= 1:
        raise ValueError(f"An apex window must be shares 0 <= a < b <= 1 of the clip, but got {window}. Give for example (0.2, 0.7).")
    thumbnails = gray_thumbnails(frames, size)
    num_frames = len(thumbnails)
    first = max(math.floor(num_frames * window[0]), 1) - 1
    last = math.ceil(num_frames * window[1])  # exclusive, counted from 0
    spread = np.std(thumbnails[first:last] - thumbnails[0], axis=(1, 2), dtype=np.float64)
    return first + int(spread.argmax()) if spread.max() > 0 else num_frames // 2
