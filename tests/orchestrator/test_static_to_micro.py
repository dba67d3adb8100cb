"""SHCNN's road from photographs to clips on synthesized corpora: ten crops, soft labels, flow images that vote, and group B's weights."""

import dataclasses
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from safetensors.torch import load_file

import search_spaces
from orchestrator.fold_job import FoldJob, clips_of, folds_of, run
from orchestrator.ledger import FoldRecord, Ledger
from preprocessing.plan import make_plan
from preprocessing.resume import prepare
from preprocessing.shard_writer import write_manifest, write_shard
from preprocessing.synthesize import make_settings, synthesize
from search_spaces.recipe import Data, Plain, Recipe

pytestmark = pytest.mark.slow
TINY: dict[str, dict[str, Plain]] = {
    "shcnn": {"filters": (4, 4, 8), "fc": (16, 12)},
    "vgg13": {"widths": (4, 4, 6, 6), "fc": (12, 12)},
}
LIMITS: dict[str, dict[str, Any]] = {
    "ferplus": {"clips_per_subject": 12},
    "casme2": {"images": "cropped", "subjects": 3, "clips_per_subject": 2, "max_frames": 4},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """FERPlus and CASME II (cropped), as their owners lay them out, a few images and clips of each."""
    folder = tmp_path_factory.mktemp("corpora")
    for corpus, limits in LIMITS.items():
        synthesize(make_settings(corpus, **limits), folder / corpus, progress=False)
    return folder


def _recipe(name: str, variant: str, **training: Plain) -> Recipe:
    """A published recipe with a tiny network, for two epochs, and a faster flow."""
    recipe, _ = search_spaces.load(name, variant)
    options = {**recipe.data.options, **({"flow": "dis"} if recipe.data.pipeline == "shcnn" else {})}
    return dataclasses.replace(
        recipe,
        data=dataclasses.replace(recipe.data, options=options),
        training=dataclasses.replace(recipe.training, **{"epochs": 2, "num_evals": 1, **training}),  # type: ignore[arg-type]
        hparams={**recipe.hparams, **TINY[name]},
        protocol=dataclasses.replace(recipe.protocol, num_inner=3),
    )


def _shards(data: Data, corpora: Path, home: Path) -> Path:
    work = prepare(
        make_plan(data.corpus, root=corpora / data.corpus, pipeline=data.pipeline, options=cast(dict[str, Any], data.options)), home
    )
    if work.missing:
        write_manifest(work.plan, work.folder, [write_shard(work.plan.job(subject), work.folder) for subject in work.missing])
    return work.folder


def _trained(recipe: Recipe, corpora: Path, home: Path) -> tuple[FoldRecord, Path]:
    """The record of its first fold, and where the weights are."""
    shards = _shards(recipe.data, corpora, home)
    fold = next(iter(folds_of(recipe, shards, 0)))
    (done,) = run(FoldJob(recipe=recipe, folds=(fold,), shards=shards, seed=0, home=home))
    record = Ledger(home).read(done.record)
    held_out = folds_of(recipe, shards, 0)[fold].held_out
    assert sorted(record.held_out.keys) == sorted(clips_of(recipe, shards).clips[i].key for i in held_out)
    np.testing.assert_allclose(record.held_out.probabilities.sum(-1), 1, rtol=1e-4)
    assert record.weights is not None
    return record, Ledger(home).root / record.weights


@pytest.mark.parametrize("variant", ["ferplus", "ferplus-no_augmentation", "ferplus-release"])
def test_photographs_are_scored_once_each(variant: str, corpora: Path, home: Path) -> None:
    record, _ = _trained(_recipe("shcnn", variant), corpora, home)
    assert {key.split("/")[1] for key in record.held_out.keys} == {"PublicTest"}
    assert {key.split("/")[1] for key in record.inner.keys} == {"PrivateTest"}
    assert record.held_out.probabilities.shape[-1] == 8


@pytest.mark.parametrize("scheme", ["mv", "ml", "pld", "cel"])
def test_every_label_scheme_trains_its_own_network(scheme: str, corpora: Path, home: Path) -> None:
    recipe = _recipe("vgg13", f"ferplus-{scheme}", epochs=6)  # in 6 epochs the 6 images are surely drawn under another class
    record, path = _trained(recipe, corpora, home)
    assert {key.split("/")[1] for key in record.held_out.keys} == {"PrivateTest"}
    other = _recipe("vgg13", "ferplus-mv" if scheme != "mv" else "ferplus-cel", epochs=6)
    theirs = load_file(_trained(other, corpora, home)[1])
    assert any(not np.array_equal(tensor, theirs[name]) for name, tensor in load_file(path).items())


@pytest.mark.parametrize("variant", ["casme2", "casme2-release", "casme2-frames_scratch"])
def test_the_frames_of_a_clip_vote(variant: str, corpora: Path, home: Path) -> None:
    record, _ = _trained(_recipe("shcnn", variant), corpora, home)
    assert record.held_out.probabilities.shape[-1] == 5


def test_group_b_starts_from_the_weights_of_ferplus(corpora: Path, home: Path) -> None:
    _, static = _trained(_recipe("shcnn", "ferplus"), corpora, home)
    slow = {"lr": 1e-9, "weight_decay": 0.0}
    _, carried = _trained(_recipe("shcnn", "casme2-frames_pretrained", initial=str(static), **slow), corpora, home)
    _, scratch = _trained(_recipe("shcnn", "casme2-frames_scratch", **slow), corpora, home)
    given, after, fresh = load_file(static), load_file(carried), load_file(scratch)
    assert after["head.weight"].shape[0] == 5 and given["head.weight"].shape[0] == 8
    np.testing.assert_array_equal(after["head.weight"].shape, fresh["head.weight"].shape)
    for name in (name for name in given if not name.startswith("head")):
        np.testing.assert_allclose(after[name], given[name], atol=1e-6)
    assert not np.allclose(fresh["features.0.0.weight"], given["features.0.0.weight"], atol=1e-3)


def test_group_b_says_which_weights_it_needs(corpora: Path, home: Path) -> None:
    with pytest.raises(ValueError, match="training.initial must name a file.*shcnn_ferplus.safetensors"):
        _trained(_recipe("shcnn", "casme2-frames_pretrained"), corpora, home)
