"""Bi-WOOF: weighted histograms of the flow from onset to apex, one vector per clip.

Paper: Liong, See, Wong, Phan, "Less is more: micro-expression recognition from video using apex frame", Signal Processing: Image
Communication 62, 2018; constants of the authors' release, github.com/christy1206/biwoof. STRCN's tables quote it with 8 x 8 blocks.
``local="magnitude", whole="none"`` is the plain weighted histogram (HOOF).
"""

from typing import Any, cast

import numpy as np

from preprocessing import flow_choice, flow_sources
from preprocessing.flow_sources import APEX, IMAGE, SYNTHETIC, Motion, described
from preprocessing.options import Plain
from preprocessing.pipeline import Options, Pipeline, count, one_of
from preprocessing.steps.bi_woof import WEIGHTS, Weight, bi_woof

DESCRIPTOR: dict[str, Plain] = {
    "blocks": 5,  # release: 5 x 5
    "bins": 8,  # release
    "local": "magnitude",  # release: of pixels
    "whole": "strain",  # release: of blocks
}
WHAT: dict[str, Any] = {"channels": ("feature",), "units": "shares of directions, block by block; norm 1"}


def _describe(motion: Motion, constants: Options) -> np.ndarray:
    """float32 (blocks * blocks * bins)."""
    blocks, bins = count(constants, "blocks"), count(constants, "bins")
    local, whole = (cast(Weight, one_of(constants, name, WEIGHTS)) for name in ("local", "whole"))
    return bi_woof(motion.flow[0], motion.strain[0], rows=blocks, cols=blocks, bins=bins, local=local, whole=whole)


PIPELINES = (
    Pipeline(
        name="bi_woof",
        constants={**APEX, **DESCRIPTOR},
        run=described(flow_sources.at_apex, _describe),
        chosen=flow_choice.modules,
        uses_gpu=flow_choice.uses_gpu,
        **WHAT,
    ),
    Pipeline(name="bi_woof_of_image", constants={**IMAGE, **DESCRIPTOR}, run=described(flow_sources.of_image, _describe), **WHAT),
    Pipeline(
        name="bi_woof_of_synthetic", constants={**SYNTHETIC, **DESCRIPTOR}, run=described(flow_sources.synthetic_at_apex, _describe), **WHAT
    ),
)
