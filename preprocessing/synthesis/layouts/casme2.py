"""CASME II: the three sheets, a nested archive folder, un-padded frame numbers, `/` apexes, holes in 13 clips, folders without a row.

Published: clips per subject and class, lengths per class, names of the clips with quirks. Ours: all other names (episodes 51 and up do not
occur officially), which of a subject's clips are the named ones, and which of the nine others are afraid.
"""

import dataclasses
from collections.abc import Sequence

from preprocessing.corpora.casme2 import PATCHES
from preprocessing.synthesis.assembly import Pictures, assembled, facs
from preprocessing.synthesis.camera import CAMERAS
from preprocessing.synthesis.casting import Known, check_subjects, clips, digits, given, named, per_subject, reduced, without_frame
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.sheet_errors import planted
from preprocessing.synthesis.timing import Lengths, timed
from preprocessing.synthesis.workbook import Cell, xlsx

VARIANTS = ("20140508", "20190701", "objective")
IMAGES = ("raw", "cropped")
SHEETS = {"20140508": "CASME2-coding-20140508.xlsx", "20190701": "CASME2-coding-20190701.xlsx", "objective": "CASME2-coding-20190701.xlsx"}
LENGTHS = {
    "happiness": Lengths(mean=73.8, sd=20.6, shortest=31, longest=100),
    "surprise": Lengths(mean=64.2, sd=18.7, shortest=36, longest=100),
    "disgust": Lengths(mean=65.7, sd=20.5, shortest=31, longest=126),
    "repression": Lengths(mean=81.0, sd=24.2, shortest=24, longest=121),
    "others": Lengths(mean=64.3, sd=23.2, shortest=24, longest=141),
    "": Lengths(mean=67.7, sd=22.6, shortest=24, longest=141),
}
_BESIDES = {
    "sub09": ["fear"], "sub10": ["fear"], "sub17": ["sadness"] * 2, "sub19": ["sadness"], "sub24": ["sadness"] * 3, "sub26": ["sadness"],
}  # fmt: skip
"""The nine clips of the 2014 sheet outside of the five classes."""
_OBJECTIVE = ("EP07_01", "EP07_04f", "EP10_03")
"""Clips of sub24 that are sadness in 2014 and surprise in the sheet with objective classes."""
_LABELLED: dict[str, dict[str, list[str]]] = {
    "sub04": {"EP12_01f": ["disgust"]},
    "sub05": {"EP09_05f": ["disgust"]},
    "sub24": {"EP02_07": ["disgust"], **{name: ["sadness"] for name in _OBJECTIVE}},
}
_HOLES = {
    "sub01": ["EP04_03"], "sub02": ["EP14_01"], "sub05": ["EP03_01", "EP03_06", "EP03_07", "EP04_06", "EP12_06", "EP16_03f", "EP16_04f"],
    "sub12": ["EP03_02"], "sub13": ["EP03_01"], "sub19": ["EP15_03f"], "sub20": ["EP12_01"],
}  # fmt: skip
"""Clips that lack a frame in some copies (SHCNN's list of frames)."""
_UNLABELLED = (("sub09", "EP02_02f"), ("sub24", "EP02_07"))
"""Folders without a row; the second has one in the 256-row sheet."""
_SHORTENED = "EP01_08"
"""A clip of sub16 whose offset the sheet of 2019 corrects."""
_OBJECTIVE_CLASS = {"happiness": "I", "surprise": "II", "disgust": "IV", "sadness": "VI"}  # which emotion has which is ours
PICTURES = {
    "raw": Pictures(
        camera=CAMERAS["casme2"], file_name="img{n}.jpg",
        folder=lambda clip: f"CASME2_RAW_selected/CASME2_RAW_selected/{clip.subject}/{clip.filename}",
    ),
    "cropped": Pictures(
        camera=CAMERAS["casme2_cropped"], file_name="reg_img{n}.jpg", folder=lambda clip: f"Cropped/{clip.subject}/{clip.filename}"
    ),
}  # fmt: skip


def plan(settings: Settings) -> Plan:
    """The corpus with the sheet that ``settings.variant`` names."""
    rows = timed(_cast(settings), LENGTHS, settings, first=_first, patches=PATCHES)
    rows = [without_frame(clip) if clip.filename in _HOLES.get(clip.subject, []) else clip for clip in rows]
    errors = [patch for patch in PATCHES if patch.filename != _SHORTENED or settings.variant != "20190701"]
    every = [*planted(rows, errors, errors=settings.with_errors), *timed(_unlabelled(settings), LENGTHS, settings, first=_first)]
    kept = reduced(every, settings)
    return assembled(
        settings, kept, PICTURES, files={SHEETS[settings.variant]: _sheet(kept, settings.variant)},
        notes=("Clip names of episodes 51 and up are made up, and so is which of a subject's clips have known names.",),
    )  # fmt: skip


def _first(clip: PlannedClip) -> tuple[int, int]:
    return 1, 400


def _cast(settings: Settings) -> list[PlannedClip]:
    """All rows of the sheet, by subject and name."""
    cast, five = {}, per_subject("casme2/casme2_5")
    check_subjects(settings, "casme2", five)
    for subject, counts in five.items():
        emotions = [name for name, count in counts.items() for _ in range(count)] + _BESIDES.get(subject, [])
        emotions += ["disgust"] if (subject, settings.variant) == ("sub24", "20190701") else []
        cast[subject] = named(emotions, _known(settings, subject), _made_up, f"casme2/{subject}")
    rows = clips("casme2", cast)
    if settings.variant == "objective":
        changed = {f"casme2/sub24/{name}" for name in _OBJECTIVE}
        rows = [dataclasses.replace(clip, emotion="surprise") if clip.key in changed else clip for clip in rows]
    return rows


def _known(settings: Settings, subject: str) -> Sequence[Known]:
    labelled = {name: e for name, e in _LABELLED.get(subject, {}).items() if name != "EP02_07" or settings.variant == "20190701"}
    quirks = {name: () for name in _HOLES.get(subject, [])} | ({_SHORTENED: ()} if subject == "sub16" else {})
    return labelled, given(settings, "casme2", subject), quirks


def _made_up(number: int) -> str:
    return f"EP{51 + number // 9}_{number % 9 + 1:02d}{'f' if number % 3 == 0 else ''}"


def _unlabelled(settings: Settings) -> list[PlannedClip]:
    return [
        PlannedClip(corpus="casme2", subject=subject, filename=name, emotion="others", has_row=False, quirk="a folder without a row")
        for subject, name in _UNLABELLED
        if name != "EP02_07" or settings.variant != "20190701"
    ]


def _sheet(kept: Sequence[PlannedClip], variant: str) -> bytes:
    """Subjects are text in the sheets of 255 rows and numbers in that of 256."""
    header: list[Cell] = ["Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None, "Action Units", "Estimated Emotion"]
    rows = [
        [
            digits(clip.subject) if variant == "20190701" else f"{digits(clip.subject):02d}", clip.filename, None,
            clip.cell("onset"), clip.cell("apex"), clip.cell("offset"), None, facs(clip), clip.emotion,
        ]
        for clip in kept if clip.has_row
    ]  # fmt: skip
    if variant == "objective":
        header.append("Objective Classes")
        rows = [[*row, _OBJECTIVE_CLASS.get(str(row[-1]), "VII")] for row in rows]
    return xlsx({"Sheet1": [header, *rows]})
