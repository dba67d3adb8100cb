"""Settings that vary a constant of the pipeline have shards of their own, built once, on the same clips."""

import dataclasses
from pathlib import Path

import pytest

from orchestrator import setting_shards
from orchestrator.fold_job import clips_of
from orchestrator.setting_shards import shards_for
from preprocessing.shards import open_shards
from search_spaces.recipe import Recipe, with_settings
from tests.orchestrator import training_examples as examples


def recipe() -> Recipe:
    base = examples.recipe("ststnet")
    return dataclasses.replace(base, data=dataclasses.replace(base.data, options={"max_subjects": 3, "num_frames": 8}))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def folder_of(changed: Recipe, home: Path) -> Path:
    return shards_for(changed, recipe().data, examples.build_shards(recipe().data, home), root=None, home=home)


def test_a_setting_of_the_pipeline_has_its_own_shards(home: Path) -> None:
    changed = with_settings(recipe(), {"data.options.num_frames": 6})
    folder = folder_of(changed, home)
    assert open_shards(folder).manifest["constants"]["num_frames"] == 6
    ours, theirs = clips_of(changed, folder), clips_of(recipe(), examples.build_shards(recipe().data, home))
    assert [clip.key for clip in ours.clips] == [clip.key for clip in theirs.clips] and ours.digest != theirs.digest


def test_they_are_built_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = with_settings(recipe(), {"data.options.num_frames": 5})
    folder = folder_of(changed, home)
    written = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    monkeypatch.setattr(setting_shards, "_found", {})  # another process
    assert folder_of(changed, home) == folder and {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == written


def test_a_setting_that_loses_clips_is_refused(home: Path) -> None:
    changed = with_settings(recipe(), {"data.options.max_subjects": 2})
    with pytest.raises(ValueError, match="scored on the same clips"):
        folder_of(changed, home)


def test_a_constant_that_the_recipe_does_not_name_is_unknown() -> None:
    with pytest.raises(ValueError, match="data.options.radius"):
        with_settings(recipe(), {"data.options.radius": 3})
