"""CASME II: 255 or 256 clips of 26 subjects at 200 frames a second, raw 640x480 or cropped to the face (about 280x340).

Sheet    `CASME2-coding-20140508.xlsx` or `CASME2-coding-20190701.xlsx`, which circulates in two forms; told apart by header and row count.
Raw      `CASME2_RAW_selected/sub01/EP02_01f/img46.jpg`; the archive may nest the folder in itself. `CASME2-RAW` holds whole videos.
Cropped  `Cropped/sub01/EP02_01f/reg_img46.jpg`.
Two folders have no row in the 2014 sheet; 13 clips lack single frames in some copies. Clip names repeat between subjects.
"""

from preprocessing.patches import Patch
from preprocessing.sheet_corpus import SheetCorpus
from preprocessing.sheets import Sheet

_MEB = "github.com/tvaranka/meb, meb/datasets/datasets.py"
_MISSING_APEX = {
    35: 68, 43: 77, 45: 81, 51: 166, 53: 100, 60: 78, 117: 187, 118: 89, 126: 80, 136: 88, 147: 134, 155: 231, 168: 53, 170: 329,
    177: 111, 202: 91, 203: 103, 234: 98, 237: 153, 238: 98,
}  # fmt: skip
"""Row of the 256-row sheet -> apex that MEB estimates from optical flow. Its row 29 is sub04/EP12_01f, whose apex no sheet has."""
PATCHES = (
    Patch(subject="sub04", filename="EP12_01f", field="apex", old="/", new="279", source=f"{_MEB}: estimated from optical flow"),
    Patch(row=60, num_rows=256, field="offset", new="91", source=f"{_MEB}: mistake in the sheet"),
    Patch(
        subject="sub16", filename="EP01_08", field="offset", old="110", new="96", source="the sheet of 2019, CASME2-coding-20190701.xlsx"
    ),
    *(
        Patch(row=row, num_rows=256, field="apex", old="/", new=str(apex), source=f"{_MEB}: estimated from optical flow")
        for row, apex in _MISSING_APEX.items()
    ),
)


def variant(sheet: Sheet) -> str | None:
    """Which of the three known sheets this is; None: another one."""
    known = {
        (255, False): "20140508: 255 rows, disgust 63",
        (256, False): "20190701: 256 rows, disgust 64, 21 clips without apex",
        (255, True): "20190701 with objective classes: 255 rows, three clips of sub24 surprise instead of sadness",
    }
    return known.get((len(sheet.rows), "Objective Classes" in sheet.header))


CORPUS = SheetCorpus(
    name="casme2",
    fps=200.0,
    sheets=("CASME2-coding*.xlsx", "CASME2-coding*.csv"),
    columns={
        "subject": "Subject", "filename": "Filename", "onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame",
        "emotion": "Estimated Emotion", "action_units": "Action Units",
    },
    images={"raw": ("CASME2_RAW_selected", "CASME2-RAW", "CASME2_RAW"), "cropped": ("Cropped", "Cropped-updated")},
    subject_prefix="sub",
    subject_digits=2,
    patches=PATCHES,
    variant=variant,
)  # fmt: skip
OPTIONS = CORPUS.options
read, survey = CORPUS.read, CORPUS.survey
