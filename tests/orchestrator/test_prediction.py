"""A version answers as its networks were scored, however they look at a clip: whole, padded, frame by frame, or as a descriptor."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

import search_spaces
from orchestrator import prediction, program
from orchestrator.data import example
from orchestrator.fold_job import FoldJob, clips_of, run
from orchestrator.ledger import Ledger
from orchestrator.prediction import Version
from preprocessing.description import describe
from preprocessing.shards import Shards, open_shards
from search_spaces.recipe import Plain, Recipe, flatten, with_settings
from tests.orchestrator.training_examples import build_shards


def tiny(system: str, variant: str) -> Recipe:
    recipe, _ = search_spaces.load(system, variant)
    return dataclasses.replace(
        recipe,
        data=dataclasses.replace(recipe.data, options={**recipe.data.options, "max_subjects": 3}),
        training=dataclasses.replace(recipe.training, epochs=1, num_evals=1),
        features=recipe.features and dataclasses.replace(recipe.features, epochs=1, num_evals=1),
        protocol=dataclasses.replace(recipe.protocol, num_inner=3),
    )


def version(recipe: Recipe, shards: Shards, classes: tuple[str, ...], weights: Path) -> Version:
    """As a registered one, without an export: its program is the network itself."""
    network = program.network(flatten(recipe), len(classes), load_file(weights))
    return Version(
        label="net/1", path=weights.parent, classes=classes, settings=flatten(recipe), preprocessing=describe(shards, None),
        predict=program.predicting(network), input_shape=program.taken(network, example(shards, recipe)),
    )  # fmt: skip


def trained(recipe: Recipe, home: Path) -> tuple[Version, np.ndarray]:
    """The version of a fold's network, and a clip's tensor."""
    folder = build_shards(recipe.data, home)
    shards, clips = open_shards(folder), clips_of(recipe, folder)
    (done,) = run(FoldJob(recipe=recipe, folds=(clips.clips[0].subject,), shards=folder, seed=0, home=home))
    return version(recipe, shards, clips.classes, Ledger(home).weights_path(done.record)), shards.clip_tensor(0)


@pytest.mark.parametrize(
    ("system", "variant", "changes"),
    [
        ("stanet", "synthetic", {}), ("region_cnn_lstm", "synthetic", {}), ("region_cnn_lstm", "synthetic", {"model.mask_padding": False}),
        ("shcnn", "synthetic-frames", {}), ("bi_woof", "synthetic", {}),
    ],
)  # fmt: skip
def test_the_answer_is_the_one_that_was_scored(system: str, variant: str, changes: dict[str, Plain], tmp_path: Path) -> None:
    recipe = with_settings(tiny(system, variant), changes)
    folder = build_shards(recipe.data, tmp_path)
    shards, clips, ledger = open_shards(folder), clips_of(recipe, folder), Ledger(tmp_path)
    fold = clips.clips[0].subject
    (done,) = run(FoldJob(recipe=recipe, folds=(fold,), shards=folder, seed=0, home=tmp_path))
    record = ledger.read(done.record)
    assert record.weights is not None
    made = version(recipe, shards, clips.classes, ledger.root / record.weights)
    rows = [row.key for row in shards.rows]
    for key, recorded in zip(record.held_out.keys, record.held_out.probabilities[-1], strict=True):
        batch = prediction.batch_of(made, shards.clip_tensor(rows.index(key)))
        answer = prediction.answer(made, batch)
        np.testing.assert_allclose(answer.probabilities, recorded, atol=2e-3 if recipe.training.precision == "bfloat16" else 1e-4)
        assert answer.folds.shape == (0, len(clips.classes)) and answer.agreeing == 0


def test_a_clip_of_another_length_is_padded_or_refused(tmp_path: Path) -> None:
    made, tensor = trained(tiny("stanet", "synthetic"), tmp_path)
    with pytest.raises(ValueError, match=r"takes, \(8, 2, 32, 32\), but gave \(5, 2, 32, 32\)"):
        prediction.batch_of(made, tensor[:5])
    ragged = {**made.preprocessing, "tensor": {**made.preprocessing["tensor"], "shape": [None, 2, 32, 32]}}
    padded = prediction.batch_of(dataclasses.replace(made, preprocessing=ragged), tensor[:5])
    assert padded.shape == (1, 8, 2, 32, 32) and (padded[0, :5] == tensor[:5]).all() and not padded[0, 5:].any()
    with pytest.raises(ValueError, match="If the first number is too large"):
        prediction.batch_of(dataclasses.replace(made, preprocessing=ragged), np.concatenate([tensor, tensor]))


def test_a_program_that_pads_takes_clips_of_any_length(tmp_path: Path) -> None:
    recipe = tiny("region_cnn_lstm", "synthetic")
    made, tensor = trained(recipe, tmp_path)
    assert made.input_shape == (-1, *tensor.shape[1:]) and recipe.training.pad_to == 10
    assert prediction.batch_of(made, tensor[:3]).shape == (1, 3, *tensor.shape[1:])
    with pytest.raises(ValueError, match=r"takes, \(10, 2, 32, 32\), but gave \(16, 2, 32, 32\).*name a shorter stretch"):
        prediction.batch_of(made, np.concatenate([tensor, tensor]))


def test_weights_that_no_longer_fit_are_explained(tmp_path: Path) -> None:
    recipe = tiny("stanet", "synthetic")
    folder = build_shards(recipe.data, tmp_path)
    shards, clips = open_shards(folder), clips_of(recipe, folder)
    (done,) = run(FoldJob(recipe=recipe, folds=(clips.clips[0].subject,), shards=folder, seed=0, home=tmp_path))
    weights = Ledger(tmp_path).weights_path(done.record)
    made = version(recipe, shards, clips.classes, weights)
    (tmp_path / "weights.safetensors").write_bytes(weights.read_bytes())
    changed = dataclasses.replace(made, path=tmp_path, settings={**made.settings, "model.hidden": 4})
    with pytest.raises(ValueError, match="'stanet' has changed since"):
        prediction.look(changed, prediction.batch_of(made, shards.clip_tensor(0)))
    found = prediction.look(dataclasses.replace(made, path=tmp_path), prediction.batch_of(made, shards.clip_tensor(0)))
    assert found.kind == "attention" and found.where is not None and found.where.shape[0] == 8 and found.when is not None
    assert found.when.sum() == pytest.approx(1, abs=1e-5)
