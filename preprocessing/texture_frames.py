"""Texture frames: what the texture descriptors look at, gray faces, magnified and brought to one length if the constants say so.

Order: Li et al., "Towards reading hidden emotions", IEEE TAC 2018, Sec. 3: faces, magnification, temporal interpolation, descriptor.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from preprocessing.clip import Clip
from preprocessing.face_frames import face_frames
from preprocessing.pipeline import Context, Options, count, number, one_of
from preprocessing.steps import interpolation, synthetic_frames
from preprocessing.steps.faces import faces
from preprocessing.steps.magnification import magnify

CONSTANTS: Options = {
    "faces": "crop",  # STRCN Eq. (1); synthetic: frames rendered for the corpus 'synthetic'
    "face_height": 170,  # ours; about what SMIC_all_cropped has
    "face_width": 139,
    "alpha": 0.0,  # factor of magnification; 0: none
    "low": 0.05,  # STRCN Table V, as everything below is of its release
    "high": 0.4,
    "filter_units": "coef",
    "lambda_c": 16.0,
    "exaggeration": 2.0,
    "num_frames": 0,  # 0: as many as the clip has
    "interpolation": "tim",  # or linear
}
SYNTHETIC_FRAMES = 16
_MAGNIFICATION = ("alpha", "low", "high", "filter_units", "lambda_c", "exaggeration")


def described(clip: Clip, constants: Options, context: Context, descriptor: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A descriptor of the clip's texture frames; what it cannot describe is an error that names the clip."""
    frames = texture_frames(clip, constants, context)
    try:
        return descriptor(frames)
    except ValueError as error:
        raise ValueError(f"{error} Clip: '{clip.key}'.") from error


def texture_frames(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """Gray uint8 (T, face_height, face_width). Magnified faces are kept."""
    how: dict[str, Any] = {name: constants[name] for name in _MAGNIFICATION}
    height, width = count(constants, "face_height"), count(constants, "face_width")
    if constants["faces"] == "synthetic":
        frames = _rendered(clip, context.options, height, width)
        return _interpolated(magnify(frames, fps=clip.fps, **how) if how["alpha"] else frames, constants)
    if not how["alpha"]:
        return _interpolated(face_frames(clip, constants, context, height=height, width=width), constants)
    what = {**how, "cut": constants["faces"], "height": height, "width": width, "fps": clip.fps, "colour": False}
    magnified = context.kept(
        (faces, magnify), what, lambda: magnify(face_frames(clip, constants, context, height=height, width=width), fps=clip.fps, **how)
    )
    return _interpolated(magnified, constants)


def _interpolated(frames: np.ndarray, constants: Options) -> np.ndarray:
    bring = {"tim": interpolation.tim, "linear": interpolation.linear}[one_of(constants, "interpolation", ("tim", "linear"))]
    num_frames = int(number(constants, "num_frames"))
    return bring(frames, num_frames, rounded=True) if num_frames else frames


def _rendered(clip: Clip, corpus_options: Options, height: int, width: int) -> np.ndarray:
    if not {"signal", "identity", "seed"} <= set(corpus_options):
        raise ValueError(f"Synthetic faces must be of the corpus 'synthetic', but got '{clip.key}'. Pass --option faces=crop.")
    return synthetic_frames.render(corpus_options, clip.key, clip.emotion, num_frames=SYNTHETIC_FRAMES, height=height, width=width)
