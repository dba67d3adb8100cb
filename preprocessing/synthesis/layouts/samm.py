"""SAMM: grey 960x650, a sheet with 13 rows of notes, capitalised emotions with `Other`, frame numbers of five digits, in six clips of four.

Published: clips per subject and class, the emotions' totals, names of the clips with quirks. Ours: all other names (inducement 9 does not
occur officially), which of a subject's clips are the named ones, and which unpleasant emotion is whose.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from preprocessing.corpora.samm import PATCHES
from preprocessing.synthesis.assembly import Pictures, assembled, facs
from preprocessing.synthesis.camera import CAMERAS
from preprocessing.synthesis.casting import check_subjects, clips, given, interleaved, named, per_subject, reduced
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.sheet_errors import planted
from preprocessing.synthesis.timing import Lengths, timed
from preprocessing.synthesis.workbook import Cell, xlsx

VARIANTS = ("v2",)
IMAGES = ("raw",)
LENGTHS = Lengths(mean=75.2, sd=19.0, shortest=30, longest=101, apex_mean=0.46, apex_sd=0.17)
_UNPLEASANT = {"anger": 57, "contempt": 12, "disgust": 9, "fear": 8, "sadness": 6}
_EMOTION = {"positive": "happiness", "surprise": "surprise", "other": "other"}  # of the classes with one emotion
_FOUR_DIGITS = ("013_1_12", "013_1_8", "017_3_2", "026_1_1", "026_1_2", "035_7_2")
_CORRECTED = ("028_4_1", "032_3_1")
_HEADER: list[Cell] = [
    "Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration", "Micro", "Action Units",
    "Estimated Emotion", "Objective Classes", "Notes",
]  # fmt: skip
_NUM_NOTES = 13
_OBJECTIVE = {"I": 24, "II": 13, "III": 20, "IV": 8, "V": 3, "VI": 7, "VII": 84}
PICTURES = {
    "raw": Pictures(
        camera=CAMERAS["samm"], folder=lambda clip: f"SAMM/{clip.subject}/{clip.filename}",
        file_name="{clip.subject}_{n:0{clip.digits}d}.jpg",
    )
}  # fmt: skip


def plan(settings: Settings) -> Plan:
    """The corpus."""
    rows = timed(_cast(settings), LENGTHS, settings, first=lambda clip: (1, 9000), patches=PATCHES)
    kept = reduced(planted(rows, PATCHES, errors=settings.with_errors), settings)
    return assembled(
        settings, kept, PICTURES, files={"SAMM_Micro_FACS_Codes_v2.xlsx": _sheet(kept)},
        notes=("Clip names of inducement 9 are made up, and so is which of a subject's clips have known names.",),
    )  # fmt: skip


def _cast(settings: Settings) -> list[PlannedClip]:
    """All rows of the sheet, by subject and name."""
    unpleasant = iter(interleaved(_UNPLEASANT))
    known = {name: () for name in (*_FOUR_DIGITS, *_CORRECTED)}
    cast, four = {}, per_subject("samm/samm_4")
    check_subjects(settings, "samm", four)
    for subject, counts in four.items():
        emotions = [emotion for name, count in counts.items() for emotion in _emotions(name, count, unpleasant)]
        own = {name: allowed for name, allowed in known.items() if name.startswith(subject)}
        cast[subject] = named(emotions, [given(settings, "samm", subject), own], _made_up(subject), f"samm/{subject}")
    return [
        dataclasses.replace(clip, emotion=clip.emotion.capitalize(), digits=4, quirk="numbers of four digits")
        if clip.filename in _FOUR_DIGITS
        else dataclasses.replace(clip, emotion=clip.emotion.capitalize(), digits=5)
        for clip in clips("samm", cast)
    ]


def _emotions(name: str, count: int, unpleasant: Iterator[str]) -> list[str]:
    return [next(unpleasant) if name == "negative" else _EMOTION[name] for _ in range(count)]


def _made_up(subject: str) -> Callable[[int], str]:
    return lambda number: f"{subject}_9_{number + 1}"


def _sheet(kept: Sequence[PlannedClip]) -> bytes:
    notes: list[list[Cell]] = [
        [f"Synthetic corpus, note {number + 1} of {_NUM_NOTES}: no person and no annotation is real."] for number in range(_NUM_NOTES)
    ]
    objective = iter(interleaved(_OBJECTIVE))
    rows: list[list[Cell]] = [
        [
            clip.subject, clip.filename, int(clip.filename.split("_")[1]), clip.cell("onset"), clip.cell("apex"), clip.cell("offset"),
            clip.num_frames, "Micro - 1/2", facs(clip), clip.emotion, next(objective), None,
        ]
        for clip in kept
    ]  # fmt: skip
    return xlsx({"MICRO_ONLY": [*notes, _HEADER, *rows]})
