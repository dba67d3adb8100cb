"""CASME: 60 frames a second, frame numbers un-padded up to row 91 and padded to three digits from row 92 on, `\\` for a second apex.

Published: clips per class, 19 subjects. Ours: who has how many clips of which class, lengths, all names (episodes 51 and up). The sheet is
the one of 189 rows that its published corrections count in; the distributed one (`.xls`, 193 rows) holds rows that nobody describes.
"""

import dataclasses
from collections.abc import Sequence

from preprocessing.corpora.casme import CORPUS, PATCHES
from preprocessing.synthesis.assembly import Pictures, assembled, facs
from preprocessing.synthesis.camera import CAMERAS, Camera
from preprocessing.synthesis.casting import clips, dealt, digits, reduced, without_frame
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.sheet_errors import planted
from preprocessing.synthesis.timing import Lengths, timed
from preprocessing.synthesis.workbook import Cell, xlsx

VARIANTS = ("189rows",)
IMAGES = ("raw", "cropped")
LENGTHS = Lengths(mean=18.0, sd=5.0, shortest=9, longest=36)
SIZES = (38, 27, 20, 16, 13, 11, 10, 9, 8, 7, 6, 5, 5, 4, 3, 3, 2, 1, 1)
"""Clips of subjects 1 to 19."""
_COMMON = {"tense": 69, "disgust": 44, "repression": 38, "surprise": 20}
_RARE = {"happiness": 9, "sadness": 6, "fear": 2, "contempt": 1}
_PADDED_FROM = 92
_LACKS_A_FRAME = 100  # row
_FPS = 60
_HEADER: list[Cell] = [
    "Subject", "Filename", None, "OnsetF", "ApexF1", "ApexF2", "OffsetF", None, "Onset (ms)", "Total (ms)", "AU", "Emotion"
]  # fmt: skip
PICTURES = {
    "raw": Pictures(
        camera=CAMERAS["casme"], folder=lambda clip: f"CASME_raw_selected/{clip.subject}/{clip.filename}",
        file_name="{clip.filename}-{n:0{clip.digits}d}.jpg",
    ),
    "cropped": Pictures(
        camera=Camera(width=150, height=190, face_width=124), folder=lambda clip: f"Cropped/{clip.subject}/{clip.filename}",
        file_name="reg_{clip.filename}-{n:0{clip.digits}d}.jpg",
    ),
}  # fmt: skip


def plan(settings: Settings) -> Plan:
    """The corpus."""
    hands = dealt(SIZES, _COMMON, _RARE)
    cast = {f"sub{at:02d}": [(_name(n), emotion) for n, emotion in enumerate(hand)] for at, hand in enumerate(hands, start=1)}
    rows = [dataclasses.replace(clip, digits=3 if row >= _PADDED_FROM else 0) for row, clip in enumerate(clips(CORPUS.name, cast))]
    rows = timed(rows, LENGTHS, settings, first=lambda clip: (1, 200), patches=PATCHES)
    rows[_LACKS_A_FRAME] = without_frame(rows[_LACKS_A_FRAME])
    kept = reduced(planted(rows, PATCHES, errors=settings.with_errors), settings)
    return assembled(
        settings, kept, PICTURES, files={"casme.xlsx": _sheet(kept)},
        notes=("All clip names are made up, and so is who has how many clips of which class; clip lengths are assumed.",),
    )  # fmt: skip


def _name(number: int) -> str:
    return f"EP{51 + number // 9}_{number % 9 + 1}"


def _sheet(kept: Sequence[PlannedClip]) -> bytes:
    rows: list[list[Cell]] = [
        [
            digits(clip.subject), clip.filename, None, clip.cell("onset"), clip.cell("apex"), "\\", clip.cell("offset"), None,
            clip.onset * 1000 // _FPS, clip.num_frames * 1000 // _FPS, facs(clip), clip.emotion,
        ]
        for clip in kept
    ]  # fmt: skip
    return xlsx({"Sheet1": [_HEADER, *rows]})
