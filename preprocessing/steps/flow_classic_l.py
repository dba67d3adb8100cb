"""Classic-L flow: Lorentzian penalties for data and smoothness (Black and Anandan's), with modern practice.

Source: Sun, Roth, Black, "Secrets of optical flow estimation and their principles", CVPR 2010, Table 1 ("Classic-L"); constants of the
authors' Matlab release. STRCN-G's flow, by its text ("Lorentzian penalty"). See ``flow_classic.py`` for what differs from the release.
"""

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from preprocessing.options import Plain, resolve
from preprocessing.steps.flow_classic import Energy, Schedule, Weight, estimate, gray_pair, median

OPTIONS: dict[str, Plain] = {
    "sigma_data": 1.5,  # gray levels of the texture
    "sigma_smooth": 0.03,  # pixels
    "smoothness": 0.06,  # lambda
    "median_size": 5,
    **asdict(Schedule()),
}


def compute(first: np.ndarray, second: np.ndarray, **options: Plain) -> np.ndarray:
    """Two uint8 images, gray (H, W) or RGB (H, W, 3) -> float32 (2, H, W) = (u, v), pixels, first to second. Options: OPTIONS."""
    chosen: dict[str, Any] = resolve(OPTIONS, options, "classic_l")
    pair = gray_pair(first, second, "classic_l")
    sigma_data, sigma_smooth = chosen["sigma_data"], chosen["sigma_smooth"]
    energy = Energy(
        data=lorentzian(sigma_data),
        smooth=lorentzian(sigma_smooth),
        quadratic_data=2 * (sigma_smooth / sigma_data) ** 2,
        quadratic_smooth=2.0,
        smoothness=chosen["smoothness"],
    )
    schedule = Schedule(**{field.name: chosen[field.name] for field in fields(Schedule)})
    no_guide = np.zeros((*pair.shape[1:], 0))
    return estimate(pair, no_guide, schedule, energy, lambda flow, level: median(flow, chosen["median_size"]))


def lorentzian(sigma: float) -> Weight:
    """rho(x) = log(1 + x^2 / (2 sigma^2)), as rho'(x) / x."""
    return lambda x: 2 / (2 * sigma**2 + x**2)
