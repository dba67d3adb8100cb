"""Addresses are shown without passwords, wherever they stand in a text."""

import pytest

from orchestrator.addresses import is_server, masked


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://lab:pw@db:5432/optuna", "postgresql://lab:***@db:5432/optuna"),
        ("postgresql+psycopg://lab:p@w/1@db/optuna", "postgresql+psycopg://lab:***@db/optuna"),
        ("https://lab:pw@mlflow:5000", "https://lab:***@mlflow:5000"),
        ("postgresql://db/optuna?user=lab&password=pw&sslmode=require", "postgresql://db/optuna?user=lab&password=***&sslmode=require"),
        (
            "no connection to 'postgresql://lab:pw@db/x': password=pw is wrong",
            "no connection to 'postgresql://lab:***@db/x': password=*** is wrong",
        ),
        ("postgresql://lab@db/optuna", "postgresql://lab@db/optuna"),
        ("sqlite:////home/lab/optuna.db", "sqlite:////home/lab/optuna.db"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_passwords_are_masked(given: str, shown: str) -> None:
    assert masked(given) == shown and masked(shown) == shown


def test_servers_are_told_from_databases() -> None:
    assert is_server("https://mlflow:5000") and not is_server("postgresql://db/http") and not is_server("sqlite:////http.db")
