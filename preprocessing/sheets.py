"""Sheets: annotation tables (.xlsx, .xls, .csv) as rows of text, and the columns that all micro-expression corpora share.

A cell is text as a person reads it: 46 and 46.0 are "46". The header is found by its columns, however many notes stand above it.
"""

import contextlib
import csv
import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

ABSENT = frozenset({"", "/", "\\", "-", "nan", "none"})
"""What sheets write where there is no number."""
_MAX_NOTES = 40


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table as text."""

    path: Path
    header: tuple[str, ...]
    """Column names; those without one are ``Unnamed: 2`` by position, as pandas has them."""
    rows: tuple[Mapping[str, str], ...]
    num_notes: int
    """Rows above the header."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One labelled video as its sheet has it: text, before corrections."""

    number: int
    """0-based below the header, as published corrections count."""
    subject: str
    filename: str
    onset: str
    apex: str
    offset: str
    emotion: str
    action_units: str = ""


def find_sheet(root: Path, patterns: Sequence[str], name: str = "") -> Path:
    """The annotation file at or directly beside ``root``: the one called ``name`` or else the only one that fits a pattern."""
    if name:
        if Path(name).name != name or not (root / name).is_file():
            raise ValueError(f"Option sheet must name a file in the corpus folder, but got '{name}' for {root}. Check --option sheet.")
        return root / name
    for folder in (root, root.parent):
        found = [path for path in _files(folder) if any(fnmatch.fnmatch(path.name.lower(), pattern.lower()) for pattern in patterns)]
        if len(found) > 1:
            listed = ", ".join(path.name for path in found)
            raise ValueError(f"The annotation sheet must be one file, but got {listed} in {folder}. Choose: --option sheet=NAME.")
        if found:
            return found[0]
    raise ValueError(f"The annotation sheet must be named like {' or '.join(patterns)}, but none is in {root}. Check --root.")


def _files(folder: Path) -> list[Path]:
    """Files by name, without those that Excel locks an open book with."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(("~", "."))) if folder.is_dir() else []


def read_sheet(path: Path, required: Sequence[str], sheet_name: str | None = None) -> Sheet:
    """The table below the first row that has all ``required`` columns; rows without any text are left out."""
    table = [[text(cell) for cell in row] for row in _cells(path, sheet_name)]
    for at, cells in enumerate(table[:_MAX_NOTES]):
        if set(required) <= set(cells):
            header = tuple(cell or f"Unnamed: {column}" for column, cell in enumerate(cells))
            while header and header[-1].startswith("Unnamed: "):
                header = header[:-1]
            rows = tuple(dict(zip(header, cells, strict=False)) for cells in table[at + 1 :] if any(cells[: len(header)]))
            return Sheet(path=path, header=header, rows=rows, num_notes=at)
    raise ValueError(f"The sheet must have the columns {', '.join(required)}, but no row of {path} has them. Use the corpus' own sheet.")


def labelled_rows(sheet: Sheet, columns: Mapping[str, str], subject: Callable[[str], str]) -> list[Row]:
    """The sheet's rows by the columns that hold each field of ``Row``; rows without subject and file name are notes, not clips."""
    rows = []
    for at, cells in enumerate(sheet.rows):
        fields = {name: cells.get(column, "") for name, column in columns.items()}
        if fields["subject"] or fields["filename"]:
            rows.append(Row(number=at, **(fields | {"subject": subject(fields["subject"])})))
    return rows


def spelled(prefix: str, digits: int) -> Callable[[str], str]:
    """How a corpus spells its subjects: ``spelled("sub", 2)`` turns 1, "01" and "sub01" into "sub01"; other text stays as it is."""

    def spell(subject: str) -> str:
        match = re.fullmatch(rf"(?:{re.escape(prefix)})?0*(\d+)", subject, re.IGNORECASE)
        return f"{prefix}{int(match[1]):0{digits}d}" if match else subject

    return spell


def read_table(path: Path, sheet_name: str | None = None) -> list[list[str]]:
    """All rows of a table without header, as text; rows without any text are left out."""
    table = [[text(cell) for cell in row] for row in _cells(path, sheet_name)]
    return [cells for cells in table if any(cells)]


def text(cell: Any) -> str:
    """A cell as a person reads it."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def number(cell: str) -> int | None:
    """A frame number; None where there is none. Anything else raises."""
    if cell.lower() in ABSENT:
        return None
    if not cell.isascii() or not cell.isdigit():
        raise ValueError(f"a frame number must be a whole number, but got '{cell}'")
    return int(cell)


def _cells(path: Path, sheet_name: str | None) -> Iterator[Sequence[Any]]:
    readers = {".xlsx": _xlsx, ".xls": _xls, ".csv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"A sheet must be .xlsx, .xls or .csv, but got {path}. Save it as one of these.")
    return reader(path, sheet_name)


def _xlsx(path: Path, sheet_name: str | None) -> Iterator[Sequence[Any]]:
    import zipfile  # here and below: readers are imported only where a sheet is read
    import zlib
    from xml.etree.ElementTree import ParseError

    import openpyxl

    try:
        with contextlib.closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
            table = book[_choose(book.sheetnames, sheet_name)]
            table.reset_dimensions()  # some writers state wrong ones
            yield from table.iter_rows(values_only=True)
    except (zipfile.BadZipFile, zlib.error, ParseError, KeyError, OSError, ValueError) as error:
        raise ValueError(f"A sheet must be a readable .xlsx file, but {path} is not ({error}). Copy it again.") from error


def _xls(path: Path, sheet_name: str | None) -> Iterator[Sequence[Any]]:
    import xlrd

    try:
        book = xlrd.open_workbook(path)
    except (xlrd.XLRDError, OSError) as error:
        raise ValueError(f"A sheet must be a readable .xls file, but {path} is not ({error}). Copy it again.") from error
    table = book.sheet_by_name(_choose(book.sheet_names(), sheet_name))
    return (table.row_values(row) for row in range(table.nrows))


def _csv(path: Path, sheet_name: str | None) -> Iterator[Sequence[Any]]:
    with open_csv(path) as file:
        yield from csv.reader(file)


@contextlib.contextmanager
def open_csv(path: Path) -> Iterator[TextIO]:
    """A .csv file's text; one that is none is a ValueError, when it is opened or read."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield file
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"A table must be a readable .csv file in UTF-8, but {path} is not ({error}). Copy or save it again.") from error


def _choose(names: Sequence[str], wanted: str | None) -> str:
    return wanted if wanted is not None and wanted in names else names[0]
