"""Patches: published corrections of official sheets, as data. A patch is applied only where the error it corrects is really there.

A correction is addressed by (subject, filename), or, where its source publishes only a row, by that row of a sheet of exactly that length.
It is left out where the sheet already has another value than the published wrong one (``old``), or, where the wrong value was not
published, where the sheet's value is possible; and always where the new number is not among the frames on disk.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from preprocessing.options import Plain
from preprocessing.sheets import Row, number

OPTIONS: dict[str, Plain] = {
    "patches": True,  # false: the sheet as it is
    "skip_patches": "",  # names of corrections to leave out, separated by commas
}
"""Every corpus that has a sheet has these."""
APPLIED = "applied"

Field = Literal["onset", "apex", "offset", "emotion", "action_units"]
Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One correction of one cell."""

    field: Field
    new: str
    source: str
    """Who published it, and on what grounds."""
    subject: str = ""
    filename: str = ""
    row: int | None = None
    num_rows: int | None = None
    """The length of the sheet that ``row`` counts in."""
    old: str | None = None
    """The wrong value; None: not published."""

    def __post_init__(self) -> None:
        if (self.row is None) != bool(self.subject and self.filename) or (self.row is None) != (self.num_rows is None):
            raise ValueError(f"A patch must be addressed by (subject, filename) or (row, num_rows), but got {self}. Fix the corpus module.")

    @property
    def name(self) -> str:
        return f"{self.subject}/{self.filename}/{self.field}" if self.row is None else f"{self.num_rows}rows/row{self.row}/{self.field}"

    @property
    def number(self) -> int | None:
        """The new frame number, if the field is one."""
        return number(self.new) if self.field in ("onset", "apex", "offset") else None


def apply(
    rows: Sequence[Row], known: Sequence[Patch], span_of: Callable[[Row], Span | None], *, patches: bool = True, skip_patches: str = ""
) -> tuple[list[Row], list[tuple[str, str]]]:
    """The corrected rows, and for each known patch its name and what became of it.

    ``span_of`` gives first and last frame number on disk of a row's clip; None: no frames.
    """
    skipped = _names(skip_patches, known)
    corrected, outcomes = list(rows), []
    for patch in known:
        if not patches or patch.name in skipped:
            outcomes.append((patch.name, "switched off"))
            continue
        at = _find(patch, corrected)
        outcome = "no such row in this sheet" if at is None else _outcome(patch, corrected[at], span_of(corrected[at]))
        if at is not None and outcome == APPLIED:
            row = corrected[at]
            outcome = f"{APPLIED} to {row.subject}/{row.filename}: {getattr(row, patch.field) or 'nothing'} -> {patch.new} ({patch.source})"
            change: dict[str, Any] = {patch.field: patch.new}
            corrected[at] = dataclasses.replace(row, **change)
        outcomes.append((patch.name, outcome))
    return corrected, outcomes


def _names(skip_patches: str, known: Sequence[Patch]) -> set[str]:
    names = {name.strip() for name in skip_patches.split(",") if name.strip()}
    unknown = sorted(names - {patch.name for patch in known})
    if unknown:
        listed = ", ".join(patch.name for patch in known) or "none"
        raise ValueError(f"Option skip_patches must name known corrections, but got {', '.join(unknown)}. They are: {listed}.")
    return names


def _find(patch: Patch, rows: Sequence[Row]) -> int | None:
    for at, row in enumerate(rows):
        if patch.row is None and (row.subject, row.filename) == (patch.subject, patch.filename):
            return at
        if patch.row is not None and len(rows) == patch.num_rows and row.number == patch.row:
            return at
    return None


def _outcome(patch: Patch, row: Row, span: Span | None) -> str:
    current = str(getattr(row, patch.field))
    if current == patch.new:
        return "not needed: the sheet is correct"
    if patch.old is not None and current != patch.old:
        return f"not applied: the sheet says '{current}', not '{patch.old}'"
    if patch.old is None and not _is_impossible(patch, row, span):
        return f"not applied: '{current}' is possible"
    if patch.number is not None and span and not span[0] <= patch.number <= span[1]:
        return f"not applied: {patch.number} is outside of the frames on disk, {span[0]} to {span[1]}"
    return APPLIED


def _is_impossible(patch: Patch, row: Row, span: Span | None) -> bool:
    """Whether a frame number is missing, out of order or, as far as frames are there, not on disk."""
    try:
        current = number(str(getattr(row, patch.field)))
        onset, offset = number(row.onset), number(row.offset)
    except ValueError:
        return True
    if current is None or onset is None or offset is None or not onset <= current <= offset:
        return True
    return span is not None and not span[0] <= current <= span[1]
