"""What TV-L1 does to images, compiled: bilinear resizing, gradients, bicubic warping, with the conventions of OpenCV's resize and remap."""

from functools import cache
from typing import Any

import numpy as np
from numba import njit

from preprocessing.steps.flow_tvl1_lanes import (
    LANES,
    floor,
    fold,
    load,
    load_channel,
    maximum,
    minimum,
    ramp,
    splat,
    splat_at,
    spread,
    store,
)  # fmt: skip

BORDER = 4
"""Of zeros around an image that is warped: windows of 4x4 that leave it find nothing, as with remap's constant border."""
ONE, CUBIC, TINY = np.float32(1), np.float32(-0.75), np.float32(1e-30)  # CUBIC: slope of the bicubic kernel at distance 1
WARP_ROWS = 12
"""Of scratch, each as long as a row of a plane. Lanes past the image must be zero and stay so."""
inlined = njit(nogil=True, error_model="numpy", forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def resize(source: np.ndarray, target: np.ndarray, step_y: float, step_x: float, factor: float) -> None:
    """``target = factor * source``, sampled at centres of pixels ``step`` apart; outside is the nearest pixel."""
    rows, columns = _neighbours(source.shape[0], target.shape[0], step_y), _neighbours(source.shape[1], target.shape[1], step_x)
    _resize(source, target, factor, *rows, *columns)


@cache
def _neighbours(num: int, num_samples: int, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Along one axis: the pixel before each sample, the one after it, and the latter's weight. A clip's frames share them."""
    place = (np.arange(num_samples) + 0.5) * step - 0.5
    before = np.floor(place)
    pixels = [np.clip(at, 0, num - 1).astype(np.uintp) for at in (before, before + 1)]
    return pixels[0], pixels[1], (place - before).astype(np.float32)


@njit("void(f4[:,::1], f4[:,::1], f4, uintp[::1], uintp[::1], f4[::1], uintp[::1], uintp[::1], f4[::1])", nogil=True, error_model="numpy")
def _resize(
    source: np.ndarray, target: np.ndarray, factor: float, above: np.ndarray, below: np.ndarray, low: np.ndarray, left: np.ndarray,
    right: np.ndarray, far: np.ndarray,
) -> None:  # fmt: skip
    for y in range(target.shape[0]):
        for x in range(target.shape[1]):
            upper = source[above[y], left[x]] * (ONE - far[x]) + source[above[y], right[x]] * far[x]
            lower = source[below[y], left[x]] * (ONE - far[x]) + source[below[y], right[x]] * far[x]
            target[y, x] = factor * (upper * (ONE - low[y]) + lower * low[y])


@njit("void(f4[:,::1], f4[:,:,::1])", nogil=True, error_model="numpy")
def interleave(image: np.ndarray, channels: np.ndarray) -> None:
    """(image, d/dx, d/dy, 0) by central differences, half the one-sided ones at borders, inside a border of zeros."""
    height, width = image.shape
    half = np.float32(0.5)
    for y in range(height):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        for x in range(width):
            channels[y + BORDER, x + BORDER, 0] = image[y, x]
            channels[y + BORDER, x + BORDER, 1] = half * (image[y, min(x + 1, width - 1)] - image[y, max(x - 1, 0)])
            channels[y + BORDER, x + BORDER, 2] = half * (image[below, x] - image[above, x])


@inlined
def warp_row(
    y: int, first: np.ndarray, channels: np.ndarray, pool: np.ndarray, u: int, v: int, ix: int, iy: int, rho: int, inverse: int,
    scratch: int,
) -> None:  # fmt: skip
    """One row of the second image and its gradient at (x + u, y + v), and what the data term needs of them, to ix, iy, rho, inverse."""
    width = first.shape[1]
    span = LANES + (width + LANES - 1) // LANES * LANES
    _places(y, first.shape[0], width, pool, u, v, scratch, span)
    _gather(y, first, channels, pool, scratch, span)
    for x in range(0, width, LANES):
        at = scratch + 8 * span + 4 * x
        gx, gy = load_channel(pool, at, 1), load_channel(pool, at, 2)
        store(pool, ix + x, gx)
        store(pool, iy + x, gy)
        store(pool, rho + x, load_channel(pool, at, 0) - gx * load(pool, u + x) - gy * load(pool, v + x) - load_channel(pool, at, 3))
        store(pool, inverse + x, splat(ONE) / maximum(gx * gx + gy * gy, splat(TINY)))


@inlined
def _places(y: int, height: int, width: int, pool: np.ndarray, u: int, v: int, scratch: int, span: int) -> None:
    """Of a row's samples: column, row, fraction of a column (rows 0-2 of the scratch), weights of the 4 image rows (3-6)."""
    for x in range(0, width, LANES):
        column = _inside(ramp() + splat(np.float32(x)) + load(pool, u + x), width)
        row = _inside(splat(np.float32(y)) + load(pool, v + x), height)
        left, top = floor(column), floor(row)
        store(pool, scratch + x, left)
        store(pool, scratch + span + x, top)
        store(pool, scratch + 2 * span + x, column - left)
        first, second, third, last = cubic(row - top)
        store(pool, scratch + 3 * span + x, first)
        store(pool, scratch + 4 * span + x, second)
        store(pool, scratch + 5 * span + x, third)
        store(pool, scratch + 6 * span + x, last)


@inlined
def _inside(place: Any, side: int) -> Any:
    """No farther out than where a window is empty."""
    return minimum(maximum(place, splat(np.float32(1 - BORDER))), splat(np.float32(side + 1)))


@inlined
def cubic(t: Any) -> Any:
    """Weights of the 4 pixels around a sample that lies ``t`` after the second (Keys 1981, with the slope above)."""
    one, slope = splat(ONE), splat(CUBIC)
    s = one - t
    first, last = slope * t * s * s, slope * s * t * t
    second = (splat(CUBIC + np.float32(2)) * t - splat(CUBIC + np.float32(3))) * t * t + one
    return first, second, one - first - second - last, last


@inlined
def _gather(y: int, first: np.ndarray, channels: np.ndarray, pool: np.ndarray, scratch: int, span: int) -> None:
    """The channels at the samples, and the first image as a fourth one, interleaved from row 8 of the scratch."""
    row = 4 * (first.shape[1] + 2 * BORDER)
    zero, a = np.float32(0), CUBIC
    c3, c2 = spread(a, a + np.float32(2), -a - np.float32(2), -a), spread(-2 * a, -a - np.float32(3), 2 * a + np.float32(3), a)
    c1, c0 = spread(a, zero, -a, zero), spread(zero, ONE, zero, zero)
    for x in range(first.shape[1]):
        s = scratch + x
        at = (int(pool[s + span]) + BORDER - 1) * row + 4 * (int(pool[s]) + BORDER - 1)
        value = splat_at(pool, s + 3 * span) * load(channels, at) + splat_at(pool, s + 4 * span) * load(channels, at + row)
        value = value + (
            splat_at(pool, s + 5 * span) * load(channels, at + 2 * row) + splat_at(pool, s + 6 * span) * load(channels, at + 3 * row)
        )
        t = splat_at(pool, s + 2 * span)
        store(pool, scratch + 8 * span + 4 * x, fold(value * (((c3 * t + c2) * t + c1) * t + c0)))
        pool[scratch + 8 * span + 4 * x + 3] = first[y, x]
