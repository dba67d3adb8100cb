"""FERPlus: FER2013's images with ten votes each over eight emotions, unknown and not-a-face (NF).

Votes    `fer2013new.csv`, row by row as FER2013's table; images from that table (`fer2013.csv`, `icml_face_data.csv`) beside it, or as
         `data/FER2013Train|Valid|Test/fer0000000.png` in Microsoft's layout.
Rules    p = votes / (10 - unknown) over the eight emotions. ``strict`` (SHCNN's majority vote: all known votes are for emotions, largest p
         above .5) keeps 23,974 / 3,069 / 3,024; ``half`` (largest p at least .5) keeps 26,186 / 3,320 / 3,280.
Soft     The shares themselves, SHCNN's targets, are a clip's ``label_distribution``; its emotion is the one with most votes.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from preprocessing.clip import Clip, Frame
from preprocessing.frame_files import frames_in, is_safe
from preprocessing.options import Plain
from preprocessing.pixel_csv import FILES, SIDE, USAGES, rows, split_of
from preprocessing.sheets import find_sheet, open_csv
from preprocessing.survey import Problem, Survey

PIPELINE = "static_image"
OPTIONS: dict[str, Plain] = {
    "rule": "strict",  # or half
    "splits": "shcnn",  # or microsoft
}
VOTES = ("fer2013new.csv",)
EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
FOLDERS = {"Training": "FER2013Train", "PublicTest": "FER2013Valid", "PrivateTest": "FER2013Test"}
NUM_VOTES = 10


@dataclass(frozen=True, kw_only=True)
class Votes:
    """One image's votes."""

    row: int
    usage: str
    image: str
    """File name in Microsoft's layout; empty for images that are not faces."""
    counts: tuple[int, ...]
    """Per emotion, in the order of ``EMOTIONS``."""
    unknown: int

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """(emotion, p) in the order of ``EMOTIONS``; NF votes count in the divisor only. Empty where every vote is unknown."""
        known = NUM_VOTES - self.unknown
        return tuple((emotion, count / known) for emotion, count in zip(EMOTIONS, self.counts, strict=True)) if known else ()

    @property
    def emotion(self) -> str:
        return EMOTIONS[self.counts.index(max(self.counts))]


def _strict(votes: Votes) -> bool:
    known = NUM_VOTES - votes.unknown
    return sum(votes.counts) == known and 2 * max(votes.counts) > known


def _half(votes: Votes) -> bool:
    known = NUM_VOTES - votes.unknown
    return known > 0 and 2 * max(votes.counts) >= known


RULES: dict[str, Callable[[Votes], bool]] = {"strict": _strict, "half": _half}


def read(root: Path | None, *, rule: str = "strict", splits: str = "shcnn") -> list[Clip]:
    """The images that the rule keeps, sorted by key."""
    return survey(root, rule=rule, splits=splits).checked()


def survey(root: Path | None, *, rule: str = "strict", splits: str = "shcnn") -> Survey:
    """Everything that votes and images say, with what is wrong."""
    if root is None:
        raise ValueError("ferplus must be read from a folder, but got none. Name it: --root DIR.")
    if rule not in RULES:
        raise ValueError(f"Option rule must be one of {', '.join(RULES)}, but got '{rule}' for ferplus. Pass --option rule=strict.")
    every = list(_votes(root))
    kept = [votes for votes in every if RULES[rule](votes)]
    where, frame_of = _images(root, len(every))
    clips = [_clip(votes, frame_of(votes), splits) for votes in kept]
    problems = [Problem(kind="image", where=clip.key, what=f"It is not in {where} or is no image.") for clip in clips if not clip.frames]
    facts = (("sheet", VOTES[0]), ("rows", str(len(every))), ("images", where), (f"kept by the {rule} rule", str(len(clips))))
    return Survey(corpus="ferplus", clips=tuple(sorted(clips, key=lambda clip: clip.key)), problems=tuple(problems), facts=facts)


def _votes(root: Path) -> Iterator[Votes]:
    path = find_sheet(root, VOTES)
    with open_csv(path) as file:
        table = csv.DictReader(file)
        missing = sorted({"Usage", "Image name", *EMOTIONS, "unknown", "NF"} - set(table.fieldnames or ()))
        if missing:
            raise ValueError(f"FERPlus' votes must have columns {', '.join(missing)}, but {path} lacks them. Copy it again.")
        for row, cells in enumerate(table):
            if cells["Usage"] not in USAGES or (cells["Image name"] and not is_safe(cells["Image name"])):
                raise ValueError(
                    f"A row must have a known Usage and a plain image name, but got '{cells['Usage']}' and '{cells['Image name']}' "
                    f"at line {table.line_num} of {path}. Correct it."
                )
            *counts, unknown = (_count(cells[name], f"line {table.line_num} of {path}") for name in (*EMOTIONS, "unknown"))
            yield Votes(row=row, usage=cells["Usage"], image=cells["Image name"], counts=tuple(counts), unknown=unknown)


def _count(cell: str | None, where: str) -> int:
    if cell is None or not cell.isdigit() or int(cell) > NUM_VOTES:
        raise ValueError(f"A number of votes must be 0 to {NUM_VOTES}, but got {cell!r} at {where}. Copy the table again.")
    return int(cell)


def _images(root: Path, num_rows: int) -> tuple[str, Callable[[Votes], Frame | None]]:
    """Where the images are, and a row's image."""
    folder = next((f for f in (root, root / "data") if any((f / name).is_dir() for name in FOLDERS.values())), None)
    if folder is not None:
        files = {usage: _files(folder / name) for usage, name in FOLDERS.items()}
        return str(folder), lambda votes: files[votes.usage].get(votes.image)
    path = find_sheet(root, FILES)
    frames = [row.frame if row.num_pixels == SIDE * SIDE else None for row in rows(path)]
    if len(frames) != num_rows:
        raise ValueError(f"Votes and images must have the same rows, but got {num_rows} and {len(frames)} for {path}. Copy both again.")
    return path.name, lambda votes: frames[votes.row]


def _files(folder: Path) -> dict[str, Frame]:
    """File name -> image; its number is the row that its name has."""
    return {frame.path.name: frame for frame in frames_in(folder)} if folder.is_dir() else {}


def _name(votes: Votes) -> str:
    return f"fer{votes.row:07d}"


def _clip(votes: Votes, frame: Frame | None, splits: str) -> Clip:
    return Clip(
        corpus="ferplus", subject=votes.usage, filename=_name(votes), frames=(frame,) if frame else (), onset=None, apex=None, offset=None,
        emotion=votes.emotion, label_distribution=votes.shares, split=split_of(votes.usage, splits),
    )  # fmt: skip
