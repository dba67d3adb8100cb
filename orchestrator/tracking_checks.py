"""What is known to go wrong with database servers, an MLflow server and the place of its artifacts. Nothing is left there."""

import os
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator import databases
from orchestrator.addresses import is_server, masked
from orchestrator.findings import Finding

EXPERIMENT = "losotune"
PROBE = "losotune-doctor"
PLACE = text("SELECT artifact_location FROM experiments WHERE name = :name")


def database_server(name: str, address: str) -> Finding:
    """It answers, takes user and password, and lets this user create tables."""
    try:
        may_create = databases.may_create_tables(address)
    except ValueError as error:
        return Finding(name=name, state="fail", found=masked(address), mend=str(error))
    except ConnectionError as error:
        mend = "start the server, correct address or user, or put the password into ~/.pgpass (docs/cluster.md)"
        return Finding(name=name, state="fail", found=f"{masked(address)}: {error}", mend=mend)
    if not may_create:
        owner, base = urlsplit(address).username or "losotune", urlsplit(address).path.strip("/")
        mend = f"as a superuser: ALTER DATABASE {base} OWNER TO {owner} (docs/cluster.md)"
        return Finding(name=name, state="fail", found=f"{masked(address)}: this user may not create tables", mend=mend)
    return Finding(name=name, state="ok", found=f"{masked(address)} answers and lets this user create tables")


def mlflow_server(name: str, address: str) -> Finding:
    """It answers, and takes the user and password of the environment (or of ~/.mlflow/credentials)."""
    from orchestrator.tracking_store import client
    from orchestrator.unavailable import UNAVAILABLE, TrackingUnavailable

    try:
        client(address).search_experiments(max_results=1)
    except UNAVAILABLE as error:
        said = TrackingUnavailable(address, str(error))
        mend = said.mend if said.is_refused else "start the server (docs/cluster.md) or correct --tracking-uri"
        return Finding(name=name, state="fail", found=f"{masked(address)}: {said.first_line}", mend=mend)
    return Finding(name=name, state="ok", found=f"{masked(address)} answers and knows this user")


def artifacts(home: Path, address: str) -> Finding:
    """Where runs put their files: asked of MLflow if it knows, else below the home."""
    try:
        place = _place(home, address)
        _try_writing(place, address)
    except Exception as error:  # each kind of store has its own library with its own errors
        said = masked(" ".join(str(error).split()))[:300] or type(error).__name__
        mend = "give the server a place that it may write (--artifacts-destination), or this user write access to the folder"
        return Finding(name="artifacts", state="fail", found=said, mend=mend)
    return Finding(name="artifacts", state="ok", found=f"{place} can be written")


def _place(home: Path, address: str) -> str:
    known: str | None = None
    if is_server(address):
        from orchestrator.tracking_store import client

        mlflow = client(address)
        found = mlflow.get_experiment_by_name(EXPERIMENT) or mlflow.get_experiment_by_name("Default")
        known = found and found.artifact_location
    elif databases.is_remote(address) or Path(address.partition(":///")[2]).exists():
        known = _recorded_place(address)
    return known or (home / "artifacts").as_uri()


def _recorded_place(address: str) -> str | None:
    """From a database that may hold nothing of MLflow yet."""
    with databases.connected(address) as connection:
        try:
            place = connection.scalar(PLACE, {"name": EXPERIMENT})
        except SQLAlchemyError:
            return None
    return None if place is None else str(place)


def _try_writing(place: str, address: str) -> None:
    parts = urlsplit(place)
    if parts.scheme in ("", "file"):
        folder = Path(unquote(parts.path))
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise PermissionError(f"{nearest} cannot be written")
        return
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    store = get_artifact_repository(place, address, address)
    with tempfile.NamedTemporaryFile(prefix=PROBE) as file:
        store.log_artifact(file.name, PROBE)
        store.delete_artifacts(PROBE)
