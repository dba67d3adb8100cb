"""The tensors of the corpus ``synthetic``, rendered without files: flow over time, and STSTNet's image of it at the apex."""

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, Pipeline, count
from preprocessing.steps import synthetic_flow
from preprocessing.steps.strain import strain


def _flow(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    _require_synthetic(clip, context.options)
    return synthetic_flow.render(context.options, clip.key, clip.emotion, count(constants, "num_frames"), count(constants, "size"))


def _image(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """The frame at the motion's peak, coded as STSTNet's input: u, v and strain each scaled by their largest magnitude around 128."""
    flow = _flow(clip, constants, context)
    apex = synthetic_flow.time_course(context.options, clip.key, len(flow)).argmax()
    channels = np.stack([*flow[apex], strain(flow[apex])])
    largest = np.maximum(np.abs(channels).max(axis=(1, 2), keepdims=True), np.finfo(np.float32).tiny)
    return np.rint(128 + 127 * channels / largest).astype(np.uint8)


def _require_synthetic(clip: Clip, corpus_options: Options) -> None:
    if not {"signal", "identity", "seed"} <= set(corpus_options):
        raise ValueError(
            f"The synthetic pipelines must get the corpus 'synthetic', but got '{clip.key}'. Use another pipeline for real clips."
        )


PIPELINES = (
    Pipeline(
        name="synthetic_flow",
        constants={"num_frames": 8, "size": 32},
        channels=("u", "v"),
        units="pixels of the frame, onset to frame",
        run=_flow,
    ),
    Pipeline(
        name="synthetic_flow_image",
        constants={"num_frames": 8, "size": 28},
        channels=("u", "v", "strain"),
        units="8-bit: 128 + 127 * value / largest magnitude, per clip and channel",
        run=_image,
    ),
)
