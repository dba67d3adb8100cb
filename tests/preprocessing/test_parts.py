import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from preprocessing import parts, pipelines
from preprocessing.clip import Clip
from preprocessing.parts import is_made, num_clips, part_path, parts_of, quarantine_of, write_part
from preprocessing.pipeline import Context, Copy, Options, Pipeline
from preprocessing.plan import Plan, make_plan
from preprocessing.shard_writer import assemble, write_shard


@pytest.fixture
def plan(fake_flow: Callable[..., Path]) -> Plan:
    clips = [("sub01", f"EP{at:02d}", "0") for at in range(7)]
    return make_plan("megc2019_flow", root=fake_flow(*clips, ("006", "006_1_2", "2")), pipeline=None, options={})


@pytest.fixture
def in_threes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MAX_FRAMES", 3)


def test_parts_hold_every_clip_once_in_order(plan: Plan, in_threes: None) -> None:
    job = plan.job("casme2/sub01")
    cut = parts_of(job)
    assert [num_clips(part) for part in cut] == [3, 3, 1] and num_clips(job) == 7
    assert [clip["key"] for part in cut for clip in json.loads(part["clips"])] == [clip.key for clip in plan.subjects["casme2/sub01"]]


def test_a_shard_is_the_same_whichever_part_was_made_first(plan: Plan, in_threes: None, tmp_path: Path) -> None:
    job = plan.job("casme2/sub01")
    for part in reversed(parts_of(job)):
        assert not is_made(part, tmp_path / "a")
        write_part(part, tmp_path / "a")
        assert is_made(part, tmp_path / "a")
    (tmp_path / "b").mkdir()
    first, second = assemble(parts_of(job), tmp_path / "a"), write_shard(job, tmp_path / "b")
    assert first == second and first["num_clips"] == 7 and not any((tmp_path / "a" / "parts").iterdir())
    assert len(pa.ipc.open_file(tmp_path / "a" / first["file"]).get_batch(0)) == 7


def test_a_part_that_was_cut_short_or_made_by_other_code_is_made_again(plan: Plan, in_threes: None, tmp_path: Path) -> None:
    part, other = parts_of(plan.job("casme2/sub01"))[:2]
    for made in (part, other):
        write_part(made, tmp_path)
    path = part_path(part, tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    settings = json.loads(other["settings"])
    newer = other | {"settings": json.dumps(settings | {"code": "another"})}
    assert not is_made(part, tmp_path) and is_made(other, tmp_path) and not is_made(newer, tmp_path)


def test_quarantine_is_kept_with_the_part(plan: Plan, in_threes: None, tmp_path: Path) -> None:
    image = plan.subjects["casme2/sub01"][4].frames[0].path
    image.write_bytes(b"")
    for part in parts_of(plan.job("casme2/sub01")):
        write_part(part, tmp_path)
    found = [quarantine_of(part, tmp_path) for part in parts_of(plan.job("casme2/sub01"))]
    assert [len(part) for part in found] == [0, 1, 0] and found[1][0][0] == "casme2/sub01/EP04"
    shard = assemble(parts_of(plan.job("casme2/sub01")), tmp_path)
    assert shard["quarantine"] == found[1] and shard["num_clips"] == 6


def test_copies_stay_with_their_clip(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
        return np.full((2, 2), constants["size"], np.float32)

    def copies(clip: Clip, constants: Options) -> tuple[Copy, ...]:
        return tuple(Copy(name=f"s{size}", changes={"size": size}) for size in (3, 4))

    copying = Pipeline(name="flow_image", constants={"size": 28}, channels=("x",), units="", run=run, copies=copies)
    monkeypatch.setattr(pipelines, "load", lambda name: copying)
    shard = write_shard(plan.job("samm/006"), tmp_path)
    rows = pa.ipc.open_file(tmp_path / shard["file"]).get_batch(0).to_pylist()
    assert shard["num_clips"] == 1 and shard["num_copies"] == 2
    assert [(row["key"], row["copy_of"]) for row in rows] == [
        ("samm/006/006_1_2", ""), ("samm/006/006_1_2@s3", "samm/006/006_1_2"), ("samm/006/006_1_2@s4", "samm/006/006_1_2"),
    ]  # fmt: skip
    assert [np.frombuffer(row["tensor"], np.float32)[0] for row in rows] == [28, 3, 4]
    assert json.loads(rows[1]["provenance"])["changes"] == {"size": 3}
