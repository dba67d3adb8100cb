"""A registered version is pickle-free, whole, found again, and its challenger is the newest."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import models
from orchestrator import champions, program, registry, selection
from orchestrator.registry import CHALLENGER, CHAMPION
from orchestrator.release import Release
from orchestrator.tracking import Tracker
from tests.orchestrator.release_examples import RENDERED, trained

BEFORE = "negative, positive, surprise"


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    """MLflow must not fall back on its global address, a database in the current directory."""
    here = tmp_path_factory.mktemp("here")
    with contextlib.chdir(here):
        yield Tracker(None, tmp_path_factory.mktemp("home"))
    assert not list(here.iterdir())


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return trained(RENDERED, None, tmp_path_factory.mktemp("trained"))[0]


def register(tracker: Tracker, release: Release, name: str) -> str:
    run_id = tracker.reconcile(release.sweep, release.recipe)
    return str(registry.register(tracker, run_id, release, name=name).version)


def with_other_weights(release: Release, folder: Path) -> Release:
    torch.manual_seed(7)
    save_file(models.build("ststnet", 3, **RENDERED.hparams).state_dict(), folder / "other.safetensors")
    return replace(release, weights=folder / "other.safetensors")


def test_a_version_is_whole_and_found_again(tracker: Tracker, release: Release) -> None:
    number = register(tracker, release, "whole")
    version = registry.resolve(tracker, "whole", CHALLENGER)
    assert str(version.version) == number and register(tracker, release, "whole") == number
    assert len(tracker.store.client.search_model_versions("name = 'whole'")) == 1

    tags = version.tags
    digest = release.sweep.data_digest
    assert (tags["rule"], tags["honest"], tags["feature_stage"], tags["data_digest"]) == ("nested", "true", "in_fold", digest)
    assert (tags["num_folds"], tags["expected_folds"], tags["num_fold_models"]) == ("3", "3", "3")
    assert float(tags["nested.uf1"]) == selection.nested(release.sweep).value("uf1")
    for words in (BEFORE, "| nested |", "| oracle |", "Not for decisions about people", "networks of 3 of 3 folds", "none is needed"):
        assert words in version.description

    with registry.folder(tracker, version) as folder:
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
        described = json.loads((folder / "preprocessing.json").read_text())
    assert {"data/model.pt2", "weights.safetensors", "folds.safetensors", "recipe.json", "model_card.md", "predictions/nested.csv"} <= files
    assert "preprocessing.md" in files and described["pipeline"] == "synthetic_flow_image"
    assert not [name for name in files if name.endswith((".pth", ".pkl", ".pickle", ".pt")) or "pickle" in name]


def test_other_words_about_it_are_no_other_version(tracker: Tracker, release: Release) -> None:
    number = register(tracker, release, "worded")
    assert register(tracker, replace(release, preprocessing={**release.preprocessing, "about": "reworded"}), "worded") == number
    assert register(tracker, replace(release, folds={}), "worded") != number


def test_what_was_not_kept_is_said(tracker: Tracker, release: Release) -> None:
    number = register(tracker, replace(release, folds={}), "large")
    version = registry.resolve(tracker, "large", number)
    assert "Fold models: not kept" in version.description and version.tags["num_fold_models"] == "0"
    with registry.folder(tracker, version) as folder:
        assert not (folder / "folds.safetensors").exists() and program.input_shape(folder) == (3, 28, 28)


def test_unknown_names_say_what_to_do(tracker: Tracker) -> None:
    with pytest.raises(ValueError, match="'nobody'.*orchestrator.sweep nobody"):
        registry.resolve(tracker, "nobody", CHAMPION)


def test_the_newest_is_the_challenger_unless_it_is_champion(tracker: Tracker, release: Release, tmp_path: Path) -> None:
    first = register(tracker, release, "moves")
    champions.promote(tracker, registry.resolve(tracker, "moves", first))
    assert registry.aliased(tracker, "moves", CHALLENGER) is None, "the champion is nobody's challenger"
    assert register(tracker, release, "moves") == first and registry.aliased(tracker, "moves", CHALLENGER) is None
    second = register(tracker, with_other_weights(release, tmp_path), "moves")
    assert second != first and str(registry.resolve(tracker, "moves", CHALLENGER).version) == second
