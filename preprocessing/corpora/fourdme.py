"""4DME, gray videos: 267 micro-expressions. Frame rate and class counts are not verified; the frames' names are taken as any with a number.

Sheet    `4DME_Labelling_Micro_release v1.xlsx`; emotion is one of five words or several, and then in no class scheme.
Images   `gray_micro/<subject>/<clip>/`.
"""

from preprocessing.patches import Exchange
from preprocessing.sheet_corpus import SheetCorpus, by_num_rows

PATCHES = (
    Exchange(
        rows=(144, 145), num_rows=267, fields=("emotion", "action_units"),
        source="github.com/tvaranka/meb, meb/datasets/datasets.py: exchanges all columns from the action units on",
    ),
)  # fmt: skip
CORPUS = SheetCorpus(
    name="fourdme",
    fps=None,
    sheets=("4DME_Labelling_Micro*.xlsx",),
    columns={
        "subject": "sub_ID", "filename": "fold_name", "onset": "Onset", "apex": "Apex", "offset": "Offset", "emotion": "Emotion",
        "action_units": "AUs",
    },
    images={"raw": ("gray_micro",)},
    subject_prefix="",
    subject_digits=1,
    patches=PATCHES,
    variant=by_num_rows({267: "release v1: 267 rows"}),
)  # fmt: skip
OPTIONS = CORPUS.options
read, survey = CORPUS.read, CORPUS.survey
