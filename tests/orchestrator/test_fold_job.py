"""A job trains what has no record, once, and its record holds what its weights predict."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import models
from orchestrator import fold_job
from orchestrator.augment import evaluation_view
from orchestrator.fold_job import FoldJob, clips_of, code_version, fold_id, folds_of, run
from orchestrator.folds import ALL
from orchestrator.ledger import Ledger
from preprocessing import source_digest
from search_spaces.recipe import Augmentation, Data, Recipe, with_settings
from tests.orchestrator.training_examples import build_shards, one_thread, recipe

__all__ = ["one_thread"]
pytestmark = pytest.mark.usefixtures("one_thread")
IMAGES = Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"max_subjects": 4}, scale=1 / 255)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_shards(IMAGES, tmp_path_factory.mktemp("home"))


def small(**settings: object) -> Recipe:
    made = recipe(
        "ststnet", augmentation=Augmentation(crop=24, flow_channels=(0, 1)), batch_size=32, epochs=4, num_evals=2, precision="float32"
    )
    return with_settings(made, {"data.scale": IMAGES.scale, **settings})  # type: ignore[dict-item]


def job(shards: Path, home: Path, *folds: str, chosen: Recipe | None = None) -> FoldJob:
    return FoldJob(recipe=chosen or small(), folds=folds, shards=shards, seed=0, home=home)


def names(shards: Path) -> list[str]:
    return [name for name in folds_of(small(), shards, 0) if name != ALL]


def test_a_fold_is_trained_once_and_recorded(shards: Path, tmp_path: Path) -> None:
    ledger, fold = Ledger(tmp_path), names(shards)[0]
    (first,) = run(job(shards, tmp_path, fold))
    (again,) = run(job(shards, tmp_path, fold))
    assert first == again and first.fold == fold and ledger.executions() == [first.record] == list(ledger.names())
    record, clips = ledger.read(first.record), clips_of(small(), shards)
    known = folds_of(small(), shards, 0)[fold]
    assert record.epochs == (2, 4) and record.id.fold == fold and record.id.data_digest == clips.digest
    for curve, indices in ((record.inner, known.inner), (record.held_out, known.held_out)):
        assert curve.keys == tuple(clips.clips[index].key for index in indices)
        assert curve.truth.tolist() == [clips.clips[index].label for index in indices]
        assert curve.probabilities.shape == (2, len(indices), 3)
    assert {key.rpartition("/")[0] for key in record.held_out.keys} == {fold}
    assert first.inner_score is not None and 0 <= first.inner_score <= 1


def test_recorded_weights_reproduce_the_recorded_predictions(shards: Path, tmp_path: Path) -> None:
    (told,) = run(job(shards, tmp_path, names(shards)[1]))
    record = Ledger(tmp_path).read(told.record)
    assert record.weights is not None
    network = models.build("ststnet", 3, **small().hparams).eval()
    network.load_state_dict(load_file(Ledger(tmp_path).root / record.weights))
    clips = clips_of(small(), shards)
    positions = {clip.key: index for index, clip in enumerate(clips.clips)}
    indices = torch.tensor([positions[key] for key in record.held_out.keys])
    x = evaluation_view(clips.batch(indices, torch.float32), small().augmentation)
    with torch.no_grad():
        probabilities = network(x).softmax(1)
    np.testing.assert_allclose(record.held_out.probabilities[-1], probabilities, rtol=1e-4, atol=1e-6)


def test_only_the_missing_folds_of_a_job_are_trained(shards: Path, tmp_path: Path) -> None:
    first, second, third = names(shards)[:3]
    (before,) = run(job(shards, tmp_path, second))
    outcomes = run(job(shards, tmp_path, first, second, third))
    assert [outcome.fold for outcome in outcomes] == [first, second, third] and outcomes[1] == before
    assert len(Ledger(tmp_path).executions()) == 3


def test_the_refit_is_recorded_without_scores_and_keeps_its_weights(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold_job, "KEPT_WEIGHTS_BYTES", 100)
    refit, fold = run(job(shards, tmp_path, ALL, names(shards)[0]))
    ledger = Ledger(tmp_path)
    assert refit.inner_score is None and ledger.read(refit.record).held_out.keys == ()
    assert ledger.weights_path(refit.record).exists()
    assert ledger.read(fold.record).weights is None and not ledger.weights_path(fold.record).exists()


def test_a_stopped_training_leaves_no_record(shards: Path, tmp_path: Path) -> None:
    folds = names(shards)[:2]
    assert run(job(shards, tmp_path, *folds), watch=lambda epoch, scores: True) == []
    assert list(Ledger(tmp_path).names()) == [] == Ledger(tmp_path).executions()
    assert len(run(job(shards, tmp_path, *folds), watch=lambda epoch, scores: False)) == 2


def test_a_damaged_record_is_a_clear_error(shards: Path, tmp_path: Path) -> None:
    (told,) = run(job(shards, tmp_path, names(shards)[0]))
    Ledger(tmp_path).path(told.record).write_bytes(b"half")
    with pytest.raises(ValueError, match="is damaged .*Delete it and run the same command again"):
        run(job(shards, tmp_path, names(shards)[0]))


def test_wrong_channels_are_told_before_training(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'ststnet' takes 2 and .* has 3. Change model.in_channels"):
        run(job(shards, tmp_path, names(shards)[0], chosen=small(**{"model.in_channels": 2})))


def test_weights_that_a_last_step_broke_are_no_result(shards: Path, tmp_path: Path) -> None:
    broken = small(**{"training.lr": 1e38, "training.optimizer": "sgd", "training.batch_size": 1000, "training.epochs": 1})
    with pytest.raises(ValueError, match="must be finite, but those of fold .* after epoch 1. Lower training.lr"):
        run(job(shards, tmp_path, names(shards)[0], chosen=broken))
    assert list(Ledger(tmp_path).names()) == []


def test_every_setting_and_the_seed_name_another_record(shards: Path) -> None:
    fold = names(shards)[0]
    base = fold_id(small(), fold, "data", 0).name
    changed = [
        small(**{"training.lr": 2e-3}),
        small(**{"model.dropout": 0.1}),
        small(**{"loss.gamma": 1.0}),
        small(**{"protocol.num_inner": 3}),
    ]
    others = [fold_id(recipe, fold, "data", 0).name for recipe in changed] + [fold_id(small(), fold, "data", 1).name]
    assert len({base, *others}) == 6 and fold_id(small(), fold, "data", 0).name == base


def test_models_have_versions_of_their_own() -> None:
    assert code_version("ststnet") == code_version("ststnet") != code_version("stanet")


def test_the_version_covers_blocks_that_models_share_and_the_whole_core(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    read = source_digest._source

    def noted(name: str) -> str | None:
        seen.append(name)
        return read(name)

    monkeypatch.setattr(source_digest, "_source", noted)
    source_digest.digest.cache_clear()
    code_version.__wrapped__("stanet")
    core = (
        "data",
        "stage",
        "targets",
        "voting",
        "feature_stage",
        "fitting",
        "folds",
        "optimizers",
        "seeds",
        "stacked",
        "augment",
        "weights",
    )
    assert {"models.losses", "models.layers", "models.stanet", *(f"orchestrator.{name}" for name in core)} <= set(seen)
    assert not any(name.startswith(("orchestrator.fold_job", "orchestrator.session", "search_spaces")) for name in seen)
