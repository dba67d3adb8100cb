"""Databases at an address: whether one answers, told in seconds. MLflow and Optuna ask again for minutes before they say so."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from orchestrator.addresses import is_server, masked

CONNECT_TIMEOUT_S = 10
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
        options = {"connect_timeout": CONNECT_TIMEOUT_S} if url.get_backend_name() == "postgresql" else {}
        engine = create_engine(url, poolclass=NullPool, connect_args=options)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise ValueError(
            f"A database address must name a database whose driver is installed, but '{masked(address)}' gives: {_line(error)}. "
            "Write postgresql://user@host:5432/name and: pip install psycopg2-binary"
        ) from error
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise ConnectionError(_line(error)) from error


def probe(address: str) -> None:
    """Connect to a database server; of other addresses nothing is asked."""
    if is_remote(address):
        with connected(address):
            pass


def may_create_tables(address: str) -> bool:
    """Whether a PostgreSQL user may create tables. Since PostgreSQL 15 only a database's owner may, unless granted."""
    with connected(address) as connection:
        return bool(connection.scalar(MAY_CREATE))


def _line(error: Exception) -> str:
    """What the driver says, in one line and without passwords; SQLAlchemy adds links and statements."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
    return masked(" ".join(line.strip() for line in said if line.strip()))
