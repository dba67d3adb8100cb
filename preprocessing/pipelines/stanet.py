"""STANet: a clip brought to 20 frames, and the flow between neighbours.

Paper: "Spatial-temporal attention network for micro-expression recognition", Sec. 4: linear interpolation, 192 x 192, FlowNet2.
FlowNet2's public weights have to be named (``flownet2_checkpoint``); the default is TV-L1, which needs none.
"""

import numpy as np

from preprocessing import flow_choice
from preprocessing.clip import Clip
from preprocessing.face_frames import face_frames
from preprocessing.pipeline import Context, Options, Pipeline, count
from preprocessing.steps import interpolation


def _run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float16 (num_frames - 1, 2, size, size)."""
    side, num_frames = count(constants, "size"), count(constants, "num_frames")
    frames = face_frames(clip, constants, context, height=side, width=side)
    even = interpolation.linear(frames, num_frames, rounded=True)
    return flow_choice.sequence(even, "previous", constants, context.device).astype(np.float16)


PIPELINES = (
    Pipeline(
        name="flow_sequence",
        constants={
            "faces": "crop",  # not stated; STRCN Eq. (1)
            "num_frames": 20,  # Sec. 4
            "size": 192,  # Sec. 4
            **flow_choice.CONSTANTS,  # Sec. 4: flownet2
        },
        channels=("u", "v"),
        units="pixels of the 192 x 192 face, frame to next frame of 20",
        run=_run,
        chosen=flow_choice.modules,
        uses_gpu=flow_choice.uses_gpu,
    ),
)
