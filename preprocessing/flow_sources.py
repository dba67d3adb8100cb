"""Flow sources: what the flow descriptors are measured on: a clip's frames, a ready flow image, or the synthetic corpus.

Flow images are min-max coded, each channel by itself: the codes of u and v keep neither their unit nor which code is no motion nor how long
u is beside v. ``zero`` says which code stands for no motion: ``median`` (most of a face stays where it is) or ``middle``, 127.5.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np

from preprocessing import flow_choice
from preprocessing.clip import Clip
from preprocessing.face_frames import face_frames
from preprocessing.options import Plain
from preprocessing.pipeline import Context, Options, count, one_of, text
from preprocessing.pipelines import synthetic_flow as synthetic_pipelines
from preprocessing.pipelines.strcn import apex_of
from preprocessing.steps import alignment, interpolation, synthetic_flow
from preprocessing.steps.face_points import face_points
from preprocessing.steps.flow_image import read_flow_image
from preprocessing.steps.strain import strain

Run = Callable[[Clip, Options, Context], np.ndarray]

FACES: dict[str, Plain] = {
    "faces": "crop",  # ours: Eq. (1) of STRCN
    "flow_size": 168,  # ours: side of the faces, as for STSTNet
    **flow_choice.CONSTANTS,
}
APEX: dict[str, Plain] = {**FACES, "apex": "annotated"}  # spotted where none is annotated
IMAGE: dict[str, Plain] = {"size": 28, "zero": "median"}
SYNTHETIC: dict[str, Plain] = {"num_frames": 8, "size": 32}


class Motion(NamedTuple):
    """T flows, over time or one at the apex."""

    flow: np.ndarray
    """float32 (T, 2, H, W), pixels, or codes of an image about its zero."""
    strain: np.ndarray
    """(T, H, W), at least 0."""
    points: Callable[[], np.ndarray]
    """The face's (68, 2) landmarks in these pixels, found when asked for."""


def described(source: Callable[[Clip, Options, Context], Motion], describe: Callable[[Motion, Options], np.ndarray]) -> Run:
    """What a pipeline runs: ``describe`` of what ``source`` gives, as part of the module of ``describe``, whose code is digested."""

    @functools.wraps(describe)
    def run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
        return describe(source(clip, constants, context), constants)

    return cast(Run, run)


def at_apex(clip: Clip, constants: Options, context: Context) -> Motion:
    """From the onset frame to the apex. Constants: ``APEX``."""
    frames = _frames(clip, constants, context)
    apex = apex_of(clip, {**constants, "percent": 100}, frames)
    return _motion(clip, constants, flow_choice.compute(frames[0], frames[apex], constants, context.device)[None])


def over_time(clip: Clip, constants: Options, context: Context) -> Motion:
    """Between frames. Constants: ``FACES``, ``reference``, and ``num_frames``: interpolated to so many, 0 keeps those that there are."""
    frames, num_frames = _frames(clip, constants, context), constants["num_frames"]
    if num_frames != 0:
        frames = interpolation.linear(frames, count(constants, "num_frames"), rounded=True)
    reference = one_of(constants, "reference", ("first", "previous"))
    return _motion(clip, constants, flow_choice.sequence(frames, reference, constants, context.device))


def of_image(clip: Clip, constants: Options, context: Context) -> Motion:
    """A flow image's codes; landmarks are those of the mean face. Constants: ``IMAGE``."""
    size = count(constants, "size")
    codes = read_flow_image(clip, size).astype(np.float32)
    flow = codes[[2, 1]]  # strain, v, u
    zero = one_of(constants, "zero", ("median", "middle"))
    flow -= np.median(flow, axis=(1, 2), keepdims=True) if zero == "median" else np.float32(127.5)
    return Motion(flow[None], codes[None, 0], lambda: _mean_face(size))


def synthetic_over_time(clip: Clip, constants: Options, context: Context) -> Motion:
    """The planted flow from the onset to each frame; landmarks are those of the mean face. Constants: ``SYNTHETIC``."""
    (render,) = (pipeline.run for pipeline in synthetic_pipelines.PIPELINES if pipeline.name == "synthetic_flow")
    flow = render(clip, constants, context)
    return Motion(flow, _strains(flow), lambda: _mean_face(flow.shape[-1]))


def synthetic_at_apex(clip: Clip, constants: Options, context: Context) -> Motion:
    """The planted flow at its peak. Constants: ``SYNTHETIC``."""
    motion = synthetic_over_time(clip, constants, context)
    peak = synthetic_flow.time_course(context.options, clip.key, len(motion.flow)).argmax()
    return Motion(motion.flow[peak : peak + 1], motion.strain[peak : peak + 1], motion.points)


def _frames(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    side = count(constants, "flow_size")
    return face_frames(clip, constants, context, height=side, width=side)


def _motion(clip: Clip, constants: Options, flow: np.ndarray) -> Motion:
    side, cut = count(constants, "flow_size"), text(constants, "faces")
    return Motion(flow, _strains(flow), lambda: face_points(clip, cut=cut, height=side, width=side))


def _strains(flow: np.ndarray) -> np.ndarray:
    return np.stack([strain(each) for each in flow])


def _mean_face(side: int) -> np.ndarray:
    return alignment.place(alignment.model_face(), (side, side))
