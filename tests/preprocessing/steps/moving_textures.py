"""Pairs of images whose flow is known: an analytic texture, which has a value at every position, and a photographed face."""

import cv2
import numpy as np
import skimage.data

NOISE = 1.0
"""Of a sensor, in gray levels."""


def smooth_flow(height: int, width: int, peak: float, seed: int = 0) -> np.ndarray:
    """float32 (2, H, W): a bell somewhere near the middle that moves by ``peak`` pixels in some direction."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    centre = rng.uniform(0.35, 0.65, 2) * (height, width)
    bell = np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / (2 * (0.2 * width) ** 2))
    angle = rng.uniform(0, 2 * np.pi)
    return (peak * np.stack([np.cos(angle) * bell, np.sin(angle) * bell])).astype(np.float32)


def texture_pair(flow: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two gray uint8 images with sensor noise: first(x) = second(x + flow(x)), exactly but for noise and 8 bits."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: flow.shape[1], : flow.shape[2]].astype(float)
    frequency, angle, phase = rng.uniform(0.05, 0.8, 32), rng.uniform(0, 2 * np.pi, 32), rng.uniform(0, 2 * np.pi, 32)

    def texture(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        along = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y
        return 128 + 8 * np.sin(frequency[:, None, None] * along + phase[:, None, None]).sum(0)

    return _seen(texture(y + flow[1], x + flow[0]), rng), _seen(texture(y, x), rng)


def face_pair(flow: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The same with scikit-image's astronaut, whose face fills the images; first is resampled from second, bicubically."""
    height, width = flow.shape[1:]
    face = cv2.cvtColor(skimage.data.astronaut()[20:200, 150:300], cv2.COLOR_RGB2GRAY).astype(np.float32)
    second = cv2.resize(face, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    first = cv2.remap(second, x + flow[0], y + flow[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    rng = np.random.default_rng(seed)
    return _seen(first, rng), _seen(second, rng)


def _seen(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.clip(np.rint(image + rng.normal(0, NOISE, image.shape)), 0, 255).astype(np.uint8)


def endpoint_error(flow: np.ndarray, other: np.ndarray) -> float:
    """Mean distance of two flows, pixels."""
    return float(np.hypot(*(flow - other)).mean())
