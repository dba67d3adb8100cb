"""Synthetic frames: the planted flow of ``synthetic_flow`` made visible, for descriptors that look at images.

A face is a random texture of its subject, with grain of a few pixels; frame t is that texture moved by the flow from onset to t. Nothing
else tells classes apart.
"""

import hashlib
from collections.abc import Mapping

import cv2
import numpy as np

from preprocessing.options import Plain
from preprocessing.steps import synthetic_flow

GRAIN = 1.5
"""Standard deviation in pixels of the blur that makes grain of noise."""
CONTRAST = 40.0
"""Standard deviation of grey levels."""


def render(options: Mapping[str, Plain], key: str, emotion: str, *, num_frames: int, height: int, width: int) -> np.ndarray:
    """Gray uint8 (T, H, W); the first frame is the onset. Flow of a square of the longer side is cut to the middle of the frame."""
    side = max(height, width)
    texture = _texture(f"losotune-synthetic:{options['seed']}\nface\n{key.rpartition('/')[0]}", side)
    flow = synthetic_flow.render(options, key, emotion, num_frames - 1, side)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    moved = [texture] + [cv2.remap(texture, x - u, y - v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT) for u, v in flow]
    top, left = (side - height) // 2, (side - width) // 2
    cut = np.stack(moved)[:, top : top + height, left : left + width]
    return np.clip(np.rint(128 + CONTRAST * cut), 0, 255).astype(np.uint8)


def _texture(name: str, side: int) -> np.ndarray:
    """Noise with grain, of mean 0 and variance 1: float32 (side, side)."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "little")
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal((side, side), dtype=np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), GRAIN, borderType=cv2.BORDER_REFLECT)
    return np.asarray((blurred - blurred.mean()) / blurred.std(), np.float32)
