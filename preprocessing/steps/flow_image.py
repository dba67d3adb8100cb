"""Flow image: one 8-bit image whose three channels are optical strain, vertical flow and horizontal flow, read as it comes.

The files are said to hold (u, v, strain), and they do in R, G, B; cv2 reads B, G, R, as the published scripts train on it. Measured on
the 442 images: strain computed from R and G correlates with B at .83, and R alone changes sign under a left-right mirror.
"""

import cv2
import numpy as np

from preprocessing.clip import Clip
from preprocessing.steps.decode import decode


def read_flow_image(clip: Clip, size: int) -> np.ndarray:
    """The clip's only image: uint8 (3, H, W), channels in cv2's B, G, R order, which are strain, v, u."""
    if len(clip.frames) != 1:
        raise ValueError(f"A flow image clip must have one image, but got {len(clip.frames)} for '{clip.key}'. Choose another pipeline.")
    path = clip.frames[0].path
    image = decode(path, cv2.IMREAD_UNCHANGED, where=clip.key)
    if image.shape != (size, size, 3) or image.dtype != np.uint8:
        channels = image.shape[2] if image.ndim == 3 else 1
        raise ValueError(
            f"A flow image must be {size}x{size}, 3 channels, 8 bit, but got {image.shape[1]}x{image.shape[0]}, {channels} channel(s), "
            f"{image.dtype} for '{clip.key}' at {path}. Export it again as colour without alpha, or set the pipeline's size."
        )
    return np.ascontiguousarray(image.transpose(2, 0, 1))
