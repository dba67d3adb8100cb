"""STLBP-IP of a clip as one feature vector: local binary patterns of integral projections.

Paper: Huang, Wang, Zhao, Pietikainen, "Facial micro-expression recognition using spatiotemporal local binary pattern with integral
projection", ICCV workshops 2015.
"""

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, Pipeline, count
from preprocessing.steps.stlbp_ip import stlbp_ip
from preprocessing.texture_frames import CONSTANTS, described


def _run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (blocks * 2 * (2^(mask - 1) + 59),)."""
    how = {name: count(constants, name) for name in ("mask", "rows", "columns")}
    return described(clip, constants, context, lambda frames: stlbp_ip(frames, **how))


PIPELINES = (
    Pipeline(
        name="stlbp_ip",
        constants={**CONSTANTS, "mask": 9, "rows": 5, "columns": 5},  # mask: one of the paper's four; blocks: ours
        channels=("histogram",),
        units="share of a block's positions; appearance and motion of block 1, block 2, ...",
        run=_run,
    ),
)
