"""SHCNN without flow: the frames themselves, gray, as the static network sees a face.

Paper: Miao et al., IEEE Access 2019, Sec. IV-F and Table 10, groups A and B: the same network on frames, from scratch or from the weights
of FERPlus. How the frames were brought to the static network's 42 x 42 is not printed; as static images are (Sec. III-B): 48 x 48, then
the centre. Every frame carries the clip's label: the pipeline is ragged.
"""

import numpy as np

from preprocessing.clip import Clip
from preprocessing.face_frames import face_frames
from preprocessing.pipeline import Context, Options, Pipeline, count
from preprocessing.steps.ten_crop import SIDE, centre_crop


def _run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (T, 1, 42, 42)."""
    frames = face_frames(clip, constants, context, height=SIDE, width=SIDE)[:: count(constants, "frame_stride")]
    return np.stack([centre_crop(frame) for frame in frames])


PIPELINES = (
    Pipeline(
        name="gray_frames",
        constants={"faces": "none", "frame_stride": 1},  # as pipeline shcnn: corpora that are distributed cropped
        channels=("gray",),
        units="8-bit",
        run=_run,
    ),
)
