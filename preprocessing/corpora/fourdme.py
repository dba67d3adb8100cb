"""4DME, gray videos: 267 micro-expressions. Frame rate and class counts are not verified; the frames' names are taken as any with a number.

Sheet    `4DME_Labelling_Micro_release v1.xlsx`; emotion is a text of the sheet's five words, also several.
Images   `gray_micro/<subject>/<clip>/`.
Not corrected: MEB (github.com/tvaranka/meb) exchanges the labels of rows 144 and 145.
"""

from preprocessing.sheet_corpus import SheetCorpus

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
)  # fmt: skip
OPTIONS = CORPUS.options
read, survey = CORPUS.read, CORPUS.survey
