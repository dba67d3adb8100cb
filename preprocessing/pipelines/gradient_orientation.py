"""Gradient orientations of a clip as one feature vector: HIGO and HOG on three orthogonal planes, and HOG of the image alone.

Paper: Li et al., "Towards reading hidden emotions", IEEE TAC 2018, Sec. 3: magnification, interpolation to 10 frames, 8 orientations.
"""

from typing import cast

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, Pipeline, count, one_of
from preprocessing.steps.gradient_orientation import PLANES, Vote, orientation_histograms
from preprocessing.steps.hog import hog
from preprocessing.texture_frames import CONSTANTS, described

ON_PLANES: Options = {
    **CONSTANTS,
    "faces": "local_weighted_mean",  # Sec. 3.1
    "num_frames": 10,  # Sec. 4.2: 10 is best of 10 to 80
    "bins": 8,  # Sec. 3.2
    "rows": 8,  # ours
    "columns": 8,
    "depth": 2,
    "planes": "top",  # or xyot, xy, xt, yt
}


def _on_planes(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (blocks * planes * bins,)."""
    grid = (count(constants, "rows"), count(constants, "columns"), count(constants, "depth"))
    planes, vote = one_of(constants, "planes", tuple(PLANES)), cast(Vote, one_of(constants, "vote", ("count", "magnitude")))
    bins = count(constants, "bins")
    return described(
        clip, constants, context, lambda frames: orientation_histograms(frames, bins=bins, grid=grid, planes=planes, vote=vote)
    )


def _image(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (blocks * cells of a block * bins,), the mean over frames."""
    how = {name: count(constants, name) for name in ("bins", "cell", "block")}
    return described(clip, constants, context, lambda frames: hog(frames, **how))


PIPELINES = (
    Pipeline(
        name="higo",
        constants={**ON_PLANES, "alpha": 8.0, "vote": "count"},  # alpha: ours, STRCN's; the paper tries several
        channels=("histogram",),
        units="share of a block's pixels with a gradient; planes of block 1, block 2, ...",
        run=_on_planes,
    ),
    Pipeline(
        name="hog_top",
        constants={**ON_PLANES, "vote": "magnitude"},
        channels=("histogram",),
        units="share of a block's gradient magnitude; planes of block 1, block 2, ...",
        run=_on_planes,
    ),
    Pipeline(
        name="hog",
        constants={**CONSTANTS, "bins": 9, "cell": 16, "block": 2},  # Dalal and Triggs: 9 bins, blocks of 2 x 2 cells; cell: ours
        channels=("histogram",),
        units="L2-Hys normalised gradient magnitude, mean over frames",
        run=_image,
    ),
)
