"""Two synthetic corpora guard the science: with planted motion an honest search scores high; where only identity tells the label, chance.

The real recipes, through shards, fold jobs, ledger and selection, with fewer subjects; without Ray, on two processes.
"""

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import search_spaces
from orchestrator.fold_job import FoldJob, folds_of, run
from orchestrator.folds import ALL
from orchestrator.ledger import FoldRecord, Ledger
from orchestrator.metrics import Predictions, value
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import inner_score, nested
from preprocessing.classes import scheme
from search_spaces.recipe import Plain, Recipe, with_settings
from tests.orchestrator.training_examples import build_shards

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SETTINGS: tuple[Mapping[str, Plain], ...] = ({}, {"training.lr": 1e-3, "augmentation.shift": 0.05})
NUM_SUBJECTS = 8
PERMUTATIONS = 500


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with ProcessPoolExecutor(
        2, mp_context=multiprocessing.get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as workers:
        yield workers


def recipe_of(variant: str, settings: Mapping[str, Plain] | None = None) -> Recipe:
    """The real recipe on the subjects with most clips."""
    recipe, _ = search_spaces.load("stanet", variant)
    data = replace(recipe.data, options={**recipe.data.options, "max_subjects": NUM_SUBJECTS})
    return with_settings(replace(recipe, data=data), settings or {})


def train(recipe: Recipe, home: Path, pool: Executor) -> dict[str, FoldRecord]:
    """The records of all folds of the recipe's protocol."""
    shards = build_shards(recipe.data, home)
    folds = [name for name in folds_of(recipe, shards, 0) if name != ALL]
    outcomes = pool.map(run, [FoldJob(recipe=recipe, folds=(fold,), shards=shards, seed=0, home=home) for fold in folds])
    return {done.fold: Ledger(home).read(done.record) for (done,) in outcomes}


def searched(recipe: Recipe, home: Path, pool: Executor) -> Predictions:
    """Held-out predictions of a search of two settings, chosen per held-out subject on inner subjects."""
    records = [train(with_settings(recipe, changes), home, pool) for changes in SETTINGS]
    trials = [
        Trial(index=index, settings=changes, state="complete", folds=folds, inner_score=inner_score(folds))
        for index, (changes, folds) in enumerate(zip(SETTINGS, records, strict=True))
    ]
    return nested(
        SweepResult(
            name="science",
            model="stanet",
            corpus="synthetic",
            classes=scheme(recipe.data.classes).classes,
            fold_names=tuple(records[0]),
            data_digest=next(iter(records[0].values())).id.data_digest,
            seed=0,
            trials=tuple(trials),
        )  # fmt: skip
    ).predictions


def chance(predictions: Predictions) -> tuple[float, float]:
    """(UF1, share of permutations of the truth that score at least as high): small where predictions know the truth."""
    rng = np.random.default_rng(0)
    score = value(predictions, "uf1")
    shuffled = [value(replace(predictions, truth=rng.permutation(predictions.truth)), "uf1") for _ in range(PERMUTATIONS)]
    return score, float(np.mean([other >= score for other in shuffled]))


def test_planted_motion_is_found_in_subjects_never_seen(tmp_path: Path, pool: Executor) -> None:
    score, p = chance(searched(recipe_of("synthetic"), tmp_path, pool))
    assert score > 0.8 and p < 0.01


def test_identity_alone_scores_chance(tmp_path: Path, pool: Executor) -> None:
    score, p = chance(searched(recipe_of("synthetic_identity"), tmp_path, pool))
    assert score <= 0.45 and p > 0.05


def test_a_leak_of_subjects_would_show(tmp_path: Path, pool: Executor) -> None:
    """The same corpus and model where held-out subjects have other clips in training, as in k-fold over clips: identity is then enough."""
    leaking = recipe_of("synthetic_identity", {"protocol.kind": "lovo", "protocol.num_folds": 4, "protocol.num_inner": 0})
    curves = [record.held_out for record in train(leaking, tmp_path, pool).values()]
    keys = tuple(key for curve in curves for key in curve.keys)
    truth, predicted = (np.concatenate(arrays) for arrays in ([c.truth for c in curves], [c.predicted() for c in curves]))
    score, p = chance(Predictions.from_keys(keys, truth, predicted, scheme(leaking.data.classes).classes))
    assert score > 0.55 and p < 0.01
