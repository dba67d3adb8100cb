"""A fold's network, built again from its record, on real small sweeps: with attention, and of a descriptor."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboards.clip_network import SAME, examine
from dashboards.clip_sources import trained_on
from orchestrator.fold_job import FoldJob, folds_of, run
from orchestrator.folds import ALL
from orchestrator.ledger import FoldRecord, Ledger
from orchestrator.results import SweepResult
from search_spaces.recipe import Recipe, with_settings
from tests.dashboards.small_sweep import small_recipe
from tests.orchestrator.training_examples import build_shards

ONE_EPOCH = {"features.epochs": 1, "training.epochs": 1, "training.num_evals": 1}


@pytest.fixture(scope="module")
def record(swept: tuple[Path, SweepResult]) -> FoldRecord:
    """A fold of the paper's point: STANet with both attentions."""
    _, result = swept
    return result.trials[0].folds[result.fold_names[-1]]


@pytest.fixture(scope="module")
def home(swept: tuple[Path, SweepResult]) -> Path:
    return swept[0]


def trained(recipe: Recipe, home: Path) -> FoldRecord:
    """A fold of its own."""
    shards = build_shards(recipe.data, home)
    fold = next(name for name in folds_of(recipe, shards, 0) if name != ALL)
    (done,) = run(FoldJob(recipe=recipe, folds=(fold,), shards=shards, seed=0, home=home))
    return Ledger(home).read(done.record)


def test_the_network_answers_as_it_was_recorded(home: Path, record: FoldRecord) -> None:
    for place, key in enumerate(record.held_out.keys):
        found = examine(home, record, key, trained_on(home, record, key).tensor)
        assert found.probabilities is not None, found.missing
        assert np.abs(found.probabilities - record.held_out.probabilities[-1, place]).max() <= SAME


def test_attention_and_saliency_have_the_shapes_of_the_clip(home: Path, record: FoldRecord) -> None:
    key = record.held_out.keys[0]
    tensor = trained_on(home, record, key).tensor  # (8, 2, 32, 32)
    found = examine(home, record, key, tensor)
    assert found.seen is not None and np.allclose(found.seen, tensor)
    assert found.mask is not None and found.mask.shape == (8, 4, 4) and 0 <= found.mask.min() <= found.mask.max() <= 1
    assert found.temporal is not None and found.temporal.shape == (8,) and found.temporal.sum() == pytest.approx(1)
    assert found.saliency is not None and found.saliency.shape == (8, 32, 32) and found.saliency.max() > 0
    assert not found.missing


def test_another_clip_or_network_is_not_explained(home: Path, record: FoldRecord) -> None:
    key = record.held_out.keys[0]
    tensor = trained_on(home, record, key).tensor
    found = examine(home, record, key, 40 * tensor[::-1])
    assert found.probabilities is None and found.mask is None
    assert "must answer as it did when scored" in found.missing["network"]


def test_weights_that_are_not_there_are_said_to_be(home: Path, record: FoldRecord) -> None:
    key = record.held_out.keys[0]
    tensor = trained_on(home, record, key).tensor
    assert "up to 16 MB" in examine(home, replace(record, weights=None), key, tensor).missing["network"]
    gone = examine(home, replace(record, weights="no/such.weights.safetensors"), key, tensor)
    assert "is gone" in gone.missing["network"] and gone.saliency is None


def test_damaged_weights_are_said_to_be(home: Path, record: FoldRecord, tmp_path: Path) -> None:
    key = record.held_out.keys[0]
    tensor = trained_on(home, record, key).tensor
    assert record.weights is not None
    place = tmp_path / "ledger" / record.weights
    place.parent.mkdir(parents=True)
    place.write_bytes((home / "ledger" / record.weights).read_bytes()[:1000])
    assert "must be whole and fit its network" in examine(tmp_path, record, key, tensor).missing["network"]
    wider = replace(record, id=replace(record.id, settings={**record.id.settings, "model.hidden": 16}))
    assert "the model's code changed since" in examine(home, wider, key, tensor).missing["network"]


def test_a_network_that_hears_its_padding_is_given_it(tmp_path: Path) -> None:
    """The region LSTMs as published: the state that is classified has been through the zero frames."""
    recipe = with_settings(small_recipe("region_cnn_lstm"), {"model.mask_padding": False, "training.pad_to": 14, **ONE_EPOCH})
    record = trained(recipe, tmp_path)
    key = record.held_out.keys[0]
    found = examine(tmp_path, record, key, trained_on(tmp_path, record, key).tensor)
    assert found.probabilities is not None, found.missing
    assert found.saliency is not None and found.saliency.shape == (8, 32, 32) and found.saliency.max() > 0
    assert found.seen is not None and found.seen.shape == (8, 2, 32, 32)


def test_a_descriptor_has_an_answer_and_says_why_nothing_is_drawn(tmp_path: Path) -> None:
    recipe = small_recipe("fdm")
    record = trained(recipe, tmp_path)
    key = record.held_out.keys[0]
    found = examine(tmp_path, record, key, trained_on(tmp_path, record, key).tensor)
    assert found.probabilities is not None
    assert found.missing == {
        "attention": "SVM has none.",
        "saliency": "it is drawn on pixels, and this network sees a descriptor, whose numbers have no place on the face.",
    }
