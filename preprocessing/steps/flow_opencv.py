"""Flow by OpenCV: TV-L1, the reference of our own kernel; Farneback; DIS.

Sources: Zach, Pock, Bischof, DAGM 2007 (``cv2.optflow``, in opencv-contrib); Farneback, SCIA 2003; Kroeger et al., "Fast optical flow
using dense inverse search", ECCV 2016. All take gray uint8 images (H, W) and give float32 (2, H, W) = (u, v), pixels, first to second.
"""

from typing import Any

import cv2
import numpy as np

from preprocessing.options import Plain, resolve
from preprocessing.steps import flow_tvl1

TVL1: dict[str, Plain] = dict(flow_tvl1.OPTIONS)
"""OpenCV's defaults, as our own kernel has them."""
FARNEBACK: dict[str, Plain] = {
    "pyramid_scale": 0.5, "num_levels": 3, "window": 15, "num_iterations": 3, "neighbourhood": 5, "sigma": 1.2, "gaussian": False,
}  # fmt: skip
"""Of OpenCV's tutorial on dense flow: it has no defaults. ``neighbourhood`` and ``sigma``: of the polynomial expansion, pixels."""
DIS: dict[str, Plain] = {"preset": "medium"}
PRESETS = {"ultrafast": 0, "fast": 1, "medium": 2}


def tvl1(first: np.ndarray, second: np.ndarray, **options: Plain) -> np.ndarray:
    """A new object for each pair: ``calc`` lowers the number of scales inside the object for good where images are small."""
    chosen: dict[str, Any] = resolve(TVL1, options, "flow method 'tvl1_opencv'")
    method = _contrib().DualTVL1OpticalFlow.create(
        tau=chosen["tau"], lambda_=chosen["lambda_"], theta=chosen["theta"], nscales=chosen["num_scales"], warps=chosen["num_warps"],
        epsilon=chosen["epsilon"], innnerIterations=chosen["num_inner"], outerIterations=chosen["num_outer"],
        scaleStep=chosen["scale_step"], medianFiltering=5 if chosen["median"] else 1,
    )  # fmt: skip
    return _two_planes(method.calc(*_pair(first, second, "tvl1_opencv"), None))


def farneback(first: np.ndarray, second: np.ndarray, **options: Plain) -> np.ndarray:
    """Polynomial expansion."""
    chosen: dict[str, Any] = resolve(FARNEBACK, options, "flow method 'farneback'")
    flags = cv2.OPTFLOW_FARNEBACK_GAUSSIAN if chosen["gaussian"] else 0
    method: Any = cv2.calcOpticalFlowFarneback  # its type wants an array where None is meant
    flow = method(
        *_pair(first, second, "farneback"), None, chosen["pyramid_scale"], chosen["num_levels"], chosen["window"],
        chosen["num_iterations"], chosen["neighbourhood"], chosen["sigma"], flags,
    )  # fmt: skip
    return _two_planes(flow)


def dis(first: np.ndarray, second: np.ndarray, **options: Plain) -> np.ndarray:
    """Dense inverse search, by one of OpenCV's presets."""
    preset = str(resolve(DIS, options, "flow method 'dis'")["preset"])
    if preset not in PRESETS:
        raise ValueError(f"DIS must have a preset out of {', '.join(PRESETS)}, but got '{preset}'. Pass it as --option preset=medium.")
    method: Any = cv2.DISOpticalFlow.create(PRESETS[preset])  # its type wants an array where None is meant
    return _two_planes(method.calc(*_pair(first, second, "dis"), None))


def _contrib() -> Any:
    if not hasattr(cv2, "optflow"):
        raise ModuleNotFoundError(
            f"OpenCV's TV-L1 must come with its contrib modules, but got OpenCV {cv2.__version__} without cv2.optflow. The plain packages "
            "share their folder and overwrite them: pip uninstall opencv-python opencv-python-headless, then pip install --force-reinstall "
            "opencv-contrib-python-headless."
        )
    return cv2.optflow


def _pair(first: np.ndarray, second: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    flow_tvl1.check_pair(first, second, method)
    return np.ascontiguousarray(first), np.ascontiguousarray(second)


def _two_planes(flow: np.ndarray) -> np.ndarray:
    """(H, W, 2) -> (2, H, W)."""
    return np.ascontiguousarray(flow.transpose(2, 0, 1))
