"""CAS(ME)^3 part A: numbers as text, several clips in a video, `spNO`/`spNo` folders, a video `J` in folder `j`, apexes on the onset.

Published: clips per emotion, 88 subjects with the three classes of CARF-Net, what is odd and how often. Ours: who has which clips, lengths,
the picture's size. Of a long video only the frames around its expressions are on disk; depth images are not written.
"""

import dataclasses
import string
from collections.abc import Sequence

from preprocessing.corpora.casme3 import PATCHES
from preprocessing.synthesis.assembly import Pictures, assembled, facs
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.casting import clips, dealt, digits, reduced
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.sheet_errors import planted
from preprocessing.synthesis.timing import Lengths, in_sequence, timed
from preprocessing.synthesis.workbook import Cell, xlsx

VARIANTS = ("v2",)
IMAGES = ("raw",)
LENGTHS = Lengths(mean=13.0, sd=4.0, shortest=5, longest=26)
_THREE_CLASSES = {"disgust": 250, "surprise": 187, "fear": 86, "anger": 64, "sad": 57, "happy": 55}
_OTHERS = {"others": 146, "Others": 3}
_NUM_SUBJECTS, _NUM_ONLY_OTHERS = 88, 12
_CLIPS_PER_VIDEO = 2
_CAPITAL_ROW = 59
_APEX_ON_ONSET_EVERY = 16  # 55 of 860
_LACKING_EVERY = 10
_NUM_LACKING = 7  # frames at a video's start
_OTHER_CASE_EVERY = 7  # subjects whose folder is spNo.7
_ROWS_OF_CORRECTIONS = frozenset(patch.row for patch in PATCHES)
_HEADER: list[Cell] = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]


def plan(settings: Settings) -> Plan:
    """The corpus."""
    rows = timed(_cast(), LENGTHS, settings, first=_first, patches=PATCHES)
    rows = [_odd(clip, row) for row, clip in enumerate(in_sequence(rows, gap=12))]
    rows = [dataclasses.replace(clip, filename=f"{clip.video}_{clip.onset}") for clip in rows]
    kept = reduced(planted(rows, PATCHES, errors=settings.with_errors), settings)
    return assembled(
        settings, kept, PICTURES, files={"cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx": _sheet(kept)},
        notes=(
            "Who has which clips, clip lengths and the size of the pictures are assumed.",
            "Of a long video only the frames around its expressions are on disk; there are no depth images.",
        ),
    )  # fmt: skip


def _cast() -> list[PlannedClip]:
    """All rows of the sheet, by subject; ``filename`` is provisional: it will have the onset."""
    weights = [1 / (1 + at / 12) for at in range(_NUM_SUBJECTS)]
    total = sum(_THREE_CLASSES.values()) + sum(_OTHERS.values())
    sizes = [max(2, int(total * weight / sum(weights))) for weight in weights]
    sizes[0] += total - sum(sizes)
    hands = [*dealt(sizes, _THREE_CLASSES, _OTHERS), *[["others"]] * _NUM_ONLY_OTHERS]
    rows = clips("casme3", {f"spNO.{at}": [(str(n), e) for n, e in enumerate(hand)] for at, hand in enumerate(hands, start=1)})
    videos: list[str] = []
    for row, clip in enumerate(rows):
        videos.append(_video(row, clip, rows, videos))
    return [dataclasses.replace(clip, video=video) for clip, video in zip(rows, videos, strict=True)]


def _video(row: int, clip: PlannedClip, rows: Sequence[PlannedClip], videos: Sequence[str]) -> str:
    """The letter of a row's video: a new one after every second clip, and around rows that have corrections."""
    if row == _CAPITAL_ROW:
        return "J"
    earlier = [video for other, video in zip(rows, videos, strict=False) if other.subject == clip.subject]
    alone = {row, row - 1} & (_ROWS_OF_CORRECTIONS | {_CAPITAL_ROW})
    if earlier and not alone and earlier.count(earlier[-1]) < _CLIPS_PER_VIDEO:
        return earlier[-1]
    letters = [letter for letter in _LETTERS if letter not in earlier and letter != "j"]
    return letters[0]


_LETTERS = [*string.ascii_lowercase, *(f"{a}{b}" for a in string.ascii_lowercase for b in string.ascii_lowercase)]


def _first(clip: PlannedClip) -> tuple[int, int]:
    return (3, 200) if int(clip.filename) % _LACKING_EVERY else (1, _NUM_LACKING - 2)


def _odd(clip: PlannedClip, row: int) -> PlannedClip:
    """An apex on the onset, or a video without its first frames."""
    if row in _ROWS_OF_CORRECTIONS:
        return clip
    if row == _CAPITAL_ROW:
        return dataclasses.replace(clip, quirk="the video is J in the sheet and j on disk")
    if row % _APEX_ON_ONSET_EVERY == 0:
        return dataclasses.replace(clip, cells={"apex": str(clip.onset)}, quirk="the sheet has the apex on the onset")
    if clip.onset <= _NUM_LACKING < clip.apex:
        return dataclasses.replace(clip, missing=tuple(range(1, _NUM_LACKING + 1)), quirk="the video lacks its first frames")
    return clip


def _folder(clip: PlannedClip) -> str:
    number = digits(clip.subject)
    return f"part_A/{'spNO' if number % _OTHER_CASE_EVERY else 'spNo'}.{number}/{clip.video.lower()}/color"


PICTURES = {"raw": Pictures(camera=Camera(width=1280, height=720, face_width=250), folder=_folder, file_name="{n}.jpg", margin=2)}


def _sheet(kept: Sequence[PlannedClip]) -> bytes:
    """All numbers are text."""
    rows: list[list[Cell]] = [
        [clip.subject, clip.video, *(str(clip.cell(name)) for name in ("onset", "apex", "offset")), str(facs(clip)), "VII", clip.emotion]
        for clip in kept
    ]
    return xlsx({"label": [_HEADER, *rows]})
