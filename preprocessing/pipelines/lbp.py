"""Local binary patterns of a clip as one feature vector: LBP, LBP-TOP and LBP-SIP.

Papers: see the steps ``lbp``, ``lbp_top`` and ``lbp_sip``. Constants: STRCN (Xia et al., IEEE TMM 2020), which compares with them: radius 3
and 8 neighbours. It states neither blocks nor temporal interpolation.
"""

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, Pipeline, count, flag
from preprocessing.steps.blocks import Grid
from preprocessing.steps.lbp import lbp
from preprocessing.steps.lbp_sip import lbp_sip
from preprocessing.steps.lbp_top import Radii, lbp_top
from preprocessing.texture_frames import CONSTANTS, described

BLOCKS: Options = {"rows": 5, "columns": 5, "depth": 1}  # ours: the usual 5 x 5 x 1
RADII: Options = {"radius_x": 3, "radius_y": 3, "radius_t": 3}  # STRCN Sec. IV
NEIGHBOURS: Options = {"neighbours": 8, "uniform": True}  # STRCN Sec. IV; uniform: Zhao and Pietikainen


def _lbp(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (blocks * bins,)."""
    how = {"radius": count(constants, "radius"), "neighbours": count(constants, "neighbours")}
    return described(clip, constants, context, lambda frames: lbp(frames, **how, grid=_grid(constants), uniform=flag(constants, "uniform")))


def _lbp_top(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (blocks * 3 * bins,)."""
    neighbours, uniform = count(constants, "neighbours"), flag(constants, "uniform")

    def top(frames: np.ndarray) -> np.ndarray:
        return lbp_top(frames, radii=_radii(constants), neighbours=neighbours, grid=_grid(constants), uniform=uniform)

    return described(clip, constants, context, top)


def _lbp_sip(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (blocks * 20,)."""
    return described(clip, constants, context, lambda frames: lbp_sip(frames, radii=_radii(constants), grid=_grid(constants)))


def _grid(constants: Options) -> Grid:
    return count(constants, "rows"), count(constants, "columns"), count(constants, "depth")


def _radii(constants: Options) -> Radii:
    return count(constants, "radius_x"), count(constants, "radius_y"), count(constants, "radius_t")


PIPELINES = (
    Pipeline(
        name="lbp",
        constants={**CONSTANTS, **BLOCKS, **NEIGHBOURS, "radius": 1},  # ours; Ojala et al. begin with 8 neighbours at radius 1
        channels=("histogram",),
        units="share of a block's pixels; bins of block 1, block 2, ...",
        run=_lbp,
    ),
    Pipeline(
        name="lbp_top",
        constants={**CONSTANTS, **BLOCKS, **RADII, **NEIGHBOURS},
        channels=("histogram",),
        units="share of a block's voxels; XY, XT and YT of block 1, block 2, ...",
        run=_lbp_top,
    ),
    Pipeline(
        name="lbp_sip",
        constants={**CONSTANTS, **BLOCKS, **RADII},
        channels=("histogram",),
        units="share of a block's voxels; 16 bins in the image and 4 in time of block 1, block 2, ...",
        run=_lbp_sip,
    ),
)
