"""Patches: published corrections of official sheets, as data. A patch is applied only where the error it corrects is really there.

A correction is addressed by (subject, filename), or, where its source publishes only a row, by that row of a sheet of exactly that length.
It is left out where the sheet already has another value than the published wrong one (``old``), or, where the wrong value was not
published, where the sheet's value is possible; and always where the new number is not among the frames on disk. Two rows whose labels
are interchanged (``Exchange``) look like any others: that they are is taken on its source's word.
"""

import dataclasses
import re
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
SWITCHED_OFF = "switched off"
_NO_ROW = "no such row in this sheet"
_UNSURE = re.compile(r"\bor\b|/|\?|\bref\b", re.IGNORECASE)
"""What a cell of action units has that its coders left open: ``4 or 7``, ``12/15``, ``ref(43)``."""

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


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Two rows of a sheet whose labels are interchanged."""

    rows: tuple[int, int]
    num_rows: int
    fields: tuple[Field, ...]
    source: str

    @property
    def name(self) -> str:
        return f"{self.num_rows}rows/rows{self.rows[0]}+{self.rows[1]}/exchange"


Correction = Patch | Exchange


def apply(
    rows: Sequence[Row], known: Sequence[Correction], span_of: Callable[[Row], Span | None], *, patches: bool = True, skip_patches: str = ""
) -> tuple[list[Row], list[tuple[str, str]]]:
    """The corrected rows, and for each known correction its name and what became of it.

    ``span_of`` gives first and last frame number on disk of a row's clip; None: no frames.
    """
    skipped = _names(skip_patches, known)
    corrected, outcomes = list(rows), []
    for correction in known:
        if not patches or correction.name in skipped:
            outcome = SWITCHED_OFF
        elif isinstance(correction, Exchange):
            outcome = _exchange(correction, corrected)
        else:
            outcome = _correct(correction, corrected, span_of)
        outcomes.append((correction.name, outcome))
    return corrected, outcomes


def _names(skip_patches: str, known: Sequence[Correction]) -> set[str]:
    names = {name.strip() for name in skip_patches.split(",") if name.strip()}
    unknown = sorted(names - {correction.name for correction in known})
    if unknown:
        listed = ", ".join(correction.name for correction in known) or "none"
        raise ValueError(f"Option skip_patches must name known corrections, but got {', '.join(unknown)}. They are: {listed}.")
    return names


def _correct(patch: Patch, rows: list[Row], span_of: Callable[[Row], Span | None]) -> str:
    """Correct one cell in place and say so, or why not."""
    at = _find(patch, rows)
    if at is None:
        return _NO_ROW
    row = rows[at]
    outcome = _outcome(patch, row, span_of(row))
    if outcome != APPLIED:
        return outcome
    change: dict[str, Any] = {patch.field: patch.new}
    rows[at] = dataclasses.replace(row, **change)
    return f"{APPLIED} to {row.subject}/{row.filename}: {getattr(row, patch.field) or 'nothing'} -> {patch.new} ({patch.source})"


def _exchange(exchange: Exchange, rows: list[Row]) -> str:
    """Interchange two rows' labels in place and say so, or why not."""
    places = [at for at, row in enumerate(rows) if row.number in exchange.rows]
    if len(rows) != exchange.num_rows or len(places) != 2:
        return _NO_ROW
    first, second = (rows[at] for at in places)
    labels: list[dict[str, Any]] = [{str(name): getattr(row, name) for name in exchange.fields} for row in (first, second)]
    if labels[0] == labels[1]:
        return "not needed: both rows have the same labels"
    for at, row, other in ((places[0], first, labels[1]), (places[1], second, labels[0])):
        rows[at] = dataclasses.replace(row, **other)
    clips = " and ".join(f"{row.subject}/{row.filename}" for row in (first, second))
    return f"{APPLIED} to {clips}: {', '.join(exchange.fields)} interchanged ({exchange.source})"


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
    if patch.old is None and not _is_wrong(patch, row, span):
        return f"not applied: '{current}' is possible"
    if patch.number is not None and span and not span[0] <= patch.number <= span[1]:
        return f"not applied: {patch.number} is outside of the frames on disk, {span[0]} to {span[1]}"
    return APPLIED


def _is_wrong(patch: Patch, row: Row, span: Span | None) -> bool:
    """Whether action units are left open, or a frame number is missing, out of order or, as far as frames are there, not on disk."""
    if patch.field == "action_units":
        return bool(_UNSURE.search(row.action_units))
    try:
        current = number(str(getattr(row, patch.field)))
        onset, offset = number(row.onset), number(row.offset)
    except ValueError:
        return True
    if current is None or onset is None or offset is None or not onset <= current <= offset:
        return True
    return span is not None and not span[0] <= current <= span[1]
