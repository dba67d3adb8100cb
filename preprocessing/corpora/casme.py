"""CASME: 189 labelled clips of 19 subjects at 60 frames a second.

Sheet    `casme.xlsx` of 189 rows or `CASME-coded-20190721.xls` of 193. Published counts and corrections are for the first; which four rows
         the other one adds is not published. Apex is `ApexF1`, a second one (`ApexF2`) is not used.
Raw      `CASME_raw_selected/sub01/EP01_5/EP01_5-1.jpg`, padded to three digits in part of the clips.
Cropped  `Cropped/sub01/EP01_5/reg_EP01_5-1.jpg`.
"""

from preprocessing.patches import Field, Patch
from preprocessing.sheet_corpus import SheetCorpus, by_num_rows

_MEB = "github.com/tvaranka/meb, meb/datasets/datasets.py: by the image folders"
_FIXED: dict[Field, dict[int, int]] = {
    "onset": {40: 100, 42: 101, 43: 57},
    "offset": {40: 149, 42: 119, 43: 74, 54: 40, 140: 142},
    "apex": {40: 120, 42: 110, 43: 65},  # the middle frame
}
PATCHES = tuple(
    Patch(row=row, num_rows=189, field=field, new=str(new), source=_MEB) for field, rows in _FIXED.items() for row, new in rows.items()
)
CORPUS = SheetCorpus(
    name="casme",
    fps=60.0,
    sheets=("CASME-coded*.xls", "CASME-coded*.xlsx", "casme.xlsx", "casme.xls"),
    columns={
        "subject": "Subject", "filename": "Filename", "onset": "OnsetF", "apex": "ApexF1", "offset": "OffsetF", "emotion": "Emotion",
        "action_units": "AU",
    },
    images={"raw": ("CASME_raw_selected",), "cropped": ("Cropped",)},
    subject_prefix="sub",
    subject_digits=2,
    patches=PATCHES,
    variant=by_num_rows({189: "189 rows", 193: "193 rows: published counts and corrections are for the sheet of 189"}),
)  # fmt: skip
OPTIONS = CORPUS.options
read, survey = CORPUS.read, CORPUS.survey
