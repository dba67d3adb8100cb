"""What Classic-L and Classic+NL share: robust flow, coarse to fine, by graduated non-convexity.

Source: Sun, Roth, Black, "Secrets of optical flow estimation and their principles", CVPR 2010; defaults are those of the authors' Matlab
release. The energy is sum rho_d(I_2(x + flow) - I_1(x)) + lambda sum rho_s(differences of neighbouring u, and of v). It is first
minimised with quadratic penalties, then with a blend of quadratic and robust ones, and at last with the robust ones; each warp solves one
linear system for a small increment and then filters the flow by a median.

Differs from the release in: reductions place their grid by the two sizes, not by the factor; flow is made smaller without a low-pass filter
and each of its components is scaled by its own side; slopes of interpolation are mirrored at the border, not extrapolated; systems are
solved iteratively with a tiny ridge, so that an image without texture keeps its flow.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from preprocessing.steps.flow_classic_images import derivatives, pyramid, resized, texture
from preprocessing.steps.flow_classic_system import solve

Weight = Callable[[np.ndarray], np.ndarray]
"""rho'(x) / x of a penalty rho."""
Filter = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(flow, the level's images (H, W, 2 + guide)) -> flow."""
MIN_SIDE = 16
"""Of the coarsest level, in pixels; and of an image."""


@dataclass(frozen=True, kw_only=True)
class Energy:
    """Penalties and their quadratic stand-ins."""

    data: Weight
    smooth: Weight
    quadratic_data: float
    quadratic_smooth: float
    smoothness: float
    """lambda."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How an energy is minimised; each name is an option of the method."""

    theta: float = 1 / 8
    """Of the texture: the smaller, the less structure is removed."""
    texture_iterations: int = 100
    texture_share: float = 0.95
    """Of the structure that is removed."""
    pyramid_factor: float = 2.0
    gnc_stages: int = 3
    """From quadratic to robust in equal steps."""
    gnc_levels: int = 2
    """Of every stage after the first."""
    gnc_factor: float = 1.25
    num_warps: int = 10
    """Per level."""
    warp: str = "cubic"
    """``cubic`` or ``bicubic``."""
    blend: float = 0.5
    """The second image's share in the spatial derivatives."""
    max_increment: float = 1.0
    """Pixels per warp."""

    def __post_init__(self) -> None:
        if self.warp not in ("cubic", "bicubic"):
            raise ValueError(f"A warp must be 'cubic' or 'bicubic', but got '{self.warp}'. Pass --option warp=cubic.")
        if self.gnc_stages < 1 or self.gnc_levels < 1 or self.num_warps < 1 or min(self.pyramid_factor, self.gnc_factor) <= 1:
            raise ValueError(f"Stages, levels and warps must be at least 1 and factors more than 1, but got {self}. Correct the option.")

    def levels(self, stage: int, height: int, width: int) -> tuple[float, int]:
        """Factor and number of pyramid levels of a stage."""
        if stage > 0:
            return self.gnc_factor, self.gnc_levels
        return self.pyramid_factor, 1 + int(np.log(min(height, width) / MIN_SIDE) / np.log(self.pyramid_factor) + 1e-9)


def estimate(pair: np.ndarray, guide: np.ndarray, schedule: Schedule, energy: Energy, denoise: Filter) -> np.ndarray:
    """Two gray images (2, H, W) and what guides the filter (H, W, C) -> float32 (2, H, W) = (u, v), pixels, first to second."""
    textures = texture(pair, theta=schedule.theta, iterations=schedule.texture_iterations, share=schedule.texture_share)
    image = np.dstack([*textures, guide])  # (H, W, 2 + C)
    height, width = pair.shape[1:]
    flow = np.zeros((2, height, width))
    for stage in range(schedule.gnc_stages):
        robust = stage / max(1, schedule.gnc_stages - 1)
        for level in reversed(pyramid(image, *schedule.levels(stage, height, width))):
            flow = resized(flow, *level.shape[:2])
            for _ in range(schedule.num_warps):
                step = increment(level[..., 0], level[..., 1], flow, schedule, energy, robust)
                flow = denoise(flow + np.clip(step, -schedule.max_increment, schedule.max_increment), level)
    return flow.astype(np.float32)


def increment(first: np.ndarray, second: np.ndarray, flow: np.ndarray, schedule: Schedule, energy: Energy, robust: float) -> np.ndarray:
    """One linearised step (2, H, W) towards less energy, penalties reweighted at the flow."""
    change, *slope = derivatives(first, second, flow, warp=schedule.warp, blend=schedule.blend)
    gradient = np.stack(slope)

    def blended(quadratic: float, weight: Weight, x: np.ndarray) -> np.ndarray:
        return (1 - robust) * quadratic + robust * weight(x)

    data = blended(energy.quadratic_data, energy.data, change)
    across, down = (
        energy.smoothness * blended(energy.quadratic_smooth, energy.smooth, np.diff(flow, axis=axis)) for axis in (2, 1)
    )  # weights between horizontal neighbours (2, H, W - 1), vertical ones (2, H - 1, W)
    return solve(data, gradient, change, flow, across, down)


def gray_pair(first: np.ndarray, second: np.ndarray, method: str) -> np.ndarray:
    """Two uint8 images, (H, W) or RGB (H, W, 3) -> float64 (2, H, W), 0 to 255; ValueError where they do not fit."""
    is_image = first.ndim == 2 or first.shape[2:] == (3,)
    if (
        first.shape != second.shape
        or {first.dtype, second.dtype} != {np.dtype(np.uint8)}
        or not is_image
        or min(first.shape[:2]) < MIN_SIDE
    ):
        raise ValueError(
            f"Flow by {method} must get two uint8 images of one shape, (H, W) or (H, W, 3), with sides of at least {MIN_SIDE}, but got "
            f"{first.dtype} {first.shape} and {second.dtype} {second.shape}. Decode both frames of a clip the same way."
        )
    pair = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image for image in (first, second)]
    return np.stack(pair).astype(np.float64)


def median(flow: np.ndarray, size: int) -> np.ndarray:
    """Median over size x size pixels (3 or 5) of each component, mirrored at the border, in single precision."""
    if size not in (3, 5):
        raise ValueError(f"The median of a flow must be over 3 or 5 pixels, but got {size}. Pass --option median_size=5.")
    margin = size // 2
    padded = np.pad(flow, ((0, 0), (margin, margin), (margin, margin)), mode="symmetric").astype(np.float32)
    return np.stack([cv2.medianBlur(part, size) for part in padded])[:, margin:-margin, margin:-margin].astype(np.float64)
