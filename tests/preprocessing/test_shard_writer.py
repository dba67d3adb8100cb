import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from preprocessing.atomic import write_atomically
from preprocessing.plan import Plan, make_plan
from preprocessing.shard_writer import describe, shard_name, write_shard


@pytest.fixture
def plan(fake_flow: Callable[..., Path]) -> Plan:
    root = fake_flow(("sub01", "EP01", "0"), ("sub01", "EP02", "1"), ("006", "006_1_2", "2"))
    return make_plan("megc2019_flow", root=root, pipeline=None, options={})


def test_a_shard_is_one_batch_with_all_that_made_it(plan: Plan, tmp_path: Path) -> None:
    line = write_shard(plan.job("casme2/sub01"), tmp_path)
    reader = pa.ipc.open_file(tmp_path / line["file"])
    assert reader.num_record_batches == 1 and line["num_clips"] == 2 and line == describe(tmp_path / line["file"])
    metadata = {key.decode(): json.loads(value) for key, value in reader.schema.metadata.items()}
    assert metadata["pipeline"] == "flow_image" and metadata["constants"] == {"size": 28} and metadata["channels"] == ["strain", "v", "u"]
    assert metadata["subject"] == "casme2/sub01" and set(metadata["libraries"]) == {"numpy", "opencv", "pyarrow"} and metadata["units"]
    row = reader.get_batch(0).to_pylist()[0]
    assert row["key"] == "casme2/sub01/EP01" and row["shape"] == [3, 28, 28] and len(row["tensor"]) == 3 * 28 * 28
    assert json.loads(row["provenance"])["frames"] == [[0, plan.contents[plan.subjects["casme2/sub01"][0].frames[0].path]]]


def test_equal_inputs_give_equal_bytes(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, again = write_shard(plan.job("casme2/sub01"), tmp_path), write_shard(plan.job("casme2/sub01"), tmp_path / "again")
    assert first["sha256"] == again["sha256"] and not list(tmp_path.glob("**/*.tmp"))


def test_a_clip_that_cannot_be_read_is_quarantined_with_its_reason(plan: Plan, tmp_path: Path) -> None:
    path = plan.subjects["casme2/sub01"][0].frames[0].path
    path.write_bytes(path.read_bytes()[:200])
    line = write_shard(plan.job("casme2/sub01"), tmp_path)
    (key, reason), *others = line["quarantine"]
    assert line["num_clips"] == 1 and key == "casme2/sub01/EP01" and not others
    assert "truncated" in reason and "sub01_EP01 .png" in reason and str(plan.root) not in reason


def test_file_names_never_collide() -> None:
    names = {shard_name(subject) for subject in ("a/b", "a@b/c", "a/b@c", "a/b/c", "a/b%2Fc", "A/ä ö")}
    assert len(names) == 6 and shard_name("casme2/sub01") == "casme2@sub01.arrow" and not any("/" in name for name in names)


def test_writing_replaces_whole_files(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    write_atomically(path, np.arange(3, dtype=np.uint8).tobytes())
    assert path.read_bytes() == b"\x00\x01\x02" and [p.name for p in tmp_path.iterdir()] == ["x"]
