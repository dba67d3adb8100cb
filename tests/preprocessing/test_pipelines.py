from pathlib import Path

import numpy as np
import pytest

from preprocessing import pipelines
from preprocessing.corpora import megc2019_flow, synthetic
from preprocessing.steps.strain import strain


def test_synthetic_pipelines_have_their_shapes() -> None:
    clip = synthetic.read(None, max_subjects=1)[0]
    flow = pipelines.load("synthetic_flow")
    assert flow.tensor(clip, {"num_frames": 4, "size": 16}, synthetic.OPTIONS).shape == (4, len(flow.channels), 16, 16)
    image = pipelines.load("synthetic_flow_image").tensor(clip, {"num_frames": 8, "size": 28}, synthetic.OPTIONS)
    assert image.shape == (3, 28, 28) and image.dtype == np.uint8 and image[2].min() >= 128 and (image.max((1, 2)) == 255).any()


def test_flow_image_reads_the_public_images(flow_root: Path) -> None:
    pipeline = pipelines.load("flow_image")
    tensors = [pipeline.tensor(clip, pipeline.constants, {}) for clip in megc2019_flow.read(flow_root)]
    assert {(tensor.shape, tensor.dtype.name) for tensor in tensors} == {((3, 28, 28), "uint8")}
    channel = {name: [tensor[i].astype(np.float32) for tensor in tensors] for i, name in enumerate(pipeline.channels)}
    likeness = [
        np.corrcoef(strain(np.stack(flow)).ravel(), own.ravel())[0, 1]
        for *flow, own in zip(channel["u"], channel["v"], channel["strain"], strict=True)
    ]
    assert np.mean(likeness) > 0.6  # the channel that is named strain is the strain of the two others


def test_a_value_that_is_not_finite_names_the_clip() -> None:
    clip = synthetic.read(None, max_subjects=1)[0]
    broken = pipelines.Pipeline(name="x", constants={}, channels=("u",), units="px", run=lambda *_: np.array([1.0, np.nan, np.inf]))
    with pytest.raises(ValueError, match=f"2 NaN or infinite values for '{clip.key}'"):
        broken.tensor(clip, {}, {})


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="flow_image.*but got 'nope'"):
        pipelines.load("nope")
    clip = synthetic.read(None, max_subjects=1)[0]
    with pytest.raises(ValueError, match="one image, but got 0"):
        pipelines.load("flow_image").tensor(clip, {"size": 28}, {})
    with pytest.raises(ValueError, match="must get the corpus 'synthetic'"):
        pipelines.load("synthetic_flow").tensor(clip, {"num_frames": 8, "size": 28}, {})
    with pytest.raises(ValueError, match="at least 1"):
        pipelines.load("synthetic_flow").tensor(clip, {"num_frames": 0, "size": 28}, synthetic.OPTIONS)
