"""Pixel tables: FER2013's images, drawn in parts that survive a kill, and put together into one table or written as files."""

import csv
import io
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from preprocessing.atomic import write_atomically
from preprocessing.pixel_csv import SIDE, USAGES
from preprocessing.synthesis.clips import render_static
from preprocessing.synthesis.faces import identity
from preprocessing.synthesis.plan import PlannedClip, Settings
from preprocessing.synthesis.takes import encoded

NOT_A_FACE = "not a face"
"""The quirk of images that are none."""
_PARTS, _PART_SIZE = ".parts", 256
_NOISE = (128.0, 40.0)  # mean and standard deviation of an image that is no face


@dataclass(frozen=True, kw_only=True)
class TablePart:
    """Some of the images, as lines of pixels in a hidden folder beside the table."""

    table: str
    number: int
    clips: tuple[PlannedClip, ...]

    @property
    def num_clips(self) -> int:
        return len(self.clips)

    def path(self, root: Path) -> Path:
        return root / _PARTS / f"{self.number:05d}.txt"

    def is_finished(self, root: Path) -> bool:
        return (root / self.table).is_file() or self.path(root).is_file()

    def write(self, root: Path, settings: Settings) -> None:
        self.path(root).parent.mkdir(exist_ok=True)
        lines = [" ".join(map(str, image_of(clip, settings).ravel())) + "\n" for clip in self.clips]
        write_atomically(self.path(root), "".join(lines).encode())


@dataclass(frozen=True, kw_only=True)
class ImageFiles:
    """Some of the images, as files in Microsoft's folders."""

    folders: tuple[str, ...]
    """Of each clip."""
    clips: tuple[PlannedClip, ...]

    @property
    def num_clips(self) -> int:
        return len(self.clips)

    def is_finished(self, root: Path) -> bool:
        return all(path.is_file() for path in self._paths(root))

    def write(self, root: Path, settings: Settings) -> None:
        for path, clip in zip(self._paths(root), self.clips, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, encoded(image_of(clip, settings), path.name, settings))

    def _paths(self, root: Path) -> list[Path]:
        return [root / folder / f"{clip.filename}.png" for folder, clip in zip(self.folders, self.clips, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Table:
    """FER2013's table, once all of its parts are there."""

    name: str
    header: tuple[str, str, str]
    """Spelled as in one of its two versions; tells the order of the columns."""
    labels: tuple[tuple[int, str], ...]
    """(emotion, usage) of each row."""

    def finish(self, root: Path) -> None:
        """Write the table, unless it is there, and remove the parts."""
        if not (root / self.name).is_file():
            write_atomically(root / self.name, self._encoded(root))
        shutil.rmtree(root / _PARTS, ignore_errors=True)

    def _encoded(self, root: Path) -> bytes:
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(self.header)
        lines = [line for path in sorted((root / _PARTS).glob("*.txt")) for line in path.read_text().splitlines()]
        for (emotion, usage), pixels in zip(self.labels, lines, strict=True):
            cells = {"emotion": str(emotion), "Usage": usage, "pixels": pixels}
            writer.writerow([cells[name.strip()] for name in self.header])
        return written.getvalue().encode()


def table_parts(table: str, clips: Sequence[PlannedClip]) -> tuple[TablePart, ...]:
    """The images of a table in parts."""
    starts = range(0, len(clips), _PART_SIZE)
    return tuple(TablePart(table=table, number=at, clips=tuple(clips[start : start + _PART_SIZE])) for at, start in enumerate(starts))


def image_files(folders: dict[str, str], clips: Sequence[PlannedClip]) -> tuple[ImageFiles, ...]:
    """The images as files, usage by folder, without those that are no faces."""
    faces = [clip for clip in clips if clip.quirk != NOT_A_FACE]
    parts = [tuple(faces[start : start + _PART_SIZE]) for start in range(0, len(faces), _PART_SIZE)]
    return tuple(ImageFiles(folders=tuple(folders[clip.subject] for clip in part), clips=part) for part in parts)


def image_of(clip: PlannedClip, settings: Settings) -> np.ndarray:
    """A posed expression of a person of its own, or noise where the image is no face: uint8 (48, 48)."""
    if clip.quirk == NOT_A_FACE:
        noise = settings.rng(NOT_A_FACE, clip.key).normal(*_NOISE, (SIDE, SIDE))
        return np.clip(noise, 0, 255).astype(np.uint8)
    return render_static(identity(clip.corpus, clip.filename, settings.seed), clip.filename, clip.shown or clip.emotion, size=SIDE)


def in_parts(rows: Mapping[str, Sequence[str]], settings: Settings) -> list[tuple[str, str]]:
    """(usage, name) of the wanted rows, the parts in the order of the table."""
    return [(usage, name) for usage in USAGES[: settings.subjects or None] for name in _first(rows[usage], settings.clips_per_subject)]


def _first(names: Sequence[str], limit: int) -> list[str]:
    """As many names, one of each in turn, in their order; 0: all."""
    turns: Counter[str] = Counter()
    ranked = []
    for at, name in enumerate(names):
        ranked.append((turns[name], at))
        turns[name] += 1
    kept = sorted(at for _, at in sorted(ranked)[: limit or None])
    return [names[at] for at in kept]
