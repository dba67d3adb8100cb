"""A finding: what one check of the doctor saw."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Finding:
    name: str
    state: Literal["ok", "warn", "fail"]
    found: str
    mend: str = ""
    """What to do about it; empty where all is well."""
