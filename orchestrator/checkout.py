"""Checkout: which commit runs. Beside the code version, which alone names results: what a reader looks up in the history."""

import subprocess
from functools import lru_cache
from pathlib import Path

CHANGED = "-changed"
"""Follows the commit of a checkout whose tracked files differ from it."""


@lru_cache(maxsize=8)
def commit(folder: Path = Path(__file__).parents[1]) -> str | None:
    """The commit of the checkout at ``folder``; None for an installed package, in a job's copy of the checkout, or without git."""
    if not (folder / ".git").exists():  # a folder above may be somebody else's checkout
        return None
    found, changed = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain", "--untracked-files=no")
    return None if found is None else found + (CHANGED if changed else "")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
