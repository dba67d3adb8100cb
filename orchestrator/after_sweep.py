"""After a sweep: what installed packages want done when one has ended, such as the dashboards' report.

Imports lead to the orchestrator, never from it to pages, so a sweep knows its hooks by their entry points alone: functions of the group
``losotune.after_sweep`` (pyproject.toml) that take an ``EndedSweep`` and return a line for people. A hook's module is also a command, which
does the same again: ``python -m <module> SWEEP --home HOME``. Hooks run last, when all is recorded and promoted: one that fails costs its
own output, never the sweep. They run after each command that ends the sweep, also one that found nothing left to do, so each is idempotent.
"""

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

GROUP = "losotune.after_sweep"


@dataclass(frozen=True, kw_only=True)
class EndedSweep:
    """A sweep whose results are recorded."""

    name: str
    home: Path
    tracking_uri: str | None
    storage: str | None


def run_hooks(ended: EndedSweep) -> Iterator[str]:
    """Run every hook, in the order of their names; a line of each, also of one that failed."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            with redirect_stdout(sys.stderr):  # standard output belongs to --json
                line = str(entry.load()(ended))
        except Exception as error:  # whatever it is: the sweep has ended well
            line = _failed(entry, ended, error)
        yield line


def _failed(entry: EntryPoint, ended: EndedSweep, error: Exception) -> str:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    addresses = {"--tracking-uri": ended.tracking_uri, "--storage": ended.storage}
    given = "".join(f" {flag} ..." for flag, address in addresses.items() if address)  # addresses may hold passwords
    again = f"python -m {entry.module} {ended.name} --home {ended.home}{given}"
    return f"warning: the {entry.name} of {ended.name} was not made ({reason}); the sweep itself is whole. Make it again: {again}"
