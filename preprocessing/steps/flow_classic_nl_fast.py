"""Classic+NL-fast flow: nearly absolute penalties, and a weighted median that keeps the flow's edges.

Source: Sun, Roth, Black, "Secrets of optical flow estimation and their principles", CVPR 2010, Sec. 5; constants of the authors' Matlab
release, whose "fast" is 3 warps and 2 stages. STRCN's released script calls it. See ``flow_classic.py`` and ``flow_classic_median.py`` for
what differs from the release; its newer versions also choose one pyramid level more for some sizes.
"""

from dataclasses import asdict, fields
from typing import Any

import cv2
import numpy as np

from preprocessing.options import Plain, resolve
from preprocessing.steps.flow_classic import Energy, Schedule, Weight, estimate, gray_pair, median
from preprocessing.steps.flow_classic_median import near_edges, visibility, weighted_median_filter

OPTIONS: dict[str, Plain] = {
    "exponent": 0.45,  # a
    "epsilon": 0.001,  # of both penalties
    "smoothness": 3.0,  # lambda
    "median_size": 5,  # away from edges of the flow
    "radius": 7,  # of the weighted median, pixels
    "sigma_x": 7.0,  # pixels
    "sigma_i": 7.0,  # gray levels, or levels of L, a, b from 0 to 255
    "sigma_divergence": 0.3,  # occlusion
    "sigma_intensity": 20.0,  # occlusion; gray levels of the texture
    **asdict(Schedule(gnc_stages=2, num_warps=3, warp="bicubic")),
}


def compute(first: np.ndarray, second: np.ndarray, **options: Plain) -> np.ndarray:
    """Two uint8 images, gray (H, W) or RGB (H, W, 3) -> float32 (2, H, W) = (u, v), pixels, first to second. Options: OPTIONS.

    Colour guides the weighted median only; the flow matches gray images.
    """
    chosen: dict[str, Any] = resolve(OPTIONS, options, "classic_nl_fast")
    pair = gray_pair(first, second, "classic_nl_fast")
    penalty = charbonnier(chosen["exponent"], chosen["epsilon"])
    quadratic = 2 / chosen["epsilon"] ** 2
    energy = Energy(data=penalty, smooth=penalty, quadratic_data=quadratic, quadratic_smooth=quadratic, smoothness=chosen["smoothness"])
    schedule = Schedule(**{field.name: chosen[field.name] for field in fields(Schedule)})
    return estimate(pair, guide(first), schedule, energy, lambda flow, level: denoised(flow, level, chosen))


def charbonnier(exponent: float, epsilon: float) -> Weight:
    """rho(x) = (x^2 + epsilon^2)^exponent, as rho'(x) / x."""
    return lambda x: 2 * exponent * (x**2 + epsilon**2) ** (exponent - 1)


def guide(image: np.ndarray) -> np.ndarray:
    """Colours that the weighted median compares: gray as it is, RGB as L, a, b, each stretched to 0 to 255; float64 (H, W, C).

    A channel that varies by less than 1 (which an eye would not see) is stretched by 255 at most.
    """
    if image.ndim == 2:
        return image[..., None].astype(np.float64)
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float64)
    low, high = lab.min(axis=(0, 1)), lab.max(axis=(0, 1))
    return 255 * (lab - low) / np.maximum(high - low, 1)


def denoised(flow: np.ndarray, level: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """The plain median, and near edges of the flow the weighted one; ``level`` (H, W, 2 + C): both textures, guide."""
    out = median(flow, options["median_size"])
    edges = near_edges(flow)
    widths = {name: options[name] for name in ("sigma_divergence", "sigma_intensity")}
    visible = visibility(level[..., 0], level[..., 1], flow, **widths)
    window = {name: options[name] for name in ("radius", "sigma_x", "sigma_i")}
    out[:, edges] = weighted_median_filter(flow, edges, level[..., 2:], visible, **window)
    return out
