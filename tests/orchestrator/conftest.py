"""Fixtures: one sweep that nothing disturbed, and homes that have its shards already."""

import shutil
from pathlib import Path

import pytest

from tests.orchestrator.ray_examples import Left, finish, left, start
from tests.servers import known_user, mlflow_server, postgres, s3

__all__ = ["known_user", "mlflow_server", "postgres", "s3"]


@pytest.fixture(scope="session")
def undisturbed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("undisturbed")


@pytest.fixture(scope="session")
def undisturbed(undisturbed_home: Path) -> Left:
    """What the sweep leaves when nobody disturbs it."""
    running = start(undisturbed_home)
    try:
        return left(finish(running), undisturbed_home)
    finally:
        running.end()


@pytest.fixture
def new_home(undisturbed: Left, undisturbed_home: Path, tmp_path: Path) -> Path:
    """A home with shards and nothing else."""
    shutil.copytree(undisturbed_home / "shards", tmp_path / "home" / "shards")
    return tmp_path / "home"
