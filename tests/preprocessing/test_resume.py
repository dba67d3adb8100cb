import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from preprocessing.plan import Plan, make_plan
from preprocessing.resume import Work, is_finished, prepare, remove_leftovers
from preprocessing.shard_writer import describe, shard_name, write_manifest, write_shard
from preprocessing.shards import MANIFEST

ROWS = (("sub01", "EP01", "0"), ("sub01", "EP02", "1"), ("sub02", "EP01", "0"), ("006", "006_1_2", "2"))


@pytest.fixture
def plan(fake_flow: Callable[..., Path]) -> Plan:
    return make_plan("megc2019_flow", root=fake_flow(*ROWS), pipeline=None, options={})


def complete(work: Work) -> None:
    for subject in work.missing:
        write_shard(work.plan.job(subject), work.folder)
    write_manifest(work.plan, work.folder, [describe(work.folder / shard_name(subject)) for subject in work.plan.subjects])


def test_only_what_is_missing_is_left_largest_first(plan: Plan, tmp_path: Path) -> None:
    work = prepare(plan, tmp_path)
    assert work.missing == ("casme2/sub01", "casme2/sub02", "samm/006") and not is_finished(work.folder)
    write_shard(plan.job("casme2/sub02"), work.folder)
    assert prepare(plan, tmp_path).missing == ("casme2/sub01", "samm/006")
    complete(prepare(plan, tmp_path))
    assert prepare(plan, tmp_path).missing == () and is_finished(work.folder)


def test_a_cut_or_removed_shard_is_built_again(plan: Plan, tmp_path: Path) -> None:
    work = prepare(plan, tmp_path)
    complete(work)
    path = work.folder / shard_name("samm/006")
    path.write_bytes(path.read_bytes()[:-100])
    (work.folder / shard_name("casme2/sub02")).unlink()
    assert set(prepare(plan, tmp_path).missing) == {"samm/006", "casme2/sub02"} and not (work.folder / MANIFEST).exists()


def test_another_library_version_is_built_again_where_a_build_is_unfinished(plan: Plan, tmp_path: Path) -> None:
    work = prepare(plan, tmp_path)
    plan.settings["libraries"]["numpy"] = "1.0"
    write_shard(plan.job("samm/006"), work.folder)
    plan.settings["libraries"]["numpy"] = "2.0"
    assert "samm/006" in prepare(plan, tmp_path).missing


def test_a_changed_clip_rebuilds_only_its_subject(plan: Plan, tmp_path: Path) -> None:
    complete(prepare(plan, tmp_path / "home"))
    image = plan.subjects["casme2/sub02"][0].frames[0].path
    image.write_bytes(plan.subjects["casme2/sub01"][0].frames[0].path.read_bytes())
    changed = make_plan("megc2019_flow", root=plan.root, pipeline=None, options={})
    work = prepare(changed, tmp_path / "home")
    assert changed.digest != plan.digest and work.missing == ("casme2/sub02",)
    complete(work)
    assert is_finished(plan.folder(tmp_path / "home"))


def test_only_old_leftovers_are_removed(tmp_path: Path) -> None:
    old, new = tmp_path / ".a.arrow.1.tmp", tmp_path / ".b.arrow.2.tmp"
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 7200,) * 2)
    remove_leftovers(tmp_path)
    assert not old.exists() and new.exists()
