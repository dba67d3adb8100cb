"""TV-L1 flow by our own compiled kernel: algorithm, constants and conventions of OpenCV's ``DualTVL1OpticalFlow``, many times as fast.

Sources: Zach, Pock, Bischof, "A duality based approach for realtime TV-L1 optical flow", DAGM 2007; Sanchez, Meinhardt-Llopis,
Facciolo, "TV-L1 optical flow estimation", IPOL 2013. OpenCV adds a 5x5 median of the flow before each run of inner iterations and
warps bicubically, with zeros outside the image.

How many iterations are run depends on when the flow stops to change, and one more moves it by 0.01 px: at the default epsilon two
programs that round differently end about 0.01 px apart on average, as OpenCV does from itself when its input changes by 1e-7. The
kernel is written to round alike on every machine: vectors of a fixed length, IEEE operations, nothing contracted or reordered.
"""

from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from preprocessing.options import Plain, resolve

OPTIONS: dict[str, Plain] = {  # OpenCV's defaults, which SHCNN's script uses
    "tau": 0.25,  # step of the dual ascent
    "lambda_": 0.15,  # weight of brightness constancy against smoothness, for images in 0-255
    "theta": 0.3,  # how loosely the two halves of the split problem are tied
    "num_scales": 5,  # fewer where a side would fall below MIN_SIDE
    "num_warps": 5,
    "epsilon": 0.01,  # of the flow's change that ends a warp, pixels (root mean square)
    "num_inner": 30,
    "num_outer": 10,
    "scale_step": 0.8,
    "median": True,  # 5x5, before each run of inner iterations
}
MIN_SIDE = 16
"""Of the coarsest scale, in pixels."""


def compute(first: np.ndarray, second: np.ndarray, **options: Plain) -> np.ndarray:
    """Two gray uint8 images (H, W) -> float32 (2, H, W) = (u, v), pixels, first to second. Options: OPTIONS. Threads run side by side."""
    chosen: dict[str, Any] = resolve(OPTIONS, options, "flow method 'tvl1'")
    check_pair(first, second, "tvl1")
    _check(chosen)
    sizes = scales(first.shape[0], first.shape[1], chosen["num_scales"], chosen["scale_step"])
    images = [_pyramid(image, sizes, chosen["scale_step"]) for image in (first, second)]
    pool = _aligned(_code().kernel.pool_size(*sizes[0]))
    flow = np.zeros((2, *sizes[-1]), np.float32)
    for level in range(len(sizes) - 1, -1, -1):
        if flow.shape[1:] != sizes[level]:
            flow = np.stack([_resized(part, sizes[level], 1 / chosen["scale_step"]) for part in flow])
        _solve(images[0][level], images[1][level], flow, pool, chosen)
    return flow


def scales(height: int, width: int, num_scales: int, scale_step: float) -> list[tuple[int, int]]:
    """(height, width) of each scale, finest first."""
    sizes = [(height, width)]
    while len(sizes) < num_scales:
        smaller = round(sizes[-1][0] * scale_step), round(sizes[-1][1] * scale_step)
        if min(smaller) < MIN_SIDE:
            break
        sizes.append(smaller)
    return sizes


def check_pair(first: np.ndarray, second: np.ndarray, method: str) -> None:
    """Both images are gray uint8 (H, W), of one size."""
    if first.shape != second.shape or {first.dtype, second.dtype} != {np.dtype(np.uint8)} or first.ndim != 2 or 0 in first.shape:
        raise ValueError(
            f"Flow by '{method}' must get two gray uint8 images (H, W) of one size, but got {first.dtype} {first.shape} and "
            f"{second.dtype} {second.shape}. Decode both frames as gray and crop them alike."
        )


def _check(chosen: dict[str, Any]) -> None:
    if chosen["theta"] <= 0 or not 0 < chosen["scale_step"] < 1 or chosen["num_scales"] < 1:
        raise ValueError(
            "TV-L1 must have theta above 0, scale_step between 0 and 1 and at least one scale, but got "
            f"theta={chosen['theta']}, scale_step={chosen['scale_step']}, num_scales={chosen['num_scales']}. Defaults are {OPTIONS}."
        )


def _pyramid(image: np.ndarray, sizes: list[tuple[int, int]], scale_step: float) -> list[np.ndarray]:
    levels = [np.ascontiguousarray(image, np.float32)]
    for size in sizes[1:]:
        levels.append(np.empty(size, np.float32))
        _code().images.resize(levels[-2], levels[-1], 1 / scale_step, 1 / scale_step, 1)
    return levels


def _resized(part: np.ndarray, size: tuple[int, int], factor: float) -> np.ndarray:
    larger = np.empty(size, np.float32)
    _code().images.resize(part, larger, part.shape[0] / size[0], part.shape[1] / size[1], factor)
    return larger


def _solve(first: np.ndarray, second: np.ndarray, flow: np.ndarray, pool: np.ndarray, chosen: dict[str, Any]) -> None:
    """Refine the flow in place at one scale."""
    code, (height, width) = _code(), first.shape
    channels = np.zeros((height + 2 * code.images.BORDER, width + 2 * code.images.BORDER, 4), np.float32)
    code.images.interleave(second, channels)
    code.kernel.solve(
        pool, first, channels.reshape(-1), flow, chosen["lambda_"] * chosen["theta"], chosen["tau"] / chosen["theta"], chosen["theta"],
        chosen["epsilon"] ** 2 * height * width, chosen["num_warps"], chosen["num_inner"], chosen["num_outer"], chosen["median"],
    )  # fmt: skip


def _aligned(num: int) -> np.ndarray:
    """So many float32, from an address at which a cache line begins."""
    raw = np.empty(num + 16, np.float32)
    start = -raw.ctypes.data % 64 // raw.itemsize
    return raw[start : start + num]


@cache
def _code() -> Any:
    """The compiled modules; importing them compiles: some seconds once per process."""
    try:
        import_module("numba")
    except ImportError as error:
        raise ModuleNotFoundError(
            f"TV-L1 by our own kernel must have numba, but got: {error}. Install it: pip install numba. Or choose the method tvl1_opencv."
        ) from error
    from preprocessing.steps import flow_tvl1_images, flow_tvl1_kernel

    return SimpleNamespace(images=flow_tvl1_images, kernel=flow_tvl1_kernel)
