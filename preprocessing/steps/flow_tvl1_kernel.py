"""TV-L1 compiled. ``flow_tvl1.py`` says what is computed; here is how: one pass over memory per iteration, in vectors of 16 pixels.

Every field is a plane of one pool of float32: pixel (y, x) of plane k lies at ``k * size + 2 * stride + 16 + y * stride + x``. Each row
has a margin of 16 before it and each plane two rows of margin above and below, so that neighbours outside the image can be read: zeros
for the dual fields, as their divergence wants, copies of the border for the median of the flow. Lanes beyond the right border stay
inert: theta is 0 there.
"""

from typing import Any

import numpy as np
from numba import njit

from preprocessing.steps.flow_tvl1_images import WARP_ROWS, warp_row
from preprocessing.steps.flow_tvl1_lanes import LANES, lane, load, maximum, minimum, shifted_left, shifted_right, splat, sqrt, store
from preprocessing.steps.flow_tvl1_median import MEDIAN_VECTORS, median, merge_rows, sort_row

IX, IY, RHO, INVERSE, P11, P12, P21, P22, U, V, SPARE, ROWS = range(12)
"""Planes. IX, IY: gradient of the warped second image; INVERSE: 1 / its square; RHO: residual at zero flow; P: dual fields; U, V: flow.
After the planes: a row of theta for each column and 0 beyond, rows for the warp, vectors for the median."""
compiled = njit(nogil=True, error_model="numpy")
inlined = njit(nogil=True, error_model="numpy", forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)


@inlined
def stride_of(width: int) -> int:
    return LANES + (width + LANES - 1) // LANES * LANES


@inlined
def size_of(height: int, stride: int) -> int:
    return (height + 4) * stride + LANES


def pool_size(height: int, width: int) -> int:
    """Floats that ``solve`` needs for images of this size or of a smaller one."""
    stride = stride_of.py_func(width)
    return int(ROWS * size_of.py_func(height, stride) + (1 + WARP_ROWS) * stride + MEDIAN_VECTORS * LANES)


@compiled
def smooth(pool: np.ndarray, source: int, target: int, scratch: int, height: int, width: int) -> None:
    """Median over 5x5 pixels, the border repeated outside. Walks down columns of 16 pixels; the scratch is what it keeps of rows above."""
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


@inlined
def _primal(pool: np.ndarray, i: int, u: int, v: int, x: int, stride: int, size: int, low: Any, high: Any, left_p: Any, left_q: Any) -> Any:
    """Thresholding, then u += theta div p, for 16 pixels: the new flow, the square of its change, P11 and P21 for the next ones."""
    old_u, old_v, ix, iy = load(pool, u), load(pool, v), load(pool, IX * size + i), load(pool, IY * size + i)
    rho = load(pool, RHO * size + i) + (ix * old_u + iy * old_v)
    step = minimum(maximum(rho * load(pool, INVERSE * size + i), low), high)
    theta = load(pool, ROWS * size + x)
    p, q = load(pool, P11 * size + i), load(pool, P21 * size + i)
    div_p = (p - shifted_right(left_p, p)) + (load(pool, P12 * size + i) - load(pool, P12 * size + i - stride))
    div_q = (q - shifted_right(left_q, q)) + (load(pool, P22 * size + i) - load(pool, P22 * size + i - stride))
    new_u = (old_u - step * ix) + theta * div_p
    new_v = (old_v - step * iy) + theta * div_q
    store(pool, u, new_u)
    store(pool, v, new_v)
    return new_u, new_v, (new_u - old_u) * (new_u - old_u) + (new_v - old_v) * (new_v - old_v), p, q


@inlined
def _dual(
    pool: np.ndarray, i: int, u: Any, v: Any, right_u: Any, right_v: Any, below_u: Any, below_v: Any, size: int, rate: Any, one: Any,
) -> None:  # fmt: skip
    """p = (p + tau / theta grad u) / (1 + tau / theta |grad u|), for both components with one division."""
    ux, uy, vx, vy = shifted_left(u, right_u) - u, below_u - u, shifted_left(v, right_v) - v, below_v - v
    norm_u = one + rate * sqrt(ux * ux + uy * uy)
    norm_v = one + rate * sqrt(vx * vx + vy * vy)
    inverse = one / (norm_u * norm_v)
    by_u, by_v = inverse * norm_v, inverse * norm_u
    store(pool, P11 * size + i, (load(pool, P11 * size + i) + rate * ux) * by_u)
    store(pool, P12 * size + i, (load(pool, P12 * size + i) + rate * uy) * by_u)
    store(pool, P21 * size + i, (load(pool, P21 * size + i) + rate * vx) * by_v)
    store(pool, P22 * size + i, (load(pool, P22 * size + i) + rate * vy) * by_v)


@compiled
def _iterate(pool: np.ndarray, u: int, v: int, height: int, width: int, limit: float, taut: float) -> np.float32:
    """One primal and one dual step; the sum of squares of what the flow changed. The dual row above follows each primal row."""
    stride = stride_of(width)
    size, origin = size_of(height, stride), 2 * stride + LANES
    high, low, rate, one, zero = splat(limit), splat(-limit), splat(taut), splat(np.float32(1)), splat(np.float32(0))
    error = zero
    for y in range(height):
        row = y * stride
        left_p, left_q = zero, zero
        above_u, above_v = load(pool, u + row - stride), load(pool, v + row - stride)
        for x in range(0, width, LANES):
            i = row + x
            new_u, new_v, change, left_p, left_q = _primal(pool, origin + i, u + i, v + i, x, stride, size, low, high, left_p, left_q)
            error = error + change
            if y > 0:
                j = i - stride
                right_u, right_v = load(pool, u + j + LANES), load(pool, v + j + LANES)
                _dual(pool, origin + j, above_u, above_v, right_u, right_v, new_u, new_v, size, rate, one)
                above_u, above_v = right_u, right_v
        pool[u + row + width] = pool[u + row + width - 1]  # no gradient across the right border
        pool[v + row + width] = pool[v + row + width - 1]
    row = (height - 1) * stride
    for x in range(0, width, LANES):  # nor across the lower one
        i = row + x
        last_u, last_v = load(pool, u + i), load(pool, v + i)
        _dual(pool, origin + i, last_u, last_v, load(pool, u + i + LANES), load(pool, v + i + LANES), last_u, last_v, size, rate, one)
    total = np.float32(0)
    for k in range(LANES):
        total += lane(error, k)
    return total


@njit("void(f4[::1], f4[:,::1], f4[::1], f4[:,:,::1], f4, f4, f4, f4, i8, i8, i8, b1)", nogil=True, error_model="numpy")
def solve(
    pool: np.ndarray, first: np.ndarray, channels: np.ndarray, flow: np.ndarray, limit: float, taut: float, theta: float, threshold: float,
    num_warps: int, num_inner: int, num_outer: int, with_median: bool,
) -> None:  # fmt: skip
    """Refine ``flow`` (2, H, W) at one scale. A warp ends when an iteration's change, as a sum of squares, is below ``threshold``."""
    height, width = first.shape
    stride = stride_of(width)
    size, origin = size_of(height, stride), 2 * stride + LANES
    u, v, spare = U * size + origin, V * size + origin, SPARE * size + origin
    warp_at = ROWS * size + stride
    median_at = warp_at + WARP_ROWS * stride
    pool[:median_at] = 0
    pool[ROWS * size : ROWS * size + width] = theta
    for y in range(height):
        for x in range(width):
            pool[u + y * stride + x], pool[v + y * stride + x] = flow[0, y, x], flow[1, y, x]
    for _ in range(num_warps):
        for y in range(height):
            row = y * stride
            i = origin + row
            warp_row(y, first, channels, pool, u + row, v + row, IX * size + i, IY * size + i, RHO * size + i, INVERSE * size + i, warp_at)
        error, outer = np.float32(np.inf), 0
        while error > threshold and outer < num_outer:
            if with_median:
                smooth(pool, u, spare, median_at, height, width)
                smooth(pool, v, u, median_at, height, width)
                u, v, spare = spare, u, v
            inner = 0
            while error > threshold and inner < num_inner:
                error = _iterate(pool, u, v, height, width, limit, taut)
                inner += 1
            outer += 1
    for y in range(height):
        for x in range(width):
            flow[0, y, x], flow[1, y, x] = pool[u + y * stride + x], pool[v + y * stride + x]
