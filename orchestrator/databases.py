"""Databases at an address: whether one answers, told in seconds. MLflow and Optuna ask again for minutes before they say so."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from orchestrator.addresses import is_server, masked

CONNECT_TIMEOUT_S = 10
PATIENCE_S = 60.0
"""For a database server that is restarted."""
MAY_CREATE = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")


def is_remote(address: str) -> bool:
    """Whether a database server keeps it: no file of this machine, and no MLflow server."""
    return not is_server(address) and not address.startswith("sqlite")


@contextmanager
def connected(address: str) -> Iterator[Connection]:
    """One connection to a database server.

    Raises:
        ValueError: no such address, or its driver is not installed.
        ConnectionError: it does not answer, or refuses user or password.
    """
    try:
        url = make_url(address)
        engine = create_engine(url, poolclass=NullPool, **options_of(url))
    except (ArgumentError, ModuleNotFoundError) as error:
        raise ValueError(
            f"A database address must name a database whose driver is installed, but '{masked(address)}' gives: {said(error)}. "
            "Write postgresql://user@host:5432/name and: pip install 'psycopg[binary]'"
        ) from error
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise ConnectionError(said(error)) from error


def options_of(url: URL) -> dict[str, Any]:
    """For an engine on a server: a host that does not answer costs seconds, and a connection that was dropped is noticed and replaced."""
    timeout = {"connect_timeout": CONNECT_TIMEOUT_S} if url.get_backend_name() == "postgresql" else {}
    return {"connect_args": timeout, "pool_pre_ping": True}


def commit_quickly(engine: Engine) -> None:
    """Let SQLite append what it commits to a log (some 30 ms of waiting for a disk saved each time), and readers go on meanwhile.

    A killed process loses nothing. A machine that loses its power may lose the last commits, never more: the ledger has the folds, and the
    search proposes the same again.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    engine.dispose()  # connections that were made before


def wait_for(engine: Engine) -> None:
    """Return when the engine's server answers; its last error is raised when that takes too long."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with engine.connect():
                return
        except SQLAlchemyError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(1)


def probe(address: str) -> None:
    """Connect to a database server; of other addresses nothing is asked."""
    if is_remote(address):
        with connected(address):
            pass


def may_create_tables(address: str) -> bool:
    """Whether a PostgreSQL user may create tables. Since PostgreSQL 15 only a database's owner may, unless granted."""
    with connected(address) as connection:
        return bool(connection.scalar(MAY_CREATE))


def taken(address: str, error: Exception) -> ValueError:
    """MLflow and Optuna note the version of their tables in one place, and neither finds its own there if the other was first."""
    return ValueError(
        f"MLflow and the study must have a database each, but that at '{masked(address)}' holds other tables ({said(error).rstrip('.')}). "
        "Create another and name it with --storage or --tracking-uri: createdb --owner USER NAME"
    )


def said(error: BaseException) -> str:
    """What a driver says, in one line and without passwords; SQLAlchemy adds statements and links, Optuna hides it as a cause."""
    first = error if isinstance(error, SQLAlchemyError) else error.__cause__ or error
    lines = str(getattr(first, "orig", None) or first).strip().splitlines() or [type(first).__name__]
    return masked(" ".join(line.strip() for line in lines if line.strip()))
