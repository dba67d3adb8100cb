"""MMEW: cropped 231x231, frames counted from 1, `others` of the sheet in a folder `repression`, in both of its trees.

Published: 300 clips, 36 subjects, the corrections. Class totals are those of the corpus' paper, not verified (Ben et al., TPAMI 2022).
Ours: who has which clips, lengths (around those of the corrected rows).
"""

from collections.abc import Sequence

from preprocessing.corpora.mmew import PATCHES
from preprocessing.synthesis.assembly import Pictures, assembled, facs
from preprocessing.synthesis.camera import CAMERAS
from preprocessing.synthesis.casting import clips, dealt, reduced
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.sheet_errors import planted
from preprocessing.synthesis.timing import Lengths, timed
from preprocessing.synthesis.workbook import Cell, xlsx

VARIANTS = ("released", "documented")
IMAGES = ("raw",)
LENGTHS = Lengths(mean=60.0, sd=18.0, shortest=20, longest=110)
_EMOTIONS = {"happiness": 36, "anger": 8, "surprise": 89, "disgust": 72, "fear": 16, "sadness": 13, "others": 66}
_SIZES = (*(12,) * 6, *(9,) * 12, *(7,) * 12, *(6,) * 6)
_HEADER: list[Cell] = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion", "remarks"]


def plan(settings: Settings) -> Plan:
    """The corpus in the tree that ``settings.variant`` names."""
    cast = {f"S{at:02d}": _names(at, hand) for at, hand in enumerate(dealt(_SIZES, _EMOTIONS, {}), start=1)}
    rows = timed(clips("mmew", cast), LENGTHS, settings, first=lambda clip: (1, 6), patches=PATCHES)
    kept = reduced(planted(rows, PATCHES, errors=settings.with_errors), settings)
    pictures = Pictures(camera=CAMERAS["mmew_cropped"], folder=_FOLDERS[settings.variant], file_name="{n}.jpg", margin=4)
    return assembled(
        settings, kept, {"raw": pictures}, files={"MMEW_Micro_Exp.xlsx": _sheet(kept)},
        notes=("Who has which clips and their lengths are assumed.",),
    )  # fmt: skip


def _names(subject: int, emotions: Sequence[str]) -> list[tuple[str, str]]:
    order = list(_EMOTIONS)
    return [
        (f"S{subject:02d}-{order.index(emotion) + 1:02d}-{number:03d}", emotion)
        for number, emotion in enumerate(sorted(emotions, key=order.index), start=1)
    ]


_FOLDERS = {
    "released": lambda clip: f"MMEW_Final/Micro_Expression/{'repression' if clip.emotion == 'others' else clip.emotion}/{clip.filename}",
    "documented": lambda clip: f"{clip.subject}/{clip.emotion}/{clip.filename}",
}


def _sheet(kept: Sequence[PlannedClip]) -> bytes:
    rows: list[list[Cell]] = [
        [clip.subject, clip.filename, *(clip.cell(name) for name in ("onset", "apex", "offset")), facs(clip), clip.emotion, None]
        for clip in kept
    ]
    return xlsx({"Sheet1": [_HEADER, *rows]})
