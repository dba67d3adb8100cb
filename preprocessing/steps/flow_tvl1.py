"""TV-L1 optical flow by our own compiled kernel: the algorithm, constants and conventions of OpenCV's ``DualTVL1OpticalFlow``, many times as fast.

Sources: Zach, Pock, Bischof, "A duality based approach for realtime TV-L1 optical flow", DAGM 2007; Sanchez, Meinhardt-Llopis, Facciolo, "TV-L1 optical flow
estimation", IPOL 2013. OpenCV adds a 5x5 median of the flow before each run of inner iterations and warps bicubically, with zeros outside the image.

How many iterations are run depends on when the flow stops to change, and one more moves it by 0.01 px: at the default epsilon two programs that round
differently end about 0.01 px apart on average, as OpenCV does from itself when its input changes by 1e-7. The kernel itself rounds alike on every
machine: vectors of a fixed length, IEEE operations, nothing contracted or reordered.
"""

from functools import cache
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
    """Two gray uint8 images (H, W) -> float32 (2, H, W) = (u, v), pixels, first to second. Options: OPTIONS. Releases the interpreter lock."""
    chosen: dict[str, Any] = resolve(OPTIONS, options, "tvl1")
    check_pair(first, second, "tvl1")
    kernel = _kernel()
    sizes = scales(*first.shape, chosen["num_scales"], chosen["scale_step"])
    levels = list(zip(_pyramid(kernel, first, sizes, chosen), _pyramid(kernel, second, sizes, chosen), strict=True))
    pool = _pool(kernel.pool_size(*sizes[0]))
    flow = np.zeros((2, *sizes[-1]), np.float32)
    for level in reversed(levels):
        flow = _solve(kernel, pool, *level, flow, chosen)
    return flow


def _pyramid(kernel: Any, image: np.ndarray, sizes: list[tuple[int, int]], chosen: dict[str, Any]) -> list[np.ndarray]:
    levels = [image.astype(np.float32)]
    for size in sizes[1:]:
        levels.append(np.empty(size, np.float32))
        kernel.resize(levels[-2], levels[-1], 1 / chosen["scale_step"], 1 / chosen["scale_step"], 1)
    return levels


def _solve(kernel: Any, pool: np.ndarray, first: np.ndarray, second: np.ndarray, flow: np.ndarray, chosen: dict[str, Any]) -> np.ndarray:
    """The flow at one scale, from that at the coarser one."""
    height, width = first.shape
    pool[:] = 0
    for k in range(2):
        kernel.resize(
            flow[k],
            kernel.plane(pool, kernel.U1 + k, height, width),
            flow.shape[1] / height,
            flow.shape[2] / width,
            1 / chosen["scale_step"],
        )
    size = kernel.size_of.py_func(height, width)
    pool[kernel.WEIGHT * size :][:width] = chosen["theta"]
    channels = np.zeros((height + 2 * kernel.BORDER, width + 2 * kernel.BORDER, 4), np.float32)
    kernel.interleave(second, channels)
    planes = kernel.solve(
        pool, first, channels.reshape(-1), chosen["lambda_"] * chosen["theta"], chosen["tau"] / chosen["theta"],
        chosen["epsilon"] ** 2 * (height * width), chosen["num_warps"], chosen["num_inner"], chosen["num_outer"], chosen["median"],
    )  # fmt: skip
    return np.stack([kernel.plane(pool, k, height, width) for k in planes])


def scales(height: int, width: int, num_scales: int, scale_step: float) -> list[tuple[int, int]]:
    """(height, width) of each scale, finest first."""
    sizes = [(height, width)]
    while len(sizes) < num_scales:
        smaller = tuple(round(side * scale_step) for side in sizes[-1])
        if min(smaller) < MIN_SIDE:
            break
        sizes.append((smaller[0], smaller[1]))
    return sizes


def _pool(num: int) -> np.ndarray:
    """So many float32 at an address that vectors of 16 share with cache lines."""
    raw = np.empty(num + 16, np.float32)
    start = -raw.ctypes.data % 64 // 4
    return raw[start : start + num]


def check_pair(first: np.ndarray, second: np.ndarray, method: str) -> None:
    """Both images are gray uint8 (H, W), of one size."""
    if first.shape != second.shape or first.dtype != np.uint8 or second.dtype != np.uint8 or first.ndim != 2 or 0 in first.shape:
        raise ValueError(
            f"Flow by '{method}' must get two gray uint8 images (H, W) of one size, but got {first.dtype} {first.shape} and "
            f"{second.dtype} {second.shape}. Decode both frames as gray and crop them alike."
        )


@cache
def _kernel() -> Any:
    try:
        from preprocessing.steps import flow_tvl1_kernel
    except ImportError as error:
        raise ModuleNotFoundError(
            f"TV-L1 by our own kernel must have numba, but got {error}. Install it: pip install numba. Or choose the method tvl1_opencv."
        ) from error
    return flow_tvl1_kernel
