"""What the networks read that the four papers are compared with: the apex frame, and frames with their flow over time.

Papers: Quang et al., FG 2019 and Wang et al., Neurocomputing 2020 (the apex frame, 224 x 224, in colour and gray); Khor et al., FG 2018
(ELRCN: 10 frames by temporal interpolation, TV-L1, flow, strain and gray); Li et al., Pattern Analysis and Applications 2019 (3D-FCNN:
gray, u, v); Peng et al., ACII 2019 (ATNet: the apex frame and flow around it).
"""

import cv2
import numpy as np

from preprocessing import flow_choice
from preprocessing.clip import Clip
from preprocessing.face_frames import face_frames
from preprocessing.pipeline import Context, Options, Pipeline, count, one_of
from preprocessing.pipelines.strcn import apex_of
from preprocessing.steps import interpolation
from preprocessing.steps.strain import strain


def _apex(clip: Clip, constants: Options, context: Context, *, colour: bool) -> np.ndarray:
    """uint8 (C, size, size)."""
    side = count(constants, "size")
    frames = face_frames(clip, constants, context, height=side, width=side)
    at_apex = apex_of(clip, {**constants, "percent": 100}, frames)
    if not colour:
        return frames[at_apex][None]
    return face_frames(clip, constants, context, height=side, width=side, colour=True)[at_apex].transpose(2, 0, 1)


def _colour(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    return _apex(clip, constants, context, colour=True)


def _gray(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    return _apex(clip, constants, context, colour=False)


def _over_time(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float16 (num_frames - 1, 4, size, size): each frame behind the first one, its flow, and the strain of that."""
    by = {"tim": interpolation.tim, "linear": interpolation.linear}[one_of(constants, "interpolation", ("tim", "linear"))]
    reference, side, flow_side = (
        one_of(constants, "reference", ("first", "previous")),
        count(constants, "size"),
        count(constants, "flow_size"),
    )
    frames = face_frames(clip, constants, context, height=flow_side, width=flow_side)
    even = by(frames, count(constants, "num_frames"), rounded=True)
    flow = flow_choice.sequence(even, reference, constants, context.device)  # (T, 2, flow_size, flow_size)
    parts = zip(even[1:].astype(np.float32) / 255, flow, strict=True)
    full = (np.stack([gray, *uv, strain(uv)]) for gray, uv in parts)
    return np.stack([_resized(channels, side) for channels in full]).astype(np.float16)


def _resized(channels: np.ndarray, side: int) -> np.ndarray:
    """Means over areas, (C, S, S) -> (C, side, side); flow stays in pixels of the smaller image."""
    scale = np.array([1, *[side / channels.shape[-1]] * 2, 1], np.float32)[:, None, None]
    return np.stack([cv2.resize(channel, (side, side), interpolation=cv2.INTER_AREA) for channel in channels]) * scale


APEX: Options = {"faces": "crop", "apex": "annotated", "size": 224}  # spotted where none is annotated; 224: both authors' code
PIPELINES = (
    Pipeline(name="apex_frame", constants=APEX, channels=("red", "green", "blue"), units="8-bit", run=_colour),
    Pipeline(name="apex_frame_gray", constants=APEX, channels=("gray",), units="8-bit", run=_gray),
    Pipeline(
        name="gray_flow_sequence",
        constants={
            "faces": "crop",
            "num_frames": 10,  # ELRCN's code: 10 frames, 9 flows
            "interpolation": "tim",  # ELRCN's code
            "reference": "previous",  # ELRCN's code
            "flow_size": 224,  # VGG-16's side
            "size": 224,
            **flow_choice.CONSTANTS,  # ELRCN's code: TV-L1
        },
        channels=("gray", "u", "v", "strain"),
        units="gray from 0 to 1; u, v in pixels of the image; strain has no unit",
        run=_over_time,
        chosen=flow_choice.modules,
        uses_gpu=flow_choice.uses_gpu,
    ),
)
