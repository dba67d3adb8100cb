"""Registry: a version per refit: a pickle-free program with its weights, recipe, shard description, predictions and model card.

Versions are immutable: the same sweep, weights, recipe and predictions give the version that is there. Two aliases say what they are for:
``challenger`` is the newest candidate, ``champion`` the one in use. Only ``promote`` and ``rollback`` move the champion.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from orchestrator import prediction_files, program
from orchestrator.gate import Candidate
from orchestrator.model_card import SHOWN, model_card
from orchestrator.predictions import to_csv
from orchestrator.results import SweepResult
from orchestrator.selection import Score
from orchestrator.tracking import Tracker
from orchestrator.tracking_store import KEY, SWEEP
from search_spaces.recipe import HONEST_STAGES, Recipe, digest, flatten

CHAMPION, CHALLENGER = "champion", "challenger"
CARD_LENGTH = 5000
"""The registry's limit for a description; ``model_card.md`` beside the program is whole."""
PROMOTED_AT, DEMOTED_AT, PREVIOUS = "losotune.promoted_at", "losotune.demoted_at", "losotune.previous_champion"
"""On a version: the history of the champion."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A refit on all subjects and what it rests on."""

    sweep: SweepResult
    recipe: Recipe
    """With the settings that the rule ``inner_mean`` chose: the network that the weights fit."""
    weights: Path
    """A safetensors file, the network's ``state_dict``."""
    example: np.ndarray
    """A batch of inputs as the shards hold them."""
    scores: Sequence[Score]
    shards: Mapping[str, Any]
    """The shards' schema metadata: pipeline, constants, channels, units."""


def register(tracker: Tracker, sweep_run_id: str, release: Release, *, name: str | None = None) -> ModelVersion:
    """Register a release as the newest version of ``name`` (default: the model's name) and call it the challenger."""
    name = name or release.sweep.model
    files = _files(release)
    identity = digest([release.sweep.name, hashlib.sha256(release.weights.read_bytes()).hexdigest(), files])
    version = find(tracker, name, identity) or _create(tracker, sweep_run_id, release, name, files, identity)
    _offer(tracker, version)
    return version


def _create(tracker: Tracker, sweep_run_id: str, release: Release, name: str, files: Mapping[str, str], identity: str) -> ModelVersion:
    client, sweep, recipe = tracker.store.client, release.sweep, release.recipe
    shipped = program.network(recipe, len(sweep.classes), release.weights)
    metadata = {"classes": list(sweep.classes), "data_digest": sweep.data_digest, "pipeline": recipe.data.pipeline, "sweep": sweep.name}
    with tempfile.TemporaryDirectory(prefix="losotune-model-") as folder:
        path = Path(folder) / "model"
        program.save(path, shipped, release.example, metadata=metadata)
        shutil.copyfile(release.weights, path / "weights.safetensors")
        for file, text in files.items():
            (path / file).parent.mkdir(exist_ok=True)
            (path / file).write_text(text)
        logged = client.create_logged_model(tracker.store.experiment_id, name, sweep_run_id, {SWEEP: sweep.name}, model_type="classifier")
        client.log_model_artifacts(logged.model_id, str(path))
    client.finalize_logged_model(logged.model_id, "READY")
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    tags = {**version_tags(release), KEY: identity, "sweep_run_id": sweep_run_id}  # in one step with the version: found whole or not at all
    # A server resolves models:/ itself; without one MLflow 3.17 would look the id up in its global tracking address, not in ours.
    source = f"models:/{logged.model_id}" if tracker.uri.startswith("http") else logged.artifact_location
    card = files["model_card.md"][:CARD_LENGTH]
    return client.create_model_version(name, source, sweep_run_id, tags, description=card, model_id=logged.model_id)


def _offer(tracker: Tracker, version: ModelVersion) -> None:
    """The newest version is the challenger, unless it is the champion already."""
    versions = tracker.store.client.search_model_versions(f"name = '{version.name}'")
    newest = max(int(known.version) for known in versions)
    now = champion(tracker, version.name)
    if int(version.version) == newest and (now is None or int(now.version) != newest):
        tracker.store.client.set_registered_model_alias(version.name, CHALLENGER, str(newest))


def candidate(tracker: Tracker, version: ModelVersion) -> Candidate:
    """A version as the promotion gate sees it."""
    with folder(tracker, version) as path:
        file = path / "predictions" / "nested.csv"
        nested = prediction_files.read(file, json.loads(version.tags["classes"]))[0] if file.exists() else None
    return Candidate(version=str(version.version), tags=version.tags, nested=nested)


def champion(tracker: Tracker, name: str) -> ModelVersion | None:
    return aliased(tracker, name, CHAMPION)


def aliased(tracker: Tracker, name: str, alias: str) -> ModelVersion | None:
    """The version that bears an alias, if one does."""
    found = tracker.store.client.search_registered_models(f"name = '{name}'")
    number = found[0].aliases.get(alias) if found else None
    return None if number is None else tracker.store.client.get_model_version(name, str(number))


def promote(tracker: Tracker, version: ModelVersion) -> None:
    """Make a version the champion and remember whom it succeeds. The gate must have agreed; a second call changes nothing."""
    name, number, before = version.name, str(version.version), champion(tracker, version.name)
    if before is not None and str(before.version) == number:
        return
    client = tracker.store.client
    client.set_model_version_tag(name, number, PREVIOUS, "" if before is None else str(before.version))
    client.set_model_version_tag(name, number, PROMOTED_AT, _now())
    client.set_registered_model_alias(name, CHAMPION, number)  # the one step that counts
    if before is not None:
        client.set_model_version_tag(name, str(before.version), DEMOTED_AT, _now())
    challenger = aliased(tracker, name, CHALLENGER)
    if challenger is not None and str(challenger.version) == number:
        client.delete_registered_model_alias(name, CHALLENGER)


def predecessor(tracker: Tracker, name: str) -> tuple[ModelVersion, ModelVersion]:
    """The champion and the version it succeeded."""
    now = champion(tracker, name)
    previous = now.tags.get(PREVIOUS, "") if now is not None else ""
    if now is None or not previous:
        state = "there is no champion" if now is None else f"version {now.version} is the first champion"
        raise ValueError(f"A rollback needs a champion that succeeded another, but of '{name}' {state}. Promote one: --version N.")
    return now, resolve(tracker, name, previous)


def rollback(tracker: Tracker, name: str) -> ModelVersion:
    """Give the champion's place back to the version it succeeded."""
    now, before = predecessor(tracker, name)
    client = tracker.store.client
    client.set_model_version_tag(name, str(before.version), PROMOTED_AT, _now())
    client.set_registered_model_alias(name, CHAMPION, str(before.version))
    client.set_model_version_tag(name, str(now.version), DEMOTED_AT, _now())
    return before


def find(tracker: Tracker, name: str, identity: str) -> ModelVersion | None:
    versions = tracker.store.client.search_model_versions(f"name = '{name}'")
    return next((version for version in versions if version.tags.get(KEY) == identity), None)


def version_tags(release: Release) -> dict[str, str]:
    """What the promotion gate and a reader of the registry need."""
    sweep, recipe = release.sweep, release.recipe
    nested = next((score for score in release.scores if score.rule == "nested"), None)
    stages = (recipe.protocol.feature_stage, sweep.tags.get("feature_stage", "in_fold"))
    tags = {
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
    }
    for score in release.scores:
        tags |= {f"{score.rule}.{metric}": repr(score.value(metric)) for metric in SHOWN}
    return tags


def num_scored_folds(sweep: SweepResult, nested: Score | None) -> int:
    """Folds whose held-out clips all have a prediction."""
    predicted = set(nested.predictions.keys) if nested else set()
    held_out = {name: record.held_out.keys for trial in sweep.trials for name, record in trial.folds.items()}
    return sum(bool(held_out.get(name)) and set(held_out[name]) <= predicted for name in sweep.fold_names)


def load(tracker: Tracker, name: str, version: str = CHAMPION) -> program.Predict:
    """A registered program by version number or alias."""
    with folder(tracker, resolve(tracker, name, version)) as path:
        return program.load(path)


def resolve(tracker: Tracker, name: str, version: str) -> ModelVersion:
    """A version by its number or alias."""
    client = tracker.store.client
    try:
        return client.get_model_version(name, version) if version.isdecimal() else client.get_model_version_by_alias(name, version)
    except MlflowException as error:
        raise ValueError(
            f"A registered model must be named with a version or alias it has, but '{name}' in {tracker.uri} has no '{version}'. "
            f"Register one: python -m orchestrator.sweep {name}; or make the champion: python -m orchestrator.promote {name}"
        ) from error


@contextmanager
def folder(tracker: Tracker, version: ModelVersion) -> Iterator[Path]:
    """A copy of the version's files on this machine, for as long as it is needed."""
    address = tracker.store.client.get_model_version_download_uri(version.name, str(version.version))
    with tempfile.TemporaryDirectory(prefix="losotune-model-") as copy:
        yield Path(mlflow.artifacts.download_artifacts(address, dst_path=copy, tracking_uri=tracker.uri, registry_uri=tracker.uri))


def _files(release: Release) -> dict[str, str]:
    """What a version is, as text beside its program; part of its identity."""
    sweep, recipe = release.sweep, release.recipe
    described = {"recipe": flatten(recipe), "paper": recipe.paper, "classes": sweep.classes, "seed": sweep.seed}
    return {
        "recipe.json": json.dumps(described, indent=1),
        "shards.json": json.dumps({**release.shards, "digest": sweep.data_digest}, indent=1, default=str),
        "model_card.md": model_card(sweep, recipe, release.scores),
        **{f"predictions/{score.rule}.csv": to_csv(score.predictions) for score in release.scores},
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
