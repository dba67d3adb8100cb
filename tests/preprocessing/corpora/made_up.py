"""Made-up corpora in the official layouts: sheets with rows of our own, tiny images, and published counts for full size."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import openpyxl

from preprocessing.classes import scheme
from preprocessing.counts import published_counts

CASME2_HEADER = ["Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None, "Action Units", "Estimated Emotion"]
CASME_HEADER = [
    "Subject", "Filename", None, "OnsetF", "ApexF1", "ApexF2", "OffsetF", None, "Onset (ms)", "Total (ms)", "AU", "Emotion",
]  # fmt: skip
SAMM_HEADER = [
    "Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration", "Micro", "Action Units",
    "Estimated Emotion", "Objective Classes", "Notes",
]  # fmt: skip


@dataclass
class Video:
    """One made-up clip, with the frames that lie on disk."""

    subject: int
    filename: str
    emotion: str
    onset: int = 10
    apex: int | str = 11
    offset: int = 12
    numbers: Sequence[int] | None = None
    """Frames on disk; None: onset to offset."""

    @property
    def on_disk(self) -> Sequence[int]:
        return range(self.onset, self.offset + 1) if self.numbers is None else self.numbers


def image(suffix: str) -> bytes:
    """A tiny image, encoded."""
    return cv2.imencode(suffix, np.full((8, 8), 128, np.uint8))[1].tobytes()


def write_frames(folder: Path, names: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(image(Path(name).suffix))


def write_xlsx(path: Path, rows: Iterable[Sequence[object]], *, title: str = "Sheet1") -> Path:
    book = openpyxl.Workbook()
    table = book.active
    assert table is not None
    table.title = title
    for row in rows:
        table.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def casme2_rows(videos: Iterable[Video], subject: Callable[[int], object] = lambda number: f"{number:02d}") -> Iterator[list[object]]:
    yield list(CASME2_HEADER)
    for v in videos:
        yield [subject(v.subject), v.filename, None, v.onset, v.apex, v.offset, None, "4+L10", v.emotion]


def write_casme2(root: Path, videos: Sequence[Video], *, sheet: str = "CASME2-coding-20140508.xlsx", images: bool = True) -> Path:
    write_xlsx(root / sheet, casme2_rows(videos))
    for v in videos if images else ():
        folder = root / "CASME2_RAW_selected" / "CASME2_RAW_selected" / f"sub{v.subject:02d}" / v.filename
        write_frames(folder, (f"img{n}.jpg" for n in v.on_disk))
    return root


def write_casme(root: Path, videos: Sequence[Video], *, sheet: str = "casme.xlsx", padded_from: int = 92) -> Path:
    rows = ([v.subject, v.filename, None, v.onset, v.apex, "\\", v.offset, None, 0, 0, "4", v.emotion] for v in videos)
    write_xlsx(root / sheet, [CASME_HEADER, *rows])
    for at, v in enumerate(videos):
        names = (f"{v.filename}-{n:03d}.jpg" if at >= padded_from else f"{v.filename}-{n}.jpg" for n in v.on_disk)
        write_frames(root / "CASME_raw_selected" / f"sub{v.subject:02d}" / v.filename, names)
    return root


def write_samm(root: Path, videos: Sequence[Video], *, digits: int = 5) -> Path:
    notes = [[f"note {n}"] for n in range(13)]
    rows = (
        [f"{v.subject:03d}", v.filename, 1, v.onset, v.apex, v.offset, 3, "Micro - 1/2", "4 or 7", v.emotion.capitalize(), "VII", None]
        for v in videos
    )
    write_xlsx(root / "SAMM_Micro_FACS_Codes_v2.xlsx", [*notes, SAMM_HEADER, *rows], title="MICRO_ONLY")
    for v in videos:
        folder = root / "SAMM" / f"{v.subject:03d}" / v.filename
        write_frames(folder, (f"{v.subject:03d}_{n:0{digits}d}.jpg" for n in v.on_disk))
    return root


def write_smic(root: Path, clips: Iterable[tuple[int, str, int]], *, camera: str = "HS", numbers: Sequence[int] = (123, 124, 125)) -> Path:
    """Clips are (subject, emotion, number)."""
    codes = {"negative": "ne", "positive": "po", "surprise": "sur"}
    for subject, emotion, number in clips:
        folder = root / "SMIC_all_raw" / camera / f"s{subject}" / "micro" / emotion / f"s{subject}_{codes[emotion]}_{number:02d}"
        digits = 8 if subject > 10 else 6
        write_frames(folder, (f"image{n:0{digits}d}.bmp" for n in numbers))
    return root


def full_size(task: str, *, extra: Sequence[tuple[int, str]] = ()) -> list[Video]:
    """As many made-up clips as published for a task, per subject and class; ``extra`` are (subject, emotion) beside them."""
    published = published_counts(*task.split("/"))
    known = scheme(task.split("/")[1])
    raw = {name: [e for e, c in known.emotions.items() if c == name and e.islower()] for name in known.classes}
    emotions = {name: itertools.cycle([e for e in members if e != name] or members) for name, members in raw.items()}
    wanted = [
        (int("".join(filter(str.isdigit, subject.split("/")[1]))), next(emotions[name]))
        for subject, numbers in published["subjects"].items()
        for name, count in zip(published["classes"], numbers, strict=True)
        for _ in range(count)
    ]
    numbers = itertools.count(1)
    return [Video(subject, f"made_up_{next(numbers):03d}", emotion) for subject, emotion in sorted([*wanted, *extra])]
