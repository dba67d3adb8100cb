"""A registered version is pickle-free, predicts as its network does, is found again, and its aliases move back and forth."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import models
from orchestrator import program, registry, selection
from orchestrator.registry import CHALLENGER, CHAMPION, Release
from orchestrator.tracking import Tracker
from tests.orchestrator.tracking_examples import RECIPE, full_sweep, sweep, trial

RESULT = full_sweep("registered")
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    """MLflow must not fall back on its global address, a database in the current directory."""
    here = tmp_path_factory.mktemp("here")
    with contextlib.chdir(here):
        yield Tracker(None, tmp_path_factory.mktemp("home"))
    assert not list(here.iterdir())


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_weights(tmp_path_factory.mktemp("weights") / "refit.safetensors", seed=0)


def make_weights(path: Path, *, seed: int) -> Path:
    torch.manual_seed(seed)
    save_file(models.build(RECIPE.model, 2, **RECIPE.hparams).state_dict(), path)
    return path


def release(weights: Path) -> Release:
    example = RNG.normal(size=(3, 3, 28, 28)).astype(np.float32)
    scores = list(selection.score_all(RESULT).values())
    return Release(sweep=RESULT, recipe=RECIPE, weights=weights, example=example, scores=scores, shards={"channels": "u,v,strain"})


def register(tracker: Tracker, weights: Path, name: str) -> str:
    run_id = tracker.reconcile(RESULT, RECIPE)
    return str(registry.register(tracker, run_id, release(weights), name=name).version)


def test_a_version_is_whole_and_found_again(tracker: Tracker, weights: Path) -> None:
    number = register(tracker, weights, "whole")
    version = registry.resolve(tracker, "whole", CHALLENGER)
    assert str(version.version) == number and register(tracker, weights, "whole") == number
    assert len(tracker.store.client.search_model_versions("name = 'whole'")) == 1

    tags = version.tags
    assert (tags["rule"], tags["honest"], tags["feature_stage"], tags["data_digest"]) == ("nested", "true", "in_fold", "d" * 64)
    assert (tags["num_folds"], tags["expected_folds"], tags["code_version"]) == ("4", "4", "code")
    assert float(tags["nested.uf1"]) == selection.nested(RESULT).value("uf1")
    for words in (
        "Liong et al.",
        "12 clips of 4 subjects",
        "negative, positive",
        "| nested |",
        "| oracle |",
        "Not for decisions about people",
    ):
        assert words in version.description

    with registry.folder(tracker, version) as folder:
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert {"data/model.pt2", "weights.safetensors", "recipe.json", "shards.json", "model_card.md", "predictions/nested.csv"} <= files
    assert not [name for name in files if name.endswith((".pth", ".pkl", ".pickle", ".pt")) or "pickle" in name]


def test_a_version_predicts_as_its_network(tracker: Tracker, weights: Path) -> None:
    register(tracker, weights, "predicts")
    predict = registry.load(tracker, "predicts", CHALLENGER)
    network = models.build(RECIPE.model, 2, **RECIPE.hparams).eval()
    network.load_state_dict(load_file(weights))
    for size in (1, 5):
        batch = RNG.normal(size=(size, 3, 28, 28)).astype(np.float32)
        with torch.no_grad():
            expected = torch.softmax(network(torch.from_numpy(batch) * RECIPE.data.scale), dim=-1).numpy()
        np.testing.assert_allclose(predict(batch), expected, atol=1e-5)


def test_every_model_can_be_exported(tmp_path: Path) -> None:
    hparams = dict(models.module("stanet").PARAMETERS["tiny, both"][0])
    shipped = program.Shipped(models.build("stanet", hparams.pop("num_classes"), **hparams), 2.0).eval()
    example = RNG.normal(size=(1, *models.example_shape("stanet", **hparams))).astype(np.float32)
    program.save(tmp_path / "model", shipped, example, metadata={})


def test_an_export_that_predicts_otherwise_is_refused(tmp_path: Path) -> None:
    class Branches(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.flatten(1)[:, :2] * (1.0 if torch.compiler.is_exporting() else -1.0)

    with pytest.raises(ValueError, match="must predict as its network"):
        program.save(tmp_path / "model", program.Shipped(Branches(), 1.0).eval(), RNG.normal(size=(2, 4)), metadata={})


def test_unknown_names_say_what_to_do(tracker: Tracker) -> None:
    with pytest.raises(ValueError, match="'nobody'.*orchestrator.sweep nobody"):
        registry.load(tracker, "nobody")


def test_aliases_move_forth_and_back(tracker: Tracker, weights: Path, tmp_path: Path) -> None:
    first = register(tracker, weights, "moves")
    registry.promote(tracker, registry.resolve(tracker, "moves", first))
    assert registry.aliased(tracker, "moves", CHALLENGER) is None, "the champion is nobody's challenger"
    assert register(tracker, weights, "moves") == first and registry.aliased(tracker, "moves", CHALLENGER) is None
    with pytest.raises(ValueError, match="version 1 is the first champion"):
        registry.rollback(tracker, "moves")

    second = register(tracker, make_weights(tmp_path / "new.safetensors", seed=1), "moves")
    assert second != first
    for _ in range(2):  # a second call changes nothing
        registry.promote(tracker, registry.resolve(tracker, "moves", second))
    champion = registry.resolve(tracker, "moves", CHAMPION)
    assert str(champion.version) == second and champion.tags[registry.PREVIOUS] == first
    assert registry.DEMOTED_AT in registry.resolve(tracker, "moves", first).tags
    assert str(registry.rollback(tracker, "moves").version) == first
    assert str(registry.resolve(tracker, "moves", CHAMPION).version) == first


def test_folds_without_predictions_are_counted() -> None:
    whole = sweep("whole", trial(0))
    partial = replace(selection.last_epoch(whole), rule="nested")
    assert registry.num_scored_folds(whole, partial) == 4
    assert registry.num_scored_folds(replace(whole, fold_names=(*whole.fold_names, "toy/s5")), partial) == 4
    assert registry.num_scored_folds(whole, None) == 0


def test_a_leak_in_sweep_or_recipe_shows(weights: Path) -> None:
    leaking = replace(RESULT, tags={**RESULT.tags, "feature_stage": "shared"})
    assert registry.version_tags(replace(release(weights), sweep=leaking))["feature_stage"] == "shared"
    assert json.loads(registry.version_tags(release(weights))["classes"]) == ["negative", "positive"]
