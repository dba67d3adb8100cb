"""Prediction files of other people's methods, told apart by their content.

CSV      corpus,subject,clip,truth,prediction    labels as class indices or names; the header may be left out
MEGC     the challenge's submission log: a line "corpus subject", then lines "clip truth prediction"
authors  "Subject: X", "Predicted : [..]", "Ground Truth : [..]" as public training scripts print them
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from orchestrator.metrics import Predictions

COLUMNS = ("corpus", "subject", "clip", "truth", "prediction")
MEGC_CLASSES = ("negative", "positive", "surprise")
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?")
Lines = list[tuple[int, str]]


class Row(NamedTuple):
    line: int
    corpus: str
    subject: str
    clip: str
    truth: str
    prediction: str

    @property
    def key(self) -> str:
        return f"{self.corpus}/{self.subject}/{self.clip}"


def read(path: Path, classes: Sequence[str] = ()) -> tuple[Predictions, str]:
    """The predictions and the name of the format they came in."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"A prediction file must be UTF-8 text, but {path} is not ({error.reason} at byte {error.start}).") from error
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise ValueError(f"A prediction file must hold predictions, but {path} is empty.")
    name, reader = _format(lines)
    try:
        return _predictions(list(reader(lines)), tuple(classes) or (() if name == "CSV" else MEGC_CLASSES)), name
    except ValueError as error:
        raise ValueError(f"{error} (In {path}, read as {name}; python -m orchestrator.score --help describes the formats.)") from error


def _format(lines: Lines) -> tuple[str, Callable[[Lines], Iterator[Row]]]:
    if any(line.startswith("Subject:") for _, line in lines):
        return "authors' log", _authors
    return ("CSV", _csv) if "," in lines[0][1] else ("MEGC log", _megc)


def _csv(lines: Lines) -> Iterator[Row]:
    rows = [[cell.strip() for cell in cells] for cells in csv.reader(line for _, line in lines)]
    if len(rows) != len(lines):
        raise ValueError("Every row must be one line, but a quoted cell spans several.")
    header = [{"predicted": "prediction"}.get(cell.lower(), cell.lower()) for cell in rows[0]]
    named = "truth" in header or "prediction" in header
    if named and not set(COLUMNS) <= set(header):
        raise ValueError(f"Line {lines[0][0]}: the columns must be {', '.join(COLUMNS)}, but got {', '.join(header)}.")
    order = [header.index(column) for column in COLUMNS] if named else list(range(len(COLUMNS)))
    width = len(header) if named else len(COLUMNS)
    for (number, line), cells in list(zip(lines, rows, strict=True))[named:]:
        if len(cells) != width or not all(cells[column] for column in order):
            raise ValueError(f"Line {number} must have {width} filled columns, {','.join(COLUMNS)}, but is '{line}'.")
        yield Row(number, *(cells[column] for column in order))


def _megc(lines: Lines) -> Iterator[Row]:
    fold: list[str] = []
    for number, line in lines:
        words = line.split()
        if len(words) == 2:
            fold = words
        elif len(words) == 3 and fold:
            yield Row(number, fold[0], fold[1], *words)
        else:
            raise ValueError(f"Line {number} must be 'corpus subject' or, below one, 'clip truth prediction', but is '{line}'.")


def _authors(lines: Lines) -> Iterator[Row]:
    """These logs name neither corpus nor clip: corpora are told from the MEGC2019 spelling of subjects, clips numbered within theirs."""
    blocks: list[tuple[int, str, dict[str, list[str]]]] = []
    for number, line in lines:
        key, _, text = (part.strip() for part in line.partition(":"))
        if key == "Subject":
            blocks.append((number, text, {}))
        elif key in ("Predicted", "Ground Truth") and blocks:
            blocks[-1][2][key] = _list(text, number)
    for number, subject, lists in blocks:
        truth, predicted = lists.get("Ground Truth", []), lists.get("Predicted", [])
        if not truth or len(truth) != len(predicted):
            raise ValueError(
                f"Line {number}: subject {subject} must have one prediction per label, but got {len(predicted)} for {len(truth)}."
            )
        for index, pair in enumerate(zip(truth, predicted, strict=True), start=1):
            yield Row(number, _megc_corpus(subject), subject, f"clip{index}", *pair)


def _list(text: str, line: int) -> list[str]:
    try:
        return [str(label) for label in json.loads(text)]
    except (json.JSONDecodeError, TypeError) as error:
        raise ValueError(f"Line {line} must end in a list of labels like [0, 1, 2], but ends in '{text}'.") from error


def _megc_corpus(subject: str) -> str:
    spellings = {"samm": r"\d{1,3}", "smic": r"s\d{1,2}", "casme2": r"sub\d{2}"}
    return next((corpus for corpus, pattern in spellings.items() if re.fullmatch(pattern, subject)), "unknown")


def _predictions(rows: list[Row], classes: tuple[str, ...]) -> Predictions:
    if not rows:
        raise ValueError("There must be at least one prediction, but there is none.")
    seen: dict[str, Row] = {}
    for row in rows:
        if (first := seen.setdefault(row.key, row)) is not row:
            raise ValueError(f"Line {row.line} predicts the clip {row.key} again, which line {first.line} already does.")
    classes = classes or _classes(rows)
    indices = {**{str(index): index for index in range(len(classes))}, **{name: index for index, name in enumerate(classes)}}
    for row in rows:
        if unknown := {row.truth, row.prediction} - set(indices):
            raise ValueError(f"Line {row.line}: a label must be one of {', '.join(classes)} or its index, but got '{min(unknown)}'.")
    return Predictions(
        corpus=tuple(row.corpus for row in rows),
        subject=tuple(row.subject for row in rows),
        clip=tuple(row.clip for row in rows),
        truth=np.array([indices[row.truth] for row in rows]),
        predicted=np.array([indices[row.prediction] for row in rows]),
        classes=classes,
    )


def _classes(rows: list[Row]) -> tuple[str, ...]:
    """Indices count up from 0; the names of the challenge keep its order, other names are sorted."""
    labels = {label for row in rows for label in (row.truth, row.prediction)}
    if all(label.isdecimal() for label in labels):
        return tuple(map(str, range(max(map(int, labels)) + 1)))
    for row in rows:
        if NUMBER.fullmatch(row.truth) or NUMBER.fullmatch(row.prediction):
            raise ValueError(f"Line {row.line} mixes numbers and class names. Name the classes: --classes negative,positive,surprise")
    return MEGC_CLASSES if labels <= set(MEGC_CLASSES) else tuple(sorted(labels))
