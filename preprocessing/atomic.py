"""Atomic: files that a reader sees whole or not at all, whatever is killed meanwhile."""

import os
from pathlib import Path
from typing import Any


def temporary_name(path: Path) -> Path:
    """Where a file is written before it is renamed to ``path``."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def write_atomically(path: Path, data: Any) -> None:
    """Temporary file beside it, fsync, rename; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        temporary.write_bytes(data)
        commit(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def commit(temporary: Path, path: Path) -> None:
    """A written temporary file, on disk for good under its name."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
