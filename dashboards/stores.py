"""Stores: whether a database can be looked into without having a part in its making."""

import sqlite3
from contextlib import closing
from pathlib import Path

SQLITE = "sqlite:///"


def in_use(uri: str, table: str) -> bool:
    """Whether an SQLite database is there and its table has rows; a server is taken to be in use.

    MLflow and Optuna create what is missing in whatever they open, and two programs that create one database at once break it.
    """
    if not uri.startswith(SQLITE):
        return True
    path = Path(uri.removeprefix(SQLITE)).absolute()
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            return database.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
    except sqlite3.Error:  # it is being created
        return False
