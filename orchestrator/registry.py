"""Registry: a version per refit, immutable: the same sweep, weights, recipe and predictions give the version that is there.

Two aliases say what versions are for: ``challenger`` is the newest candidate, ``champion`` the one in use. Only ``champions``
moves the champion. What a version is made of: ``release``.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from orchestrator import prediction_files, release
from orchestrator.addresses import masked
from orchestrator.gate import Candidate
from orchestrator.release import Release
from orchestrator.tracking import Tracker
from orchestrator.tracking_store import KEY, SWEEP

CHAMPION, CHALLENGER = "champion", "challenger"
CARD_LENGTH = 5000
"""The registry's limit for a description; ``model_card.md`` beside the program is whole."""


def register(tracker: Tracker, sweep_run_id: str, made: Release, *, name: str | None = None) -> ModelVersion:
    """Register a release as the newest version of ``name`` (default: the model's name) and call it the challenger."""
    name, identity = name or made.sweep.model, release.identity(made)
    version = find(tracker, name, identity) or _create(tracker, sweep_run_id, made, name, identity)
    _offer(tracker, version)
    return version


def _create(tracker: Tracker, sweep_run_id: str, made: Release, name: str, identity: str) -> ModelVersion:
    client = tracker.store.client
    with tempfile.TemporaryDirectory(prefix="losotune-model-") as folder:
        path = Path(folder) / "model"
        release.write(made, path)
        logged = client.create_logged_model(
            tracker.store.experiment_id, name, sweep_run_id, {SWEEP: made.sweep.name}, model_type="classifier"
        )
        client.log_model_artifacts(logged.model_id, str(path))
    client.finalize_logged_model(logged.model_id, "READY")
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    tags = {**release.tags(made), KEY: identity, "sweep_run_id": sweep_run_id}  # in one step with the version: found whole or not at all
    # A server resolves models:/ itself; without one MLflow 3.17 would look the id up in its global tracking address, not in ours.
    source = f"models:/{logged.model_id}" if tracker.uri.startswith("http") else logged.artifact_location
    card = release.card(made)[:CARD_LENGTH]
    return client.create_model_version(name, source, sweep_run_id, tags, description=card, model_id=logged.model_id)


def _offer(tracker: Tracker, version: ModelVersion) -> None:
    """The newest version is the challenger, unless it is the champion already."""
    latest = newest(tracker, version.name)
    now = champion(tracker, version.name)
    if int(version.version) == latest and (now is None or int(now.version) != latest):
        tracker.store.client.set_registered_model_alias(version.name, CHALLENGER, str(latest))


def newest(tracker: Tracker, name: str) -> int:
    """The number of the newest version; 0 if there is none."""
    return max((int(known.version) for known in tracker.store.client.search_model_versions(f"name = '{name}'")), default=0)


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


def find(tracker: Tracker, name: str, identity: str) -> ModelVersion | None:
    versions = tracker.store.client.search_model_versions(f"name = '{name}'")
    return next((version for version in versions if version.tags.get(KEY) == identity), None)


def resolve(tracker: Tracker, name: str, version: str) -> ModelVersion:
    """A version by its number or alias."""
    client = tracker.store.client
    try:
        return client.get_model_version(name, version) if version.isdecimal() else client.get_model_version_by_alias(name, version)
    except MlflowException as error:
        raise ValueError(
            f"A registered model must be named with a version or alias it has, but '{name}' in {masked(tracker.uri)} has no '{version}'"
            f"{f' (its newest version is {known})' if (known := newest(tracker, name)) else ''}. "
            f"Register one: python -m orchestrator.sweep {name}; or make the champion: python -m orchestrator.promote {name}"
        ) from error


@contextmanager
def folder(tracker: Tracker, version: ModelVersion) -> Iterator[Path]:
    """A copy of the version's files on this machine, for as long as it is needed."""
    address = tracker.store.client.get_model_version_download_uri(version.name, str(version.version))
    with tempfile.TemporaryDirectory(prefix="losotune-model-") as copy:
        yield Path(mlflow.artifacts.download_artifacts(address, dst_path=copy, tracking_uri=tracker.uri, registry_uri=tracker.uri))
