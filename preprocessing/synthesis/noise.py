"""Sensor noise: Gaussian, independent from frame to frame, and cheap.

Drawing normal numbers for every pixel of every frame would take longer than all the rest. Noise is drawn once per image size, and each
frame gets a window of it at a random place: one of 16,384.
"""

import functools

import numpy as np

_SLACK = 128  # the drawn noise is that much larger than an image


def window(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Noise of unit variance for one frame: float32 of that shape, (H, W) or (H, W, 3); a read-only view."""
    y, x = (int(value) for value in rng.integers(_SLACK, size=2))
    return _field(shape)[y : y + shape[0], x : x + shape[1]]


@functools.lru_cache(maxsize=4)
def _field(shape: tuple[int, ...]) -> np.ndarray:
    larger = (shape[0] + _SLACK, shape[1] + _SLACK, *shape[2:])
    field = np.random.Generator(np.random.PCG64(0)).standard_normal(larger, dtype=np.float32)
    field.flags.writeable = False
    return field
