"""STRCN-A and STRCN-G: magnified faces over time, and flow from onset to apex of the magnified clip.

Paper: Xia et al., "Spatiotemporal recurrent convolutional networks for recognizing spontaneous micro-expressions", IEEE TMM 2020, Sec. III.
Both share faces and magnification. With ``augment`` there are 50 of each clip (Sec. III-D), itself and its copies, which stay with it in
every fold.
The mask of STRCN-A depends on the training clips and is therefore chosen while training (``preprocessing/steps/strcn_mask.py``).
"""

from typing import Any

import numpy as np

from preprocessing import flow_choice
from preprocessing.clip import Clip
from preprocessing.face_frames import face_frames
from preprocessing.pipeline import Context, Copy, Options, Pipeline, count, flag, number, one_of
from preprocessing.steps import apex, frame_subsets, interpolation
from preprocessing.steps.faces import faces
from preprocessing.steps.magnification import magnify
from preprocessing.steps.resampling import resized

MAGNIFICATION: Options = {
    "faces": "local_weighted_mean",  # Sec. III-A
    "face_height": 280,  # ours; levels and factors of magnification depend on it
    "face_width": 230,
    "alpha": 8.0,  # Sec. III-B: testing; training 5 to 14
    "low": 0.05,  # Table V
    "high": 0.4,  # Table V
    "filter_units": "coef",  # Table V's numbers are the release's coefficients
    "lambda_c": 16.0,  # Sec. III-B
    "exaggeration": 2.0,  # the release's factor; 1 as printed
    "percent": 100,  # share of the frames; training 100, 90, 80, 70, 60
    "subset_seed": 0,
    "augment": False,  # 10 factors x 5 shares of the frames
}


def magnified(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """RGB uint8 (T, face_height, face_width, 3), all frames."""
    height, width = count(constants, "face_height"), count(constants, "face_width")
    how: dict[str, Any] = {name: constants[name] for name in ("alpha", "low", "high", "filter_units", "lambda_c", "exaggeration")}

    def compute() -> np.ndarray:
        return magnify(face_frames(clip, constants, context, height=height, width=width, colour=True), fps=clip.fps, **how)

    return context.kept((faces, magnify), {**how, "cut": constants["faces"], "height": height, "width": width, "fps": clip.fps}, compute)


def thinned(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """The magnified frames that this copy keeps."""
    frames = magnified(clip, constants, context)
    percent, seed = count(constants, "percent"), int(number(constants, "subset_seed"))
    return frames[frame_subsets.kept_frames(len(frames), percent, seed=seed, key=clip.key)]


def _appearance(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float16 (T, 3, H, W), 8-bit values interpolated in time."""
    small = resized(thinned(clip, constants, context), (count(constants, "height"), count(constants, "width")))
    return interpolation.linear(small, count(constants, "num_frames")).transpose(0, 3, 1, 2).astype(np.float16)


def _geometry(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float16 (2, H, W): u, v from onset to apex; 16 bits hold flow of 2 pixels to a thousandth."""
    frames = thinned(clip, constants, context)
    size = (count(constants, "height"), count(constants, "width"))
    first, at_apex = resized(_gray(frames[[0, apex_of(clip, constants, frames)]]), size)
    return flow_choice.compute(first, at_apex, constants, context.device).astype(np.float16)


def apex_of(clip: Clip, constants: Options, frames: np.ndarray) -> int:
    """Index of the apex: spotted, or as annotated where nothing was thinned. One annotated at the onset, as 55 of CAS(ME)^3, is none."""
    missing = clip.apex is None or clip.apex <= clip.frames[0].number
    if one_of(constants, "apex", ("spotted", "annotated")) == "spotted" or missing:
        return apex.spot(frames)
    if constants["percent"] != 100:
        raise ValueError(f"A thinned clip's apex must be spotted, but got annotated for '{clip.key}'. Pass --option apex=spotted.")
    return int(np.argmin([abs(frame.number - (clip.apex or 0)) for frame in clip.frames]))


def _gray(frames: np.ndarray) -> np.ndarray:
    import cv2

    return np.stack([cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY) for frame in frames])


def _copies(clip: Clip, constants: Options) -> tuple[Copy, ...]:
    if not flag(constants, "augment"):
        return ()
    return tuple(
        Copy(name=copy.suffix.removeprefix("@"), changes={"alpha": float(copy.alpha), "percent": copy.percent})
        for copy in frame_subsets.copies()
        if (copy.alpha, copy.percent) != (constants["alpha"], constants["percent"])  # the clip itself is one of the 50
    )


PIPELINES = (
    Pipeline(
        name="strcn_a",
        constants={**MAGNIFICATION, "height": 64, "width": 48, "num_frames": 30},  # Sec. III-C
        channels=("red", "green", "blue"),
        units="8-bit values, interpolated in time",
        run=_appearance,
        copies=_copies,
    ),
    Pipeline(
        name="strcn_g",
        constants={
            **MAGNIFICATION,
            "height": 300,  # Sec. III-C: 300 x 245
            "width": 245,
            "apex": "spotted",  # Sec. III-C
            **flow_choice.CONSTANTS,
            "flow": "classic_l",  # Sec. III-C, [60]; tvl1 is a small part of the work
        },
        channels=("u", "v"),
        units="pixels of the 300 x 245 face, onset to apex",
        run=_geometry,
        copies=_copies,
        chosen=flow_choice.modules,
        uses_gpu=flow_choice.uses_gpu,
    ),
)
