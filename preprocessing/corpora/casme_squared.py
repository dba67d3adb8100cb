"""CAS(ME)^2: micro- and macro-expressions of 22 subjects in long videos at 30 frames a second (57 and 300 in the sheet).

Sheet    `CAS(ME)^2code_final.xlsx`, no header: participant 1 to 22, video and number of the expression (`disgust2_2`), onset, apex, offset
         (0: missing, the apex takes its place), action units, emotion, kind, self-report.
Raw      `rawpic/s15/15_0101disgustingteeth/img001.jpg`: whole videos, named by the stimulus' code.
Cropped  `cropped/15/anger1_1/img572.jpg`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from preprocessing import patches as corrections
from preprocessing.clip import Clip
from preprocessing.frame_files import image_facts, image_folder, numbered, subfolders
from preprocessing.options import Plain
from preprocessing.sheet_clips import Source, survey_rows
from preprocessing.sheets import Row, find_sheet, read_table
from preprocessing.survey import Problem, Survey

OPTIONS: dict[str, Plain] = {
    "expressions": "micro",  # or macro, all
    "images": "raw",  # or cropped
    "sheet": "",  # the sheet's file name, where several lie side by side
    **corrections.OPTIONS,
}
FPS = 30.0
SHEETS = ("CAS(ME)^2code_final*.xlsx", "CAS(ME)2code_final*.xlsx")
IMAGES = {"raw": ("rawpic",), "cropped": ("cropped",)}
SUBJECT = r"s?(\d+)"
FOLDERS = (15, 16, *range(19, 28), *range(29, 39), 40)
"""Folder number of participants 1 to 22."""
CODES = {
    "disgust1": "0101", "disgust2": "0102", "anger1": "0401", "anger2": "0402", "happy1": "0502", "happy2": "0503", "happy3": "0505",
    "happy4": "0507", "happy5": "0508",
}  # fmt: skip
"""Stimulus in the sheet -> its code in a raw video's name."""
EXPRESSIONS = ("micro", "macro", "all")
_NUM_COLUMNS = 8
_VARIANTS = {357: "357 rows: 57 micro- and 300 macro-expressions"}


def read(
    root: Path | None, *, expressions: str = "micro", images: str = "raw", sheet: str = "", patches: bool = True, skip_patches: str = ""
) -> list[Clip]:
    """The labelled clips, sorted by key, frames from onset to offset."""
    return survey(root, expressions=expressions, images=images, sheet=sheet, patches=patches, skip_patches=skip_patches).checked()


def survey(
    root: Path | None, *, expressions: str = "micro", images: str = "raw", sheet: str = "", patches: bool = True, skip_patches: str = ""
) -> Survey:
    """Everything that sheet and folders say, with what is wrong."""
    if root is None:
        raise ValueError("casme_squared must be read from a folder, but got none. Name it: --root DIR.")
    if expressions not in EXPRESSIONS:
        raise ValueError(f"Option expressions must be one of {', '.join(EXPRESSIONS)}, but got '{expressions}'. Pass expressions=micro.")
    path = find_sheet(root, SHEETS, sheet)
    table = read_table(path, "CASMEcode_final")
    if not table or any(len(cells) < _NUM_COLUMNS for cells in table):
        raise ValueError(f"The sheet must have {_NUM_COLUMNS} columns and no header, but {path} has other rows. Use the corpus' own sheet.")
    folder = image_folder(root, IMAGES, images, SUBJECT)
    subjects = numbered(folder, SUBJECT)
    variant = _VARIANTS.get(len(table))
    source = Source(
        corpus="casme_squared", fps=FPS, folder_of=lambda row: _folder(row, subjects, images),
        problems=(
            *([] if variant else [Problem(kind="sheet", where=path.name, what=f"{len(table)} rows are of no known variant.")]),
            *(_unknown_kind(path, at, cells[7]) for at, cells in enumerate(table) if not cells[7].lower().startswith(("micro", "macro"))),
        ),
        facts=(
            ("sheet", path.name), ("variant", variant or "unknown"), *image_facts(root, IMAGES, images, folder, SUBJECT),
            ("expressions", expressions),
        ),
    )  # fmt: skip
    wanted = ("micro", "macro") if expressions == "all" else (expressions,)
    rows = [_row(at, cells) for at, cells in enumerate(table) if cells[7].lower().startswith(wanted)]
    return survey_rows(rows, source, patches=patches, skip_patches=skip_patches)


def _unknown_kind(path: Path, at: int, kind: str) -> Problem:
    what = f"The eighth column must be micro-expression or macro-expression, but is '{kind}'; the row is left out. Correct it."
    return Problem(kind="label", where=f"{path.name} (row {at})", what=what)


def _row(at: int, cells: Sequence[str]) -> Row:
    participant, filename, onset, apex, offset, action_units, emotion = cells[:7]
    known = participant.isdigit() and 1 <= int(participant) <= len(FOLDERS)
    return Row(
        number=at, subject=f"s{FOLDERS[int(participant) - 1]}" if known else participant, filename=filename, onset=onset,
        apex="" if apex == "0" else apex, offset=apex if offset == "0" else offset, emotion=emotion, action_units=action_units,
    )  # fmt: skip


def _folder(row: Row, subjects: Mapping[int, Path], images: str) -> Path | None:
    number = row.subject.removeprefix("s")
    folder = subjects.get(int(number)) if number.isdigit() else None
    if folder is None or images == "cropped":
        return None if folder is None else folder / row.filename
    code = CODES.get(row.filename.rpartition("_")[0])
    videos = [path for path in subfolders(folder) if code and re.fullmatch(rf"\d+_{code}\D.*", path.name)]
    own = [path for path in videos if path.name.startswith(f"{number}_")]  # s19 has a stray folder of another number
    return next(iter(own or videos), None)
