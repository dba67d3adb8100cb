"""Descriptions of pipelines are read from the code and the data, so that they say what really happened."""

import json
from pathlib import Path

import numpy as np
import pytest

from preprocessing import pipelines
from preprocessing.build import finish
from preprocessing.description import IMAGE, RENDERED, constants_of, describe, markdown
from preprocessing.options import Plain
from preprocessing.pipeline_steps import sources, steps
from preprocessing.plan import make_plan
from preprocessing.resume import prepare

FLOW = ("decode", "landmarks", "crop")


@pytest.mark.parametrize("name", pipelines.names())
def test_every_pipeline_tells_its_steps(name: str) -> None:
    pipeline = pipelines.load(name)
    found = steps(pipeline, pipeline.constants)
    assert found and len(set(found)) == len(found)
    assert ("landmarks" in found) == (pipeline.constants.get("faces", "none") not in ("none", "synthetic") or name == "region")


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("flow_sequence", {}, (*FLOW, "interpolation", "flow_tvl1")),
        ("flow_sequence", {"flow": "dis", "faces": "none"}, ("decode", "resampling", "interpolation", "flow_opencv")),
        ("onset_apex_flow", {}, (*FLOW, "apex", "flow_tvl1", "strain")),
        ("lbp_top", {}, (*FLOW, "lbp_top")),
        ("lbp_top", {"alpha": 8.0, "num_frames": 10}, (*FLOW, "magnification", "interpolation", "lbp_top")),
        ("lbp_top", {"faces": "synthetic"}, ("synthetic_frames", "lbp_top")),
        ("strcn_a", {}, ("decode", "landmarks", "alignment", "magnification", "frame_subsets", "resampling", "interpolation")),
        ("flow_image", {}, ("flow_image",)),
        ("bi_woof", {}, (*FLOW, "apex", "flow_tvl1", "strain", "bi_woof")),
        ("bi_woof_of_image", {}, ("flow_image", "bi_woof")),
        ("mdmo_of_image", {}, ("flow_image", "alignment", "mdmo")),
    ],
)
def test_steps_come_in_order_and_follow_the_constants(name: str, changes: dict[str, Plain], expected: tuple[str, ...]) -> None:
    pipeline = pipelines.load(name)
    assert steps(pipeline, {**pipeline.constants, **changes}) == expected


def test_constants_tell_where_they_are_from() -> None:
    stanet = sources(pipelines.load("flow_sequence"))
    assert (stanet["faces"], stanet["num_frames"], stanet["flow"]) == ("not stated; STRCN Eq. (1)", "Sec. 4", "Sec. 4: flownet2")
    assert sources(pipelines.load("strcn_a"))["low"] == "Table V", "a comment behind several names is of those that are written out"
    assert sources(pipelines.load("strcn_g"))["height"] == "Sec. III-C: 300 x 245", "the other pipeline of the file has its own"


@pytest.mark.parametrize(("pipeline", "shape"), [("synthetic_flow_image", [3, 28, 28]), ("fdm_of_synthetic", None)])
def test_a_description_is_of_these_shards(pipeline: str, shape: list[int] | None, tmp_path: Path) -> None:
    plan = make_plan("synthetic", root=None, pipeline=pipeline, options={"max_subjects": 2})
    shards = finish(prepare(plan, tmp_path), num_workers=0, progress=False)
    found = json.loads(json.dumps(describe(shards, None)))
    assert found["reads"] == RENDERED and found["synthetic"] and found["data_digest"] == shards.digest
    assert constants_of(found) == dict(plan.constants) and found["channels"] == list(shards.channels)
    tensors = np.stack([shards.clip_tensor(at) for at in range(len(shards))])
    assert found["tensor"]["shape"] == (shape or list(tensors.shape[1:])) and found["tensor"]["dtype"] == tensors.dtype.name
    for at, (low, high) in enumerate(found["tensor"]["range"].values()):
        channel = tensors[:, at] if shape else tensors
        assert (low, high) == (channel.min(), channel.max())
    text = markdown(found)
    assert all(f"### {at}. {step['name']}\n" in text for at, step in enumerate(found["steps"], start=1))
    assert all(f"| `{name}` |" in text for name in constants_of(found)) and found["units"] in text


def test_a_constant_of_the_recipe_is_not_the_papers(tmp_path: Path) -> None:
    plan = make_plan("synthetic", root=None, pipeline="synthetic_flow_image", options={"max_subjects": 1, "size": 20})
    found = describe(finish(prepare(plan, tmp_path), num_workers=0, progress=False), None)
    (size,) = (each for each in found["constants"] if each["name"] == "size")
    assert size == {"name": "size", "value": 20, "source": "the recipe; 28 is the default"}


def test_real_recordings_are_described(flow_root: Path, tmp_path: Path) -> None:
    shards = finish(prepare(make_plan("megc2019_flow", root=flow_root, pipeline=None, options={}), tmp_path), num_workers=0, progress=False)
    found = describe(shards, flow_root)
    assert found["reads"] == IMAGE and not found["synthetic"] and set(found["recordings"]) == {"casme2", "samm", "smic"}
    assert sum(each["num_clips"] for each in found["recordings"].values()) == 442
    assert found["recordings"]["smic"] == {"num_clips": 164, "frames": [1, 1, 1], "fps": [], "size": [28, 28]}
    assert found["channels"] == ["strain", "v", "u"] and set(found["tensor"]["range"]) == {"strain", "v", "u"}
