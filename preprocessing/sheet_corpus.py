"""Sheet corpus: one annotation sheet and a folder per subject and clip, declared by its names. CASME, CASME II and SAMM are such."""

import dataclasses
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from preprocessing import patches as corrections
from preprocessing.clip import Clip
from preprocessing.frame_files import image_facts, image_folder, numbered, readable_subfolders
from preprocessing.options import Plain
from preprocessing.patches import Correction
from preprocessing.sheet_clips import Source, survey_rows
from preprocessing.sheets import Row, Sheet, find_sheet, labelled_rows, read_sheet, spelled
from preprocessing.survey import Problem, Survey


def by_num_rows(known: Mapping[int, str]) -> Callable[[Sheet], str | None]:
    """Tells a sheet's variants by their length: number of rows -> what the variant is."""
    return lambda sheet: known.get(len(sheet.rows))


@dataclass(frozen=True, kw_only=True)
class SheetCorpus:
    """How a corpus lies on disk."""

    name: str
    fps: float | None
    sheets: Sequence[str]
    """Patterns of the sheet's file name."""
    sheet_name: str | None = None
    columns: Mapping[str, str]
    """Field of ``Row`` -> column of the sheet."""
    images: Mapping[str, tuple[str, ...]]
    """Kind of images -> names of the folder that holds the subjects' folders."""
    subject_prefix: str
    subject_digits: int
    patches: Sequence[Correction] = ()
    clip_folder: Callable[[Path, Row], Path] = lambda folder, row: folder / row.filename
    """(a subject's folder, row) -> the folder of its frames."""
    clip_name: Callable[[Row], str] = lambda row: row.filename
    """What the clip is called, where the sheet's file name is that of a video with several."""
    variant: Callable[[Sheet], str | None] = lambda sheet: f"{len(sheet.rows)} rows"
    """Which of the sheet's known variants this is; None: another one."""

    @property
    def options(self) -> dict[str, Plain]:
        """``sheet`` is the file name where several lie side by side; ``images`` is raw or cropped."""
        return {"sheet": "", **({"images": "raw"} if len(self.images) > 1 else {}), **corrections.OPTIONS}

    def read(self, root: Path | None, *, images: str = "raw", sheet: str = "", patches: bool = True, skip_patches: str = "") -> list[Clip]:
        """The labelled clips, sorted by key, frames from onset to offset."""
        return self.survey(root, images=images, sheet=sheet, patches=patches, skip_patches=skip_patches).checked()

    def survey(self, root: Path | None, *, images: str = "raw", sheet: str = "", patches: bool = True, skip_patches: str = "") -> Survey:
        """Everything that sheet and folders say, with what is wrong."""
        if root is None:
            raise ValueError(f"{self.name} must be read from a folder, but got none. Name it: --root DIR.")
        required = [column for field, column in self.columns.items() if field != "action_units"]
        table = read_sheet(find_sheet(root, self.sheets, sheet), required, self.sheet_name)
        folder = image_folder(root, self.images, images, self._subject_pattern)
        subjects = numbered(folder, self._subject_pattern)
        kind = self.variant(table)
        unknown = Problem(kind="sheet", where=table.path.name, what=f"{len(table.rows)} rows with these columns are of no known variant.")
        source = Source(
            corpus=self.name, fps=self.fps, patches=self.patches, folder_of=lambda row: self._folder(row, subjects),
            clip_folders=itertools.chain(*map(readable_subfolders, subjects.values())), problems=() if kind else (unknown,),
            facts=(
                ("sheet", table.path.name), ("variant", kind or "unknown"),
                *image_facts(root, self.images, images, folder, self._subject_pattern),
            ),
        )  # fmt: skip
        rows = labelled_rows(table, self.columns, spelled(self.subject_prefix, self.subject_digits))
        rows = [dataclasses.replace(row, filename=self.clip_name(row)) for row in rows]
        return survey_rows(rows, source, patches=patches, skip_patches=skip_patches)

    @cached_property
    def _subject_pattern(self) -> str:
        return rf"(?:{re.escape(self.subject_prefix)})?(\d+)"

    def _folder(self, row: Row, subjects: Mapping[int, Path]) -> Path | None:
        match = re.fullmatch(self._subject_pattern, row.subject, re.IGNORECASE)
        folder = subjects.get(int(match[1])) if match else None
        return None if folder is None else self.clip_folder(folder, row)
