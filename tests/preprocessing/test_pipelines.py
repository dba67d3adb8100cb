import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from preprocessing import pipelines
from preprocessing.corpora import megc2019_flow, synthetic
from preprocessing.intermediates import Intermediates
from preprocessing.pipeline import Context, Pipeline, count, flag, number, one_of
from preprocessing.steps.strain import strain
from preprocessing.steps.ten_crop import ten_crop as another_step

PLANTED = Context(options=synthetic.OPTIONS)


def test_synthetic_pipelines_have_their_shapes() -> None:
    clip = synthetic.read(None, max_subjects=1)[0]
    flow = pipelines.load("synthetic_flow")
    assert flow.tensor(clip, {"num_frames": 4, "size": 16}, PLANTED).shape == (4, len(flow.channels), 16, 16)
    image = pipelines.load("synthetic_flow_image").tensor(clip, {"num_frames": 8, "size": 28}, PLANTED)
    assert image.shape == (3, 28, 28) and image.dtype == np.uint8 and image[2].min() >= 128 and (image.max((1, 2)) == 255).any()


def test_flow_image_reads_the_public_images(flow_root: Path) -> None:
    pipeline = pipelines.load("flow_image")
    tensors = [pipeline.tensor(clip, pipeline.constants, Context()) for clip in megc2019_flow.read(flow_root)]
    assert {(tensor.shape, tensor.dtype.name) for tensor in tensors} == {((3, 28, 28), "uint8")}
    channel = {name: [tensor[i].astype(np.float32) for tensor in tensors] for i, name in enumerate(pipeline.channels)}
    likeness = [
        np.corrcoef(strain(np.stack(flow)).ravel(), own.ravel())[0, 1]
        for *flow, own in zip(channel["u"], channel["v"], channel["strain"], strict=True)
    ]
    assert np.mean(likeness) > 0.6  # the channel that is named strain is the strain of the two others


def test_a_value_that_is_not_finite_names_the_clip() -> None:
    clip = synthetic.read(None, max_subjects=1)[0]
    broken = Pipeline(name="x", constants={}, channels=("u",), units="px", run=lambda *_: np.array([1.0, np.nan, np.inf]))
    with pytest.raises(ValueError, match=f"2 NaN or infinite values for '{clip.key}'"):
        broken.tensor(clip, {}, Context())


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="flow_image.*but got 'nope'"):
        pipelines.load("nope")
    clip = synthetic.read(None, max_subjects=1)[0]
    with pytest.raises(ValueError, match="one image, but got 0"):
        pipelines.load("flow_image").tensor(clip, {"size": 28}, Context())
    with pytest.raises(ValueError, match="must get the corpus 'synthetic'"):
        pipelines.load("synthetic_flow").tensor(clip, {"num_frames": 8, "size": 28}, Context())
    with pytest.raises(ValueError, match="at least 1"):
        pipelines.load("synthetic_flow").tensor(clip, {"num_frames": 0, "size": 28}, PLANTED)


@pytest.mark.parametrize("wrong", [
    lambda: count({"n": True}, "n"), lambda: number({"x": "a"}, "x"), lambda: flag({"on": 1}, "on"),
    lambda: one_of({"way": "c"}, "way", ("a", "b")),
])  # fmt: skip
def test_constants_of_a_wrong_kind_say_how_to_pass_them(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="Pass it as --option"):
        wrong()


def test_every_pipeline_says_what_comes_out_and_which_code_made_it() -> None:
    for name in pipelines.names():
        pipeline = pipelines.load(name)
        assert pipeline.name == name and pipeline.channels and pipeline.units and len(pipeline.code(pipeline.constants)) >= 32
    tvl1, dis = ({**pipelines.load("shcnn").constants, "flow": flow} for flow in ("tvl1", "dis"))
    assert pipelines.load("shcnn").code(tvl1) != pipelines.load("shcnn").code(dis)


def test_every_corpus_has_a_pipeline() -> None:
    assert pipelines.default_for("megc2019_flow") == "flow_image" and pipelines.default_for("casme2") == "onset_apex_flow"


def test_an_intermediate_result_is_computed_once_for_content_constants_and_steps(tmp_path: Path) -> None:
    calls: list[int] = []

    def compute() -> np.ndarray:
        calls.append(1)
        return np.arange(3)

    kept = Context(contents="abc", intermediates=Intermediates(tmp_path))
    for context, steps, constants, total in (
        (kept, (strain,), {"a": 1}, 1), (kept, (strain,), {"a": 1}, 1), (kept, (strain,), {"a": 2}, 2),
        (kept, (strain, another_step), {"a": 1}, 3), (dataclasses.replace(kept, contents="abd"), (strain,), {"a": 1}, 4),
        (dataclasses.replace(kept, contents=""), (strain,), {"a": 1}, 5),
    ):  # fmt: skip
        assert np.array_equal(context.kept(steps, constants, compute), [0, 1, 2]) and len(calls) == total
    for path in tmp_path.rglob("*.npy"):
        path.write_bytes(path.read_bytes()[:-5])
    assert np.array_equal(kept.kept((strain,), {"a": 1}, compute), [0, 1, 2]) and len(calls) == 6
    assert not list(tmp_path.rglob("*.tmp"))
