"""Pipelines: from a clip to a tensor. A pipeline is a name, its constants, its channels and units, and a function.

Shapes: T frames, C channels, H x W pixels. A clip that a pipeline cannot turn into a tensor is a ValueError that names it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from preprocessing.clip import Clip
from preprocessing.options import Plain
from preprocessing.steps import synthetic_flow
from preprocessing.steps.flow_image import read_flow_image
from preprocessing.steps.strain import strain

Options = Mapping[str, Plain]


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A chain of steps with its constants."""

    name: str
    constants: Options
    """Every constant with its default."""
    channels: tuple[str, ...]
    units: str
    run: Callable[[Clip, Options, Options], np.ndarray]
    """(clip, constants, corpus options) -> tensor."""

    def tensor(self, clip: Clip, constants: Options, corpus_options: Options) -> np.ndarray:
        """The clip's tensor, contiguous and finite."""
        tensor = np.ascontiguousarray(self.run(clip, constants, corpus_options))
        if not np.isfinite(tensor).all():
            bad = int((~np.isfinite(tensor)).sum())
            raise ValueError(f"A tensor must be finite, but got {bad} NaN or infinite values for '{clip.key}'. Check the clip's images.")
        return tensor


def names() -> list[str]:
    """The known pipelines."""
    return sorted(_PIPELINES)


def load(name: str) -> Pipeline:
    """The pipeline of that name."""
    if name not in _PIPELINES:
        raise ValueError(f"A pipeline must be one of {', '.join(names())}, but got '{name}'. Add it to preprocessing/pipelines.py.")
    return _PIPELINES[name]


def default_for(corpus: str) -> str:
    """The pipeline that a corpus is built with where none is named."""
    return {"megc2019_flow": "flow_image", "synthetic": "synthetic_flow"}.get(corpus, "flow_image")


def _flow_image(clip: Clip, constants: Options, corpus_options: Options) -> np.ndarray:
    return read_flow_image(clip, _count(constants, "size"))


def _synthetic_flow(clip: Clip, constants: Options, corpus_options: Options) -> np.ndarray:
    _require_synthetic(clip, corpus_options)
    return synthetic_flow.render(corpus_options, clip.key, clip.emotion, _count(constants, "num_frames"), _count(constants, "size"))


def _synthetic_flow_image(clip: Clip, constants: Options, corpus_options: Options) -> np.ndarray:
    """The frame at the motion's peak, coded as STSTNet's input: u, v and strain each scaled by their largest magnitude around 128."""
    flow = _synthetic_flow(clip, constants, corpus_options)
    apex = synthetic_flow.time_course(corpus_options, clip.key, len(flow)).argmax()
    channels = np.stack([*flow[apex], strain(flow[apex])])
    largest = np.maximum(np.abs(channels).max(axis=(1, 2), keepdims=True), np.finfo(np.float32).tiny)
    return np.rint(128 + 127 * channels / largest).astype(np.uint8)


def _count(constants: Options, name: str) -> int:
    value = constants[name]
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"Constant '{name}' must be a whole number of at least 1, but got {value!r}. Pass it as --option {name}=28.")
    return value


def _require_synthetic(clip: Clip, corpus_options: Options) -> None:
    if not {"signal", "identity", "seed"} <= set(corpus_options):
        raise ValueError(f"The synthetic pipelines must get the corpus 'synthetic', but got '{clip.key}'. Use flow_image for real clips.")


_PIPELINES = {
    p.name: p
    for p in (
        Pipeline(
            name="flow_image",
            constants={"size": 28},  # STSTNet Sec. II-B
            channels=("strain", "v", "u"),
            units="8-bit code values, as the image has them",
            run=_flow_image,
        ),
        Pipeline(
            name="synthetic_flow",
            constants={"num_frames": 8, "size": 32},
            channels=("u", "v"),
            units="pixels of the frame, onset to frame",
            run=_synthetic_flow,
        ),
        Pipeline(
            name="synthetic_flow_image",
            constants={"num_frames": 8, "size": 28},
            channels=("u", "v", "strain"),
            units="8-bit: 128 + 127 * value / largest magnitude, per clip and channel",
            run=_synthetic_flow_image,
        ),
    )
}
