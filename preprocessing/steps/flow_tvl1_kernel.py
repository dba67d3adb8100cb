"""TV-L1 compiled. ``flow_tvl1.py`` says what is computed; here is how: one pass over memory per iteration, in vectors of 16 pixels.

Every field is a plane of one pool of float32: pixel (y, x) of plane k lies at ``k * size + 2 * stride + 16 + y * stride + x``. Each row has a margin of 16
before it and each plane two rows of margin above and below, so that neighbours outside the image can be read: zeros for the dual fields, as their
divergence wants, copies of the border for the median of the flow. Lanes beyond the right border stay inert: their weight is 0.
"""

from typing import Any

import numpy as np
from numba import njit

from preprocessing.steps.flow_tvl1_images import BORDER, SCRATCH_ROWS, interleave, resize, warp_row
from preprocessing.steps.flow_tvl1_lanes import LANES, lane, load, maximum, minimum, splat, sqrt, store
from preprocessing.steps.flow_tvl1_median import median, merge_rows, sort_row

IX, IY, RHO, INVERSE, P11, P12, P21, P22, U1, U2, SPARE, WEIGHT = range(12)
"""Planes. IX, IY: gradient of the warped second image; INVERSE: 1 / its square; RHO: brightness residual at zero flow. P: dual fields. U: flow.
The last has rows only: theta for each column and 0 beyond, then scratch."""
compiled = njit(nogil=True, error_model="numpy")
inlined = njit(nogil=True, error_model="numpy", forceinline=True)


@inlined
def stride_of(width: int) -> int:
    return LANES + (width + LANES - 1) // LANES * LANES


@inlined
def size_of(height: int, width: int) -> int:
    return (height + 4) * (LANES + (width + LANES - 1) // LANES * LANES) + LANES


def pool_size(height: int, width: int) -> int:
    """Floats of all planes."""
    rows = max((1 + SCRATCH_ROWS) * stride_of.py_func(width), 64 * LANES)
    return int(WEIGHT * size_of.py_func(height, width) + rows)


def plane(pool: np.ndarray, k: int, height: int, width: int) -> np.ndarray:
    """The pixels (H, W) of a plane."""
    stride, size = stride_of.py_func(width), size_of.py_func(height, width)
    start = k * size + 2 * stride + LANES
    return pool[start : start + height * stride].reshape(height, stride)[:, :width]


@compiled
def _smooth(pool: np.ndarray, source: int, target: int, scratch: int, height: int, width: int) -> None:
    """Median over 5x5 pixels, the border repeated outside. Walks down columns of 16 pixels; the scratch keeps two sorted rows and four merged pairs."""
    stride = stride_of(width)
    for y in range(height):
        row = source + y * stride
        pool[row - 2] = pool[row - 1] = pool[row]
        pool[row + width] = pool[row + width + 1] = pool[row + width - 1]
    for x in range(-2, width + 2):
        last = source + (height - 1) * stride + x
        pool[source - 2 * stride + x] = pool[source - stride + x] = pool[source + x]
        pool[last + 2 * stride] = pool[last + stride] = pool[last]
    pairs = scratch + 10 * LANES
    for x in range(0, width, LANES):
        for y in range(-2, height + 2):
            five, before = scratch + (y & 1) * 5 * LANES, scratch + (~y & 1) * 5 * LANES
            sort_row(pool, source + y * stride + x, pool, five)
            if y > -2:
                merge_rows(pool, before, five, pairs + ((y + 3) & 3) * 10 * LANES)  # rows y - 1 and y
            if y >= 2:  # rows y - 4 and y - 3, y - 2 and y - 1, y
                result = median(pool, pairs + (y & 3) * 10 * LANES, pairs + ((y + 2) & 3) * 10 * LANES, five)
                store(pool, target + (y - 2) * stride + x, result)


@compiled
def _iterate(pool: np.ndarray, u1: int, u2: int, height: int, width: int, limit: float, taut: float) -> float:
    """One primal and one dual step; the sum of squares of what the flow changed. The dual row above follows each primal row."""
    stride, size = stride_of(width), size_of(height, width)
    high, low, rate, one = splat(limit), splat(-limit), splat(taut), splat(np.float32(1))
    error = splat(np.float32(0))
    for y in range(height):
        row = y * stride
        for x in range(0, width, LANES):
            u, v, change = _primal(pool, 2 * stride + LANES + row + x, u1 + row + x, u2 + row + x, x, stride, size, low, high)
            error = error + change
            if y > 0:
                i = row - stride + x
                _dual(pool, 2 * stride + LANES + i, u1 + i, u2 + i, u, v, size, rate, one)
        pool[u1 + row + width] = pool[u1 + row + width - 1]  # no gradient across the right border
        pool[u2 + row + width] = pool[u2 + row + width - 1]
    row = (height - 1) * stride
    for x in range(0, width, LANES):  # nor across the lower one
        i = row + x
        _dual(pool, 2 * stride + LANES + i, u1 + i, u2 + i, load(pool, u1 + i), load(pool, u2 + i), size, rate, one)
    total = np.float32(0)
    for k in range(LANES):
        total += lane(error, k)
    return total


@inlined
def _primal(pool: np.ndarray, i: int, u1: int, u2: int, x: int, stride: int, size: int, low: Any, high: Any) -> Any:
    """Thresholding (v of u), then u = v + theta div p: the new flow of 16 pixels and the square of its change."""
    u, v, ix, iy = load(pool, u1), load(pool, u2), load(pool, IX * size + i), load(pool, IY * size + i)
    rho = load(pool, RHO * size + i) + (ix * u + iy * v)
    step = minimum(maximum(rho * load(pool, INVERSE * size + i), low), high)
    weight = load(pool, WEIGHT * size + x)
    new_u = (u - step * ix) + weight * _divergence(pool, P11 * size + i, P12 * size + i, stride)
    new_v = (v - step * iy) + weight * _divergence(pool, P21 * size + i, P22 * size + i, stride)
    store(pool, u1, new_u)
    store(pool, u2, new_v)
    return new_u, new_v, (new_u - u) * (new_u - u) + (new_v - v) * (new_v - v)


@inlined
def _divergence(pool: np.ndarray, px: int, py: int, stride: int) -> Any:
    return (load(pool, px) - load(pool, px - 1)) + (load(pool, py) - load(pool, py - stride))


@inlined
def _dual(pool: np.ndarray, i: int, u1: int, u2: int, below_u: Any, below_v: Any, size: int, rate: Any, one: Any) -> None:
    """p = (p + tau/theta grad u) / (1 + tau/theta |grad u|), for both components with one division."""
    u, v = load(pool, u1), load(pool, u2)
    ux, uy, vx, vy = load(pool, u1 + 1) - u, below_u - u, load(pool, u2 + 1) - v, below_v - v
    norm_u = one + rate * sqrt(ux * ux + uy * uy)
    norm_v = one + rate * sqrt(vx * vx + vy * vy)
    inverse = one / (norm_u * norm_v)
    by_u, by_v = inverse * norm_v, inverse * norm_u
    store(pool, P11 * size + i, (load(pool, P11 * size + i) + rate * ux) * by_u)
    store(pool, P12 * size + i, (load(pool, P12 * size + i) + rate * uy) * by_u)
    store(pool, P21 * size + i, (load(pool, P21 * size + i) + rate * vx) * by_v)
    store(pool, P22 * size + i, (load(pool, P22 * size + i) + rate * vy) * by_v)


@njit("UniTuple(intp, 2)(f4[::1], f4[:,::1], f4[::1], f4, f4, f4, i8, i8, i8, b1)", nogil=True, error_model="numpy")
def solve(
    pool: np.ndarray, first: np.ndarray, channels: np.ndarray, limit: float, taut: float, threshold: float,
    num_warps: int, num_inner: int, num_outer: int, smooth: bool,
) -> tuple[int, int]:  # fmt: skip
    """One scale, from the flow in planes U1 and U2; the planes in which it then is."""
    height, width = first.shape
    stride, size = stride_of(width), size_of(height, width)
    origin = 2 * stride + LANES
    scratch = WEIGHT * size + stride
    u, v, spare = U1 * size + origin, U2 * size + origin, SPARE * size + origin
    for _ in range(num_warps):
        for y in range(height):
            i = origin + y * stride
            warp_row(
                y,
                first,
                channels,
                pool,
                u + y * stride,
                v + y * stride,
                IX * size + i,
                IY * size + i,
                RHO * size + i,
                INVERSE * size + i,
                scratch,
            )
        error, outer = np.float32(np.inf), 0
        while error > threshold and outer < num_outer:
            if smooth:
                _smooth(pool, u, spare, scratch, height, width)
                _smooth(pool, v, u, scratch, height, width)
                u, v, spare = spare, u, v
            inner = 0
            while error > threshold and inner < num_inner:
                error = _iterate(pool, u, v, height, width, limit, taut)
                inner += 1
            outer += 1
    return u // size, v // size
