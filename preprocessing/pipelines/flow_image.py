"""Flow images as a laboratory has them already: one small image per clip (STSTNet's published input)."""

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, Pipeline, count
from preprocessing.steps.flow_image import read_flow_image


def _run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    return read_flow_image(clip, count(constants, "size"))


PIPELINES = (
    Pipeline(
        name="flow_image",
        constants={"size": 28},  # STSTNet Sec. II-B
        channels=("strain", "v", "u"),
        units="8-bit code values, as the image has them",
        run=_run,
    ),
)
