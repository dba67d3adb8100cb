"""Addresses of servers and databases as they may be shown: a password never reaches a terminal, a log, a tag or an error message."""

import re

_IN_ADDRESS = re.compile(r"(://[^\s:/@]*):\S*@")
"""``postgresql://name:password@host``: up to the last @, since passwords may hold one."""
_IN_OPTIONS = re.compile(r"(password=)[^\s&'\"]+", re.IGNORECASE)
"""``?password=...``, and libpq's own ``password=...``."""


def masked(text: str) -> str:
    """An address, or any text that may hold some, with ``***`` for each password."""
    return _IN_OPTIONS.sub(r"\1***", _IN_ADDRESS.sub(r"\1:***@", text))


def is_server(address: str) -> bool:
    """Whether an MLflow server answers there, rather than a database that this process opens itself."""
    return address.startswith(("http://", "https://"))
