"""FHOFO: fuzzy histograms of flow directions over blocks and stretches of time, one vector per clip.

Paper: Happy and Routray, "Fuzzy histogram of optical flow orientations for micro-expression recognition", IEEE Trans. Affective Computing
10(3), 2019. Its text was not at hand: every constant is ours.
"""

from typing import Any

import numpy as np

from preprocessing import flow_choice, flow_sources
from preprocessing.flow_sources import FACES, IMAGE, SYNTHETIC, Motion, described
from preprocessing.options import Plain
from preprocessing.pipeline import Options, Pipeline, count, number
from preprocessing.steps.fhofo import fhofo

DESCRIPTOR: dict[str, Plain] = {
    "blocks": 5,  # 5 x 5
    "segments": 1,  # stretches of time
    "bins": 8,
    "narrow": 5,  # narrow bins in a bin
    "spread": 0.5,  # of the membership, in widths of a bin
    "still": 0.1,  # vectors of at most this share of the longest do not count
}
WHAT: dict[str, Any] = {"channels": ("feature",), "units": "shares of directions, by time, row and column"}


def _describe(motion: Motion, constants: Options) -> np.ndarray:
    """float32 (segments * blocks * blocks * bins)."""
    blocks, segments, bins, narrow = (count(constants, name) for name in ("blocks", "segments", "bins", "narrow"))
    spread, still = number(constants, "spread"), number(constants, "still")
    return fhofo(motion.flow, rows=blocks, cols=blocks, segments=segments, bins=bins, narrow=narrow, spread=spread, still=still)


PIPELINES = (
    Pipeline(
        name="fhofo",
        constants={**FACES, "reference": "previous", "num_frames": 10, **DESCRIPTOR, "segments": 3},
        run=described(flow_sources.over_time, _describe),
        chosen=flow_choice.modules,
        uses_gpu=flow_choice.uses_gpu,
        **WHAT,
    ),
    Pipeline(name="fhofo_of_image", constants={**IMAGE, **DESCRIPTOR}, run=described(flow_sources.of_image, _describe), **WHAT),
    Pipeline(
        name="fhofo_of_synthetic", constants={**SYNTHETIC, **DESCRIPTOR}, run=described(flow_sources.synthetic_over_time, _describe), **WHAT
    ),
)
