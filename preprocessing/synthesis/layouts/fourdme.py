"""4DME, gray videos: 267 clips, a sheet with a column per action unit and emotion, some clips with two emotions.

Published: the number of clips, the sheet's columns. Ours, for lack of published numbers: subjects, emotions, lengths, names and sizes.
"""

import dataclasses
from collections.abc import Sequence

from preprocessing.corpora.fourdme import PATCHES
from preprocessing.synthesis.actions import ACTION_UNITS, action_units
from preprocessing.synthesis.assembly import Pictures, assembled, facs
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.casting import clips, dealt, digits, reduced
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.timing import Lengths, timed
from preprocessing.synthesis.workbook import Cell, xlsx

VARIANTS = ("v1",)
IMAGES = ("raw",)
LENGTHS = Lengths(mean=25.0, sd=6.0, shortest=9, longest=40)
_EMOTIONS = {"Negative": 127, "Positive": 34, "Surprise": 30, "Repression": 6, "Others": 58, "Negative/Repression": 12}
_SIZES = (*(10,) * 13, *(6,) * 14, *(4,) * 13, 1)
_WORDS = ("Positive", "Negative", "Surprise", "Repression", "Others")
PICTURES = {
    "raw": Pictures(
        camera=Camera(width=640, height=480, face_width=200, colour=False), margin=3, file_name="{n:04d}.jpg",
        folder=lambda clip: f"gray_micro/{clip.subject}/{clip.filename}",
    )
}  # fmt: skip


def plan(settings: Settings) -> Plan:
    """The corpus."""
    cast = {
        str(at): [(f"{at}_{n}", e) for n, e in enumerate(hand, start=1)] for at, hand in enumerate(dealt(_SIZES, _EMOTIONS, {}), start=1)
    }
    rows = [_shown(clip) for clip in clips("fourdme", cast)]
    kept = _exchanged(reduced(timed(rows, LENGTHS, settings, first=lambda clip: (1, 60)), settings))
    return assembled(
        settings, kept, PICTURES, files={"4DME_Labelling_Micro_release v1.xlsx": _sheet(kept)},
        notes=("Only the number of clips and the sheet's columns are published: all else is assumed.",),
    )  # fmt: skip


def _shown(clip: PlannedClip) -> PlannedClip:
    """A clip with two emotions shows the first."""
    first, *others = clip.emotion.split("/")
    return dataclasses.replace(clip, shown=first, quirk="two emotions" if others else "")


def _exchanged(rows: list[PlannedClip]) -> list[PlannedClip]:
    """A full sheet has the labels of two rows interchanged, and its reader always believes so."""
    for exchange in PATCHES:
        if len(rows) == exchange.num_rows:
            first, second = (rows[at] for at in exchange.rows)
            for at, clip, other in zip(exchange.rows, (first, second), (second, first), strict=True):
                cells = {"emotion": other.emotion, "action_units": str(facs(other))}
                rows[at] = dataclasses.replace(clip, cells=cells, quirk=f"the sheet has the labels of {other.filename}")
    return rows


def _sheet(kept: Sequence[PlannedClip]) -> bytes:
    header: list[Cell] = ["sub_ID", "fold_name", "Onset", "Apex", "Offset", "AUs", "Emotion", *(f"AU{unit}" for unit in ACTION_UNITS)]
    rows: list[list[Cell]] = [
        [
            digits(clip.subject), clip.filename, clip.onset, clip.apex, clip.offset, str(facs(clip)), clip.cell("emotion"),
            *(int(unit in action_units(clip.shown)) for unit in ACTION_UNITS), *(int(word in clip.emotion) for word in _WORDS), 0,
        ]
        for clip in kept
    ]  # fmt: skip
    return xlsx({"Sheet1": [[*header, *_WORDS, "eye blink"], *rows]})
