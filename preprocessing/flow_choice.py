"""Flow choice: the optical flow that a pipeline's constants name, as the steps want it."""

import numpy as np

from preprocessing.options import Plain
from preprocessing.pipeline import Options, number, text
from preprocessing.steps import flow

CONSTANTS: dict[str, Plain] = {
    "flow": "tvl1",
    "flow_lambda": 0.15,  # of tvl1: OpenCV's default
    "flownet2_checkpoint": "",  # of flownet2: path of the public weights
}
"""What a pipeline with flow has among its constants."""


def sequence(frames: np.ndarray, reference: str, constants: Options, device: str) -> np.ndarray:
    """(T, H, W) -> float32 (T - 1, 2, H, W)."""
    return flow.sequence(frames, reference=reference, method=text(constants, "flow"), **_options(constants, device))


def compute(first: np.ndarray, second: np.ndarray, constants: Options, device: str) -> np.ndarray:
    """Two (H, W) -> float32 (2, H, W)."""
    return flow.compute(first, second, method=text(constants, "flow"), **_options(constants, device))


def modules(constants: Options) -> tuple[str, ...]:
    """The module behind the method: whose code a result depends on."""
    return (flow.named(text(constants, "flow")).path,)


def uses_gpu(constants: Options) -> bool:
    """Whether the method runs on a GPU where there is one."""
    return constants["flow"] == "flownet2"


def _options(constants: Options, device: str) -> dict[str, Plain]:
    if constants["flow"] in ("tvl1", "tvl1_opencv"):
        return {"lambda_": number(constants, "flow_lambda")}
    if constants["flow"] == "flownet2":
        return {"checkpoint": text(constants, "flownet2_checkpoint"), "device": device}
    return {}
