"""Every system trains a fold of its synthetic recipe, from shards to a fold record whose weights reproduce its predictions."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import models
import search_spaces
from orchestrator.data import example
from orchestrator.fold_job import FoldJob, clips_of, run
from orchestrator.ledger import Ledger
from orchestrator.program import Shipped
from preprocessing.shards import open_shards
from search_spaces.recipe import Recipe
from tests.orchestrator.training_examples import build_shards

SYSTEMS = [name for name in search_spaces.names() if "synthetic" in search_spaces.variants(name)]
SUBJECTS = 5


def test_every_system_has_a_synthetic_recipe() -> None:
    assert search_spaces.names() == SYSTEMS


def tiny(name: str) -> Recipe:
    recipe, _ = search_spaces.load(name, "synthetic")
    return dataclasses.replace(
        recipe,
        data=dataclasses.replace(recipe.data, options={**recipe.data.options, "max_subjects": SUBJECTS}),
        training=dataclasses.replace(recipe.training, epochs=1, num_evals=1),
        features=recipe.features and dataclasses.replace(recipe.features, epochs=1, num_evals=1),
        protocol=dataclasses.replace(recipe.protocol, num_inner=2),
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_fold_from_shards_to_a_record(name: str, home: Path) -> None:
    recipe = tiny(name)
    shards = build_shards(recipe.data, home)
    clips = clips_of(recipe, shards)
    subject = sorted({clip.subject for clip in clips.clips})[0]
    (finished,) = run(FoldJob(recipe=recipe, folds=(subject,), shards=shards, seed=0, home=home))
    record = Ledger(home).read(finished.record)
    held_out = [clip.key for clip in clips.clips if clip.subject == subject and not clip.copy_of]
    assert sorted(record.held_out.keys) == sorted(held_out) and record.inner.keys
    np.testing.assert_allclose(record.held_out.probabilities.sum(-1), 1, rtol=1e-4)
    assert record.weights is not None
    network = models.build(recipe.model, len(clips.classes), **recipe.hparams)
    network.load_state_dict(load_file(Ledger(home).root / record.weights))
    shipped = Shipped(network.eval(), recipe.data.scale)
    with torch.no_grad():
        probabilities = shipped(torch.from_numpy(example(open_shards(shards), recipe)).float())
    assert probabilities.shape[1] == len(clips.classes) and probabilities.isfinite().all()
