"""Flow choice: the optical flow that a pipeline's constants name, as the steps want it."""

import numpy as np

from preprocessing.options import Plain
from preprocessing.pipeline import Options, Step, number, text
from preprocessing.steps import flow

CONSTANTS: dict[str, Plain] = {
    "flow": "tvl1",
    "flow_lambda": 0.15,  # of tvl1: OpenCV's default
    "flownet2_checkpoint": "",  # of flownet2: path of the public weights
}
"""What a pipeline with flow has among its constants."""


def sequence(frames: np.ndarray, reference: str, constants: Options, device: str) -> np.ndarray:
    """(T, H, W) -> float32 (T - 1, 2, H, W)."""
    return flow.sequence(frames, reference=reference, method=_method(constants), **_options(constants, device))


def compute(first: np.ndarray, second: np.ndarray, constants: Options, device: str) -> np.ndarray:
    """Two (H, W) -> float32 (2, H, W)."""
    return flow.compute(first, second, method=_method(constants), **_options(constants, device))


def function(constants: Options) -> Step:
    """The function behind the method: whose code a result depends on."""
    method = flow.METHODS[_method(constants)]
    loaded: Step = method.load(method.compute)
    return loaded


def uses_gpu(constants: Options) -> bool:
    """Whether the method runs on a GPU where there is one."""
    return _method(constants) == "flownet2"


def _method(constants: Options) -> str:
    method = text(constants, "flow")
    if method not in flow.METHODS:
        raise ValueError(f"A flow method must be one of {', '.join(flow.METHODS)}, but got '{method}'. Pass --option flow=tvl1.")
    return method


def _options(constants: Options, device: str) -> dict[str, Plain]:
    method = _method(constants)
    if method in ("tvl1", "tvl1_opencv"):
        return {"lambda_": number(constants, "flow_lambda")}
    if method == "flownet2":
        return {"checkpoint": text(constants, "flownet2_checkpoint"), "device": device}
    return {}
