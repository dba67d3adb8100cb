"""FER2013: 35,887 grayscale faces of 48x48 pixels in seven classes, with fixed parts instead of subjects.

Table    `fer2013.csv` or `icml_face_data.csv`: emotion 0 to 6, pixels, Usage (Training 28,709, PublicTest 3,589, PrivateTest 3,589).
A clip is one image; its subject is the part it belongs to, its frame's number is the row. Near-duplicates cross the parts.
Splits   SHCNN validates on PrivateTest and tests on PublicTest; everyone else does it the other way round: ``splits=microsoft``.
"""

from pathlib import Path

from preprocessing.clip import Clip
from preprocessing.options import Plain
from preprocessing.pixel_csv import SIDE, USAGES, PixelRow, find_pixels, rows, split_of
from preprocessing.survey import Problem, Survey

PIPELINE = "static_image"
OPTIONS: dict[str, Plain] = {
    "splits": "shcnn",  # or microsoft
}
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def read(root: Path | None, *, splits: str = "shcnn") -> list[Clip]:
    """The images, sorted by key."""
    return survey(root, splits=splits).checked()


def survey(root: Path | None, *, splits: str = "shcnn") -> Survey:
    """Everything that the table says, with what is wrong."""
    if root is None:
        raise ValueError("fer2013 must be read from a folder, but got none. Name it: --root DIR.")
    path = find_pixels(root)
    clips, problems = [], []
    for row in rows(path):
        if row.usage not in USAGES or row.label not in map(str, range(len(EMOTIONS))):
            what = f"A row must have an emotion of 0 to 6 and a known Usage, but got '{row.label}' and '{row.usage}'. Copy the table again."
            problems.append(Problem(kind="label", where=f"{path.name} row {row.frame.number}", what=what, fatal=True))
            continue
        clips.append(_clip(row, splits))
        if not clips[-1].frames:
            what = f"It has {row.num_pixels} values instead of {SIDE * SIDE}."
            problems.append(Problem(kind="image", where=clips[-1].key, what=what))
    facts = (("sheet", path.name), ("rows", str(len(clips))))
    return Survey(corpus="fer2013", clips=tuple(sorted(clips, key=lambda clip: clip.key)), problems=tuple(problems), facts=facts)


def _clip(row: PixelRow, splits: str) -> Clip:
    return Clip(
        corpus="fer2013", subject=row.usage, filename=f"fer{row.frame.number:07d}", onset=None, apex=None, offset=None,
        frames=(row.frame,) if row.num_pixels == SIDE * SIDE else (), emotion=EMOTIONS[int(row.label)], split=split_of(row.usage, splits),
    )  # fmt: skip
