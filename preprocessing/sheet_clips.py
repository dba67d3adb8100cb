"""Sheet clips: a sheet's rows and the frame folders they name, joined into clips, with every mismatch between the two as a problem."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from preprocessing.clip import Clip, Frame
from preprocessing.frame_files import frames_in, is_safe, repeated_numbers
from preprocessing.patches import APPLIED, Correction, apply
from preprocessing.sheets import Row, number
from preprocessing.survey import Kind, Problem, Survey, duplicates, sorted_unique

_MAX_LISTED = 8


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a corpus module knows about its rows."""

    corpus: str
    fps: float | None
    folder_of: Callable[[Row], Path | None]
    """Where a row's frames are; None: its subject has no folder."""
    clip_folders: Iterable[Path] = ()
    """All clip folders on disk, to find those without a label."""
    patches: Sequence[Correction] = ()
    facts: Sequence[tuple[str, str]] = ()
    problems: Sequence[Problem] = ()


def survey_rows(rows: Sequence[Row], source: Source, *, patches: bool = True, skip_patches: str = "") -> Survey:
    """Join rows and folders. Frame numbers are those of the files; a clip has the frames from its onset to its offset."""
    joined = _Join(source)
    named = [row for row in rows if joined.has_safe_names(row)]
    frames = {row.number: joined.frames(row) for row in named}
    corrected, outcomes = apply(named, source.patches, lambda row: _span(frames[row.number]), patches=patches, skip_patches=skip_patches)
    clips = [joined.clip(row, frames[row.number]) for row in corrected if joined.has_label(row)]
    joined.unlabelled(named)
    problems = [*source.problems, *joined.problems, *duplicates(clips)]
    num_applied = sum(outcome.startswith(APPLIED) for _, outcome in outcomes)
    facts = [*source.facts, ("rows", str(len(rows))), ("corrections applied", f"{num_applied} of {len(outcomes)}")]
    return Survey(
        corpus=source.corpus, clips=sorted_unique(clips), problems=tuple(problems), facts=tuple(facts), patches=tuple(outcomes)
    )  # fmt: skip


class _Join:
    """Rows met so far and what is wrong with them."""

    def __init__(self, source: Source):
        self.source = source
        self.problems: list[Problem] = []
        self.listings: dict[Path, tuple[Frame, ...]] = {}

    def has_safe_names(self, row: Row) -> bool:
        unsafe = [name for name in (row.subject, row.filename) if not is_safe(name)]
        if unsafe:
            self._note("path", row, f"A name in the sheet must stay in the corpus folder, but got {unsafe[0]!r}. Correct it.", fatal=True)
        return not unsafe

    def has_label(self, row: Row) -> bool:
        if not row.emotion:
            self._note("label", row, "The row has no emotion and is left out.")
        return bool(row.emotion)

    def frames(self, row: Row) -> tuple[Frame, ...]:
        """Everything in the row's folder."""
        folder: Path | None = None
        try:
            folder = self.source.folder_of(row)
            if folder is None or not folder.is_dir():
                self._note("no folder", row, f"{folder or 'the subject'} is not on disk.")
                return ()
            if folder not in self.listings:
                self.listings[folder] = self._listing(row, folder)
        except OSError as error:
            self._note("no folder", row, f"{error.filename or folder} cannot be read ({type(error).__name__}). Check its permissions.")
            return ()
        if not self.listings[folder]:
            self._note("no frames", row, f"{folder} holds no images.")
        return self.listings[folder]

    def _listing(self, row: Row, folder: Path) -> tuple[Frame, ...]:
        frames = frames_in(folder)
        if twice := repeated_numbers(frames):
            self._note("same number", row, f"Frame numbers must be unique, but {_listed(twice)} occur twice in {folder}.", fatal=True)
        return frames

    def clip(self, row: Row, frames: tuple[Frame, ...]) -> Clip:
        onset, apex, offset = (self._number(row, name) for name in ("onset", "apex", "offset"))
        if apex is not None and onset is not None and offset is not None and not onset <= apex <= offset:
            self._note("apex", row, f"Apex {apex} is not within onset {onset} and offset {offset}; the clip counts as one without apex.")
            apex = None
        return Clip(
            corpus=self.source.corpus, subject=row.subject, filename=row.filename, onset=onset, apex=apex, offset=offset,
            frames=self._within(row, frames, onset, offset), emotion=row.emotion, action_units=row.action_units, fps=self.source.fps,
        )  # fmt: skip

    def _number(self, row: Row, name: str) -> int | None:
        try:
            return number(getattr(row, name))
        except ValueError as error:
            self._note("number", row, f"{name}: {error}; it counts as absent.")
            return None

    def _within(self, row: Row, frames: tuple[Frame, ...], onset: int | None, offset: int | None) -> tuple[Frame, ...]:
        """The frames from onset to offset; single missing ones are noted, impossible bounds leave none."""
        if onset is None or offset is None or onset > offset:
            self._note("range", row, f"Onset {onset} to offset {offset} is no range of frames; the clip cannot be used.")
            return ()
        within = tuple(frame for frame in frames if onset <= frame.number <= offset)
        if not within:
            if frames:
                self._note("no frames", row, f"Frames {onset} to {offset} are not among those on disk, {_span(frames)}.")
            return ()
        there = {frame.number for frame in within}
        if num_missing := offset - onset + 1 - len(there):
            missing = list(itertools.islice((number for number in range(onset, offset + 1) if number not in there), _MAX_LISTED + 1))
            self._note("missing frames", row, f"{num_missing} of {offset - onset + 1} frames are not on disk: {_listed(missing)}.")
        return within

    def unlabelled(self, rows: Sequence[Row]) -> None:
        folders = {folder for row in rows if (folder := self._readable_folder(row))}
        labelled = folders | {folder.parent for folder in folders}
        for folder in self.source.clip_folders:
            if folder not in labelled:
                what = "This folder has no row in the sheet and is left out."
                self.problems.append(Problem(kind="unlabelled folder", where=f"{folder.parent.name}/{folder.name}", what=what))

    def _readable_folder(self, row: Row) -> Path | None:
        try:
            return self.source.folder_of(row)
        except OSError:
            return None  # told by ``frames``

    def _note(self, kind: Kind, row: Row, what: str, *, fatal: bool = False) -> None:
        where = f"{self.source.corpus}/{row.subject}/{row.filename} (row {row.number})"
        self.problems.append(Problem(kind=kind, where=where, what=what, fatal=fatal))


def _span(frames: tuple[Frame, ...]) -> tuple[int, int] | None:
    return (frames[0].number, frames[-1].number) if frames else None


def _listed(numbers: Sequence[int]) -> str:
    more = " and more" if len(numbers) > _MAX_LISTED else ""
    return ", ".join(map(str, numbers[:_MAX_LISTED])) + more
