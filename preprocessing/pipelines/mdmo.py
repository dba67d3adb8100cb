"""MDMO: the mean flow of the main direction in each of 36 regions of a face: over a clip, or per frame for sparse MDMO.

Papers: Liu et al., "A main directional mean optical flow feature for spontaneous micro-expression recognition", IEEE Trans. Affective
Computing 7(4), 2016; Liu, Li, Lai, "Sparse MDMO: learning a discriminative feature for spontaneous micro-expression recognition", IEEE
Trans. Affective Computing 12(1), 2021. What sparse MDMO learns is fitted on a fold's training clips: ``models/sparse_mdmo.py``.
"""

from typing import Any, cast

import numpy as np

from preprocessing import flow_choice, flow_sources
from preprocessing.clip import Clip
from preprocessing.flow_sources import FACES, IMAGE, SYNTHETIC, Motion, described
from preprocessing.options import Plain
from preprocessing.pipeline import Context, Options, Pipeline, count, flag, number, one_of
from preprocessing.steps import mdmo

REGIONS: dict[str, Plain] = {
    "bins": 8,  # 2016
    "steady": False,  # ours, where the head is still
}
DESCRIPTOR: dict[str, Plain] = {
    **REGIONS,
    "form": "polar",  # 2016: lengths and angles
    "balance": 0.5,  # ours: of lengths against angles
}
FRAMES: dict[str, Plain] = {**FACES, "reference": "first", "num_frames": 0}  # 2016: flow to every frame
WHAT: dict[str, Any] = {
    "channels": ("feature",),
    "units": "lengths of 36 regions as shares of the longest, then angles in radians; weighted",
}
ATOMS: dict[str, Any] = {"channels": ("feature",), "units": "u, then v of 36 regions, as shares of the clip's longest; per frame"}
FLOW: dict[str, Any] = {"chosen": flow_choice.modules, "uses_gpu": flow_choice.uses_gpu}


def _atoms(motion: Motion, constants: Options) -> np.ndarray:
    """float64 (T, 36, 2)."""
    points = motion.points()
    flow = mdmo.steadied(motion.flow, points) if flag(constants, "steady") else motion.flow
    return mdmo.atoms(flow, mdmo.region_labels(points, (flow.shape[-2], flow.shape[-1])), bins=count(constants, "bins"))


def _describe(motion: Motion, constants: Options) -> np.ndarray:
    """float32 (72)."""
    form = cast(mdmo.Form, one_of(constants, "form", ("polar", "cartesian")))
    return mdmo.mdmo(_atoms(motion, constants), form=form, balance=number(constants, "balance"))


def _atoms_of_frames(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (num_frames - 1, 72)."""
    count(constants, "num_frames")
    return mdmo.clip_atoms(_atoms(flow_sources.over_time(clip, constants, context), constants))


def _atoms_of_image(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (1, 72)."""
    return mdmo.clip_atoms(_atoms(flow_sources.of_image(clip, constants, context), constants))


def _atoms_of_synthetic(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (num_frames, 72)."""
    return mdmo.clip_atoms(_atoms(flow_sources.synthetic_over_time(clip, constants, context), constants))


PIPELINES = (
    Pipeline(
        name="mdmo", constants={**FRAMES, **DESCRIPTOR, "steady": True}, run=described(flow_sources.over_time, _describe), **FLOW, **WHAT
    ),
    Pipeline(name="mdmo_of_image", constants={**IMAGE, **DESCRIPTOR}, run=described(flow_sources.of_image, _describe), **WHAT),
    Pipeline(
        name="mdmo_of_synthetic", constants={**SYNTHETIC, **DESCRIPTOR}, run=described(flow_sources.synthetic_over_time, _describe), **WHAT
    ),
    Pipeline(name="mdmo_atoms", constants={**FRAMES, "num_frames": 20, **REGIONS, "steady": True}, run=_atoms_of_frames, **FLOW, **ATOMS),
    Pipeline(name="mdmo_atoms_of_image", constants={**IMAGE, **REGIONS}, run=_atoms_of_image, **ATOMS),
    Pipeline(name="mdmo_atoms_of_synthetic", constants={**SYNTHETIC, **REGIONS}, run=_atoms_of_synthetic, **ATOMS),
)
