"""Flow from onset to apex with its optical strain: STSTNet's three streams, from frames.

Paper: Liong et al., "Shallow triple stream three-dimensional CNN (STSTNet) for micro-expression recognition", FG 2019, Sec. II: TV-L1
between onset and apex, strain, 28 x 28. SMIC has no apex: it is spotted. The published images are each stretched to 8 bits; here values
stay in pixels.
"""

import cv2
import numpy as np

from preprocessing import flow_choice
from preprocessing.clip import Clip
from preprocessing.face_frames import face_frames
from preprocessing.pipeline import Context, Options, Pipeline, count, one_of
from preprocessing.pipelines.strcn import apex_of
from preprocessing.steps.strain import strain


def _run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """float32 (3, size, size)."""
    one_of(constants, "apex", ("annotated", "spotted"))
    side, size = count(constants, "flow_size"), count(constants, "size")
    frames = face_frames(clip, constants, context, height=side, width=side)
    at_apex = frames[apex_of(clip, {**constants, "percent": 100}, frames)]
    u, v = flow_choice.compute(frames[0], at_apex, constants, context.device)
    channels = np.stack([u, v, strain(np.stack([u, v]))])
    small = [cv2.resize(channel, (size, size), interpolation=cv2.INTER_AREA) for channel in channels]
    return np.stack(small) * np.array([size / side, size / side, 1], np.float32)[:, None, None]


PIPELINES = (
    Pipeline(
        name="onset_apex_flow",
        constants={
            "faces": "crop",
            "apex": "annotated",  # spotted where none is annotated
            "flow_size": 168,  # ours: six times the network's side
            "size": 28,  # Sec. II-B
            **flow_choice.CONSTANTS,  # Sec. II-A: TV-L1
        },
        channels=("u", "v", "strain"),
        units="pixels of the small image, onset to apex; strain has no unit",
        run=_run,
        chosen=flow_choice.modules,
        uses_gpu=flow_choice.uses_gpu,
    ),
)
