"""SAMM: 159 clips of 29 subjects at 200 frames a second, grayscale.

Sheet    `SAMM_Micro_FACS_Codes_v2.xlsx` (also with a date in its name), sheet MICRO_ONLY: 13 rows of notes, then the header.
Images   `SAMM/006/006_1_2/006_05562.jpg`: frame numbers padded to five digits, in six clips to four.
"""

from preprocessing.patches import Patch
from preprocessing.sheet_corpus import SheetCorpus, by_num_rows

_MEB = "github.com/tvaranka/meb, meb/datasets/datasets.py"
_ACTION_UNITS = {15: "R12 + R15", 18: "R12 + R15", 41: "L14", 64: "R14", 154: "R14A"}
PATCHES = (
    Patch(
        subject="028", filename="028_4_1", field="apex", old="1143", new="1105",
        source=f"{_MEB}: the sheet's apex lies after the offset, estimated from optical flow (github.com/davidnvq: 1113)",
    ),
    Patch(
        subject="032", filename="032_3_1", field="apex", old="1930", new="4945",
        source=f"{_MEB}: the sheet's apex lies before the onset, estimated from optical flow (github.com/davidnvq: 4930)",
    ),
    Patch(row=133, num_rows=159, field="apex", new="5130", source=f"{_MEB}: estimated from optical flow"),
    Patch(row=56, num_rows=159, field="offset", new="5739", source=f"{_MEB}: mistake in the sheet"),
    *(
        Patch(row=row, num_rows=159, field="action_units", new=new, source=f"{_MEB}: the sheet leaves it open, chosen by optical flow")
        for row, new in _ACTION_UNITS.items()
    ),
)  # fmt: skip
CORPUS = SheetCorpus(
    name="samm",
    fps=200.0,
    sheets=("SAMM_*Micro_FACS_Codes*.xlsx",),
    sheet_name="MICRO_ONLY",
    columns={
        "subject": "Subject", "filename": "Filename", "onset": "Onset Frame", "apex": "Apex Frame", "offset": "Offset Frame",
        "emotion": "Estimated Emotion", "action_units": "Action Units",
    },
    images={"raw": ("SAMM", "SAMM_CROP", ".")},
    subject_prefix="",
    subject_digits=3,
    patches=PATCHES,
    variant=by_num_rows({159: "version 2: 159 rows"}),
)  # fmt: skip
OPTIONS = CORPUS.options
read, survey = CORPUS.read, CORPUS.survey
