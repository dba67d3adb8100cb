"""MMEW, micro-expressions: 300 clips of 36 subjects, cropped to 231x231, 90 frames a second as claimed; frames count from 1.

Sheet    `MMEW_Micro_Exp.xlsx`, emotion `others` may be a folder `repression`.
Images   `Micro_Expression/<emotion>/S03-01-002/1.jpg` as released, `S03/<emotion>/S03-01-002/1.jpg` as documented; clip names are unique.
"""

from pathlib import Path

from preprocessing import patches as corrections
from preprocessing.clip import Clip
from preprocessing.frame_files import subfolders
from preprocessing.options import Plain
from preprocessing.patches import Field, Patch
from preprocessing.sheet_clips import Source, survey_rows
from preprocessing.sheets import find_sheet, labelled_rows, read_sheet, spelled
from preprocessing.survey import Problem, Survey

OPTIONS: dict[str, Plain] = {
    "sheet": "",  # the sheet's file name, where several lie side by side
    **corrections.OPTIONS,
}
FPS = 90.0
SHEETS = ("MMEW_Micro_Exp*.xlsx",)
COLUMNS = {
    "subject": "Subject", "filename": "Filename", "onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame",
    "emotion": "Estimated Emotion", "action_units": "Action Units",
}  # fmt: skip

_VARIANTS = {300: "300 rows"}
_MEB = "github.com/tvaranka/meb, meb/datasets/datasets.py: incorrect in the sheet, estimated"
_ROWS = (33, 35, 36, 37, 38, 39, 40, 41, 42, 142, 143, 145, 146, 148, 154, 156)
_FIXED: dict[Field, tuple[int, ...]] = {
    "offset": (75, 54, 59, 98, 80, 93, 58, 61, 68, 88, 80, 85, 61, 108, 72, 106),
    "apex": (40, 15, 46, 20, 25, 20, 23, 28, 32, 56, 32, 27, 22, 29, 31, 38),
}
PATCHES = tuple(
    Patch(row=row, num_rows=300, field=field, new=str(new), source=_MEB)
    for field, numbers in _FIXED.items()
    for row, new in zip(_ROWS, numbers, strict=True)
)


def read(root: Path | None, *, sheet: str = "", patches: bool = True, skip_patches: str = "") -> list[Clip]:
    """The labelled clips, sorted by key, frames from onset to offset."""
    return survey(root, sheet=sheet, patches=patches, skip_patches=skip_patches).checked()


def survey(root: Path | None, *, sheet: str = "", patches: bool = True, skip_patches: str = "") -> Survey:
    """Everything that sheet and folders say, with what is wrong."""
    if root is None:
        raise ValueError("mmew must be read from a folder, but got none. Name it: --root DIR.")
    table = read_sheet(find_sheet(root, SHEETS, sheet), [name for field, name in COLUMNS.items() if field != "action_units"])
    images = _image_folder(root)
    folders = {clip.name.lower(): clip for clip in _clip_folders(root, images)}
    variant = _VARIANTS.get(len(table.rows))
    unknown = Problem(kind="sheet", where=table.path.name, what=f"{len(table.rows)} rows with these columns are of no known variant.")
    source = Source(
        corpus="mmew", fps=FPS, patches=PATCHES, folder_of=lambda row: folders.get(row.filename.lower()),
        clip_folders=folders.values(), problems=() if variant else (unknown,),
        facts=(
            ("sheet", table.path.name), ("variant", variant or "unknown"), ("images", str(images or f"{root}, by subject")),
            ("clip folders", str(len(folders))),
        ),
    )  # fmt: skip
    return survey_rows(labelled_rows(table, COLUMNS, spelled("S", 2)), source, patches=patches, skip_patches=skip_patches)


def _image_folder(root: Path) -> Path | None:
    """``Micro_Expression``, in the released tree; None: the documented one."""
    starts = [root / "Micro_Expression", *(folder / "Micro_Expression" for folder in subfolders(root))]
    return next((folder for folder in starts if folder.is_dir()), None)


def _clip_folders(root: Path, images: Path | None) -> list[Path]:
    """Two levels below ``Micro_Expression``, or, without that, below the subjects' folders."""
    groups = subfolders(images) if images else [emotion for subject in subfolders(root) for emotion in subfolders(subject)]
    return [clip for group in groups for clip in subfolders(group)]
