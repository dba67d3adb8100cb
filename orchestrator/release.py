"""Release: what a registered version is made of: program, weights, fold models, recipe, described preprocessing, predictions, card."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import load_file

from orchestrator import fold_set, program
from orchestrator.data import example
from orchestrator.ledger import FoldRecord, Ledger
from orchestrator.model_card import SHOWN, model_card
from orchestrator.predictions import to_csv
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import Score
from orchestrator.tracking_store import SWEEP
from preprocessing.description import describe, markdown
from preprocessing.shards import Shards
from search_spaces.recipe import HONEST_STAGES, Recipe, digest, flatten

RECIPE, PREPROCESSING, CARD = "recipe.json", "preprocessing.json", "model_card.md"


@dataclass(frozen=True, kw_only=True)
class Release:
    """A refit on all subjects and what it rests on."""

    sweep: SweepResult
    recipe: Recipe
    """With the settings that the rule ``inner_mean`` chose: the network that the weights fit."""
    weights: Path
    """A safetensors file, the network's ``state_dict``."""
    folds: Mapping[str, Path]
    """The same of the chosen trial's folds, by name, each trained without its held-out subject; empty where they were not kept."""
    example: np.ndarray
    """A batch of inputs as the shards hold them."""
    scores: Sequence[Score]
    preprocessing: Mapping[str, Any]
    """``preprocessing.description.describe``: what made the shards."""


def gather(
    sweep: SweepResult, chosen: Trial, recipe: Recipe, refit: FoldRecord, ledger: Ledger, shards: Shards, root: Path | None,
    scores: Sequence[Score],
) -> Release:  # fmt: skip
    """What a finished sweep ships: the refit of its chosen trial, whose settings are those of ``recipe``, with the trial's fold models.

    ``root`` is the folder of the corpus that the shards were built from.
    """
    assert refit.weights is not None, "a refit keeps its weights"
    kept = {fold: chosen.folds[fold].weights for fold in sweep.fold_names}
    return Release(
        sweep=sweep,
        recipe=recipe,
        weights=ledger.root / refit.weights,
        folds={fold: ledger.root / weights for fold, weights in kept.items() if weights} if all(kept.values()) else {},
        example=example(shards, recipe),
        scores=scores,
        preprocessing=describe(shards, root),
    )


def identity(release: Release) -> str:
    """The same sweep, weights, recipe and predictions are one version, whatever is said of them."""
    weights = hashlib.sha256(release.weights.read_bytes()).hexdigest()
    predictions = {score.rule: to_csv(score.predictions) for score in release.scores}
    return digest([release.sweep.name, weights, fold_set.digest(release.folds), flatten(release.recipe), predictions])


def write(release: Release, path: Path) -> None:
    """The version's folder: an MLflow model and all that belongs to it."""
    sweep, recipe = release.sweep, release.recipe
    shipped = program.network(flatten(recipe), len(sweep.classes), load_file(release.weights))
    metadata = {"classes": list(sweep.classes), "data_digest": sweep.data_digest, "pipeline": recipe.data.pipeline, "sweep": sweep.name}
    program.save(path, shipped, release.example, metadata=metadata)
    shutil.copyfile(release.weights, path / "weights.safetensors")
    if release.folds:
        fold_set.write(path / fold_set.FILE, release.folds)
    for file, text in _files(release).items():
        (path / file).parent.mkdir(exist_ok=True)
        (path / file).write_text(text)


def card(release: Release) -> str:
    """The model card."""
    return model_card(release.sweep, release.recipe, release.scores, release.preprocessing, num_fold_models=len(release.folds))


def tags(release: Release) -> dict[str, str]:
    """What the promotion gate and a reader of the registry need."""
    sweep, recipe = release.sweep, release.recipe
    nested = next((score for score in release.scores if score.rule == "nested"), None)
    stages = (recipe.protocol.feature_stage, sweep.tags.get("feature_stage", "in_fold"))
    found = {
        SWEEP: sweep.name,
        "rule": "nested" if nested else "none",
        "honest": str(bool(nested and nested.honest)).lower(),
        "protocol": recipe.protocol.kind,
        "feature_stage": next((stage for stage in stages if stage not in HONEST_STAGES), "in_fold"),
        "corpus": sweep.corpus,
        "classes": json.dumps(sweep.classes),
        "data_digest": sweep.data_digest,
        "code_version": sweep.tags.get("code_version", ""),
        "num_folds": str(num_scored_folds(sweep, nested)),
        "expected_folds": str(len(sweep.fold_names)),
        "num_fold_models": str(len(release.folds)),
    }
    for score in release.scores:
        found |= {f"{score.rule}.{metric}": repr(score.value(metric)) for metric in SHOWN}
    return found


def num_scored_folds(sweep: SweepResult, nested: Score | None) -> int:
    """Folds whose held-out clips all have a prediction."""
    predicted = set(nested.predictions.keys) if nested else set()
    held_out = {name: record.held_out.keys for trial in sweep.trials for name, record in trial.folds.items()}
    return sum(bool(held_out.get(name)) and set(held_out[name]) <= predicted for name in sweep.fold_names)


def _files(release: Release) -> dict[str, str]:
    """What a version is, as text beside its program."""
    sweep, recipe = release.sweep, release.recipe
    described = {"recipe": flatten(recipe), "paper": recipe.paper, "classes": sweep.classes, "seed": sweep.seed}
    return {
        RECIPE: json.dumps(described, indent=1),
        PREPROCESSING: json.dumps(release.preprocessing, indent=1),
        "preprocessing.md": markdown(release.preprocessing),
        CARD: card(release),
        **{f"predictions/{score.rule}.csv": to_csv(score.predictions) for score in release.scores},
    }
