"""Runs are named by what varies, and say in tags what a reader filters by."""

from dataclasses import replace

import pytest

from orchestrator.results import Trial
from orchestrator.tracking_trials import NAME_LENGTH, trial_name, trial_part
from search_spaces.recipe import Plain
from tests.orchestrator.tracking_examples import RECIPE, sweep, trial


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "0007 the paper's point"),
        ({"training.lr": RECIPE.training.lr}, "0007 the paper's point"),
        ({"training.lr": 3.21e-4, "training.epochs": RECIPE.training.epochs, "model.dropout": 0.25}, "0007 lr=0.000321 dropout=0.25"),
        ({"model.widths": (2, 4), "model.mask": None, "model.gate": True}, "0007 widths=2x4 mask=none gate=true"),
        ({"training.weight": 1, "loss.weight": 2, "loss.kind": "focal"}, "0007 training.weight=1 loss.weight=2 loss.kind=focal"),
    ],
)
def test_a_trial_is_named_by_what_differs_from_the_paper(settings: dict[str, Plain], name: str) -> None:
    assert trial_name(Trial(index=7, settings=settings, state="failed", folds={}), RECIPE) == name


def test_a_long_name_is_cut() -> None:
    settings: dict[str, Plain] = {f"model.setting_{number}": 0.5 for number in range(40)}
    name = trial_name(Trial(index=7, settings=settings, state="failed", folds={}), RECIPE)
    assert NAME_LENGTH - 20 < len(name) <= NAME_LENGTH and name.startswith("0007 setting_0=0.5 ") and name.endswith("=0.5 …")


def test_only_the_papers_point_is_honest_by_itself() -> None:
    tags = [trial_part(sweep("x", one), one, RECIPE).tags for one in (trial(0), trial(1))]
    assert [(tag["honest"], tag["point"]) for tag in tags] == [("true", "paper"), ("false", "searched")]
    leaking = replace(sweep("x", trial(0)), tags={"feature_stage": "shared"})
    assert trial_part(leaking, trial(0), RECIPE).tags["honest"] == "false"


def test_a_setting_of_the_pipeline_names_its_own_shards() -> None:
    one = trial(1)
    folds = {name: replace(record, id=replace(record.id, data_digest="e" * 64)) for name, record in one.folds.items()}
    (given,) = trial_part(sweep("x"), replace(one, folds=folds), RECIPE).inputs
    assert given.dataset.digest == "e" * 36
    (given,) = trial_part(sweep("x"), replace(one, folds={}, state="failed"), RECIPE).inputs
    assert given.dataset.digest == "d" * 36


def test_a_trial_that_was_stopped_has_no_pooled_scores() -> None:
    names = {name for name, _, _ in trial_part(sweep("x"), trial(1, state="pruned"), RECIPE).metrics}
    assert "fold/inner_uf1" in names and not {name for name in names if name.startswith(("heldout.", "curve/"))}
