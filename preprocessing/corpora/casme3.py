"""CAS(ME)^3 part A: 860 micro-expressions in long videos of about 100 subjects at 30 frames a second, colour (depth is not read).

Sheet    `cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx`, sheet `label`; numbers are text; one video holds several clips.
Images   `part_A/spNO.1/a/color/12.jpg`; spNO and the video's letter come in either case. About a tenth of the clips lack frames.
A clip is named by its video and onset: `a_12`.
"""

from pathlib import Path

from preprocessing.frame_files import subfolders
from preprocessing.patches import Field, Patch
from preprocessing.sheet_corpus import SheetCorpus, by_num_rows
from preprocessing.sheets import Row

_MEB = "github.com/tvaranka/meb, meb/datasets/datasets.py"
_FIXED: dict[Field, dict[int, int]] = {
    "onset": {749: 2647, 750: 1},
    "offset": {708: 34, 796: 1845, 798: 2403},
    "apex": {128: 160, 750: 1},
}
PATCHES = tuple(
    Patch(row=row, num_rows=860, field=field, new=str(new), source=_MEB) for field, rows in _FIXED.items() for row, new in rows.items()
)


def _clip_folder(subject: Path, row: Row) -> Path:
    """Row 59 writes `J` for the folder `j`."""
    video = row.filename.rpartition("_")[0]
    folder = next((path for path in subfolders(subject) if path.name.lower() == video.lower()), subject / video)
    return folder / "color"


CORPUS = SheetCorpus(
    name="casme3",
    fps=30.0,
    sheets=("cas(me)3_part_A_ME*.xlsx",),
    sheet_name="label",
    columns={
        "subject": "Subject", "filename": "Filename", "onset": "Onset", "apex": "Apex", "offset": "Offset", "emotion": "emotion",
        "action_units": "AU",
    },
    images={"raw": ("part_A", ".")},
    subject_prefix="spNO.",
    subject_digits=1,
    patches=PATCHES,
    variant=by_num_rows({860: "part A, version 2: 860 rows"}),
    clip_folder=_clip_folder,
    clip_name=lambda row: f"{row.filename}_{row.onset}",
)  # fmt: skip
OPTIONS = CORPUS.options
read, survey = CORPUS.read, CORPUS.survey
