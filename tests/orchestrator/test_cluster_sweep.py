"""A real sweep with everything on servers: PostgreSQL for the study, MLflow with a password over PostgreSQL and S3; and ``kill -9``."""

from pathlib import Path

import pytest

from orchestrator.ledger import Ledger
from tests.orchestrator.ray_examples import HALF_WAY, Left, finish, left, start, wait_for_folds
from tests.servers import ADMIN_PASSWORD, PASSWORD, MlflowServer, Postgres

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_mlflow_is_killed_in_mid_sweep_and_nothing_is_lost(
    undisturbed: Left, new_home: Path, postgres: Postgres, mlflow_server: MlflowServer, known_user: None
) -> None:
    """It stays away to the end: every trial ends without it, and the same command, once it is back, has only to write."""
    storage = postgres.database("optuna")
    servers = ("--storage", storage, "--tracking-uri", mlflow_server.address)
    running = start(new_home, *servers)
    try:
        wait_for_folds(running, new_home, HALF_WAY)
        mlflow_server.kill()
        assert running.ended() == 1 and running.err.splitlines()[-1].startswith("error: MLflow must be reachable to write runs")
        trained = len(Ledger(new_home).executions())
        assert trained > HALF_WAY
    finally:
        running.end()
        mlflow_server.start()
    again = start(new_home, *servers)
    try:
        document = finish(again)
    finally:
        again.end()
    assert document["num_trained"] == 1, "the refit alone: the search was done"
    assert left(document, new_home, uri=mlflow_server.address, storage=storage) == undisturbed
    assert not (new_home / "mlflow.db").exists() and not (new_home / "optuna.db").exists()
    assert not any(secret in one.out + one.err for secret in (PASSWORD, ADMIN_PASSWORD) for one in (running, again))
