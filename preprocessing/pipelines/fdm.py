"""FDM: the facial dynamics map, the principal direction of flow in each cuboid of a clip, one vector per clip.

Paper: Xu, Zhang, Wang, "Microexpression identification and categorization using a facial dynamics map", IEEE Trans. Affective Computing
8(2), 2017: flow, pixel-level alignment, cuboids, an iteration for the principal direction. Its text was not at hand: every constant is
ours.
"""

from typing import Any

import numpy as np

from preprocessing import flow_choice, flow_sources
from preprocessing.flow_sources import FACES, IMAGE, SYNTHETIC, Motion, described
from preprocessing.options import Plain
from preprocessing.pipeline import Options, Pipeline, count, flag, number
from preprocessing.steps.fdm import fdm

DESCRIPTOR: dict[str, Plain] = {
    "blocks": 7,  # 7 x 7
    "segments": 1,  # stretches of time
    "angle": 60.0,  # degrees from the direction within which a vector supports it
    "cell": 0.1,  # pixels: vectors as like as this share a frame's translation
    "unit": False,  # the mean of the supporters, with its length
}
WHAT: dict[str, Any] = {"channels": ("feature",), "units": "pixels, or directions alone: by time, then u and v, row and column"}


def _describe(motion: Motion, constants: Options) -> np.ndarray:
    """float32 (segments * 2 * blocks * blocks)."""
    blocks, segments, unit = count(constants, "blocks"), count(constants, "segments"), flag(constants, "unit")
    angle, cell = number(constants, "angle"), number(constants, "cell")
    return fdm(motion.flow, rows=blocks, cols=blocks, segments=segments, angle=angle, cell=cell, unit=unit)


PIPELINES = (
    Pipeline(
        name="fdm",
        constants={**FACES, "reference": "previous", "num_frames": 10, **DESCRIPTOR, "segments": 3},
        run=described(flow_sources.over_time, _describe),
        chosen=flow_choice.modules,
        uses_gpu=flow_choice.uses_gpu,
        **WHAT,
    ),
    Pipeline(
        name="fdm_of_image", constants={**IMAGE, **DESCRIPTOR, "cell": 8.0}, run=described(flow_sources.of_image, _describe), **WHAT
    ),  # in codes
    Pipeline(
        name="fdm_of_synthetic", constants={**SYNTHETIC, **DESCRIPTOR}, run=described(flow_sources.synthetic_over_time, _describe), **WHAT
    ),
)
