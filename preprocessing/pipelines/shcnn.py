"""SHCNN: flow from the first frame to each other one, as a colour image per frame.

Paper: Miao et al., "Recognizing facial expressions using a shallow convolutional neural network", IEEE Access 2019, Sec. III-A; the
released script where it differs. A clip of n frames gives n - 1 images, each with the clip's label: the pipeline is ragged.
"""

from typing import cast

import numpy as np

from preprocessing import flow_choice
from preprocessing.clip import Clip
from preprocessing.face_frames import face_frames
from preprocessing.pipeline import Context, Options, Pipeline, count, number, one_of
from preprocessing.steps import colour_coding


def _run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (T - 1, 3, H, W)."""
    color = one_of(constants, "color", ("hsv", "hsi"))
    mag_norm = one_of(constants, "mag_norm", ("frame_minmax", "clip_minmax", "none"))
    field = flow_of(clip, constants, context)
    return colour_coding.encode(field, mag_norm=cast(colour_coding.MagNorm, mag_norm), color=cast(colour_coding.Colour, color))


def flow_of(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (T - 1, 2, H, W): computed on a frame that is wider by the margin, which is cut off."""
    margin = int(number(constants, "margin"))
    side = count(constants, "size") + 2 * margin
    reference, stride = one_of(constants, "reference", ("first", "previous")), count(constants, "frame_stride")
    frames = face_frames(clip, constants, context, height=side, width=side)[::stride]
    if len(frames) < 2:
        raise ValueError(f"Flow must have 2 frames, but got {len(frames)} for '{clip.key}'. Check its onset and offset, or the stride.")
    field = flow_choice.sequence(frames, reference, constants, context.device)
    return field[:, :, margin : side - margin, margin : side - margin]


PIPELINES = (
    Pipeline(
        name="shcnn",
        constants={
            "faces": "none",  # Sec. IV-A: CASME II as it is distributed, cropped; raw corpora: crop
            "size": 112,  # Sec. III-A: 112 x 112
            "margin": 4,  # script: flow at 120 x 120, then 4 pixels off each side; paper: resized to 112 (0)
            **flow_choice.CONSTANTS,  # Sec. III-A: TV-L1; script: OpenCV's defaults
            "reference": "first",  # Sec. III-A: onset to each frame
            "frame_stride": 1,
            "color": "hsv",  # script; paper: hsi
            "mag_norm": "frame_minmax",  # script; the paper states none
        },
        channels=("red", "green", "blue"),
        units="8-bit colour: direction as hue, magnitude as brightness",
        run=_run,
        chosen=flow_choice.modules,
        uses_gpu=flow_choice.uses_gpu,
    ),
)
