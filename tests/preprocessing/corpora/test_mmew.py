from pathlib import Path

import pytest

from preprocessing.corpora import mmew
from tests.preprocessing.corpora.made_up import write_frames, write_xlsx

HEADER = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion", "remarks"]


@pytest.mark.parametrize("layout", ["MMEW_Final/Micro_Expression/repression/{clip}", "Micro_Expression/others/{clip}", "S03/others/{clip}"])
def test_both_layouts_are_read(tmp_path: Path, layout: str) -> None:
    write_xlsx(tmp_path / "MMEW_Micro_Exp.xlsx", [HEADER, ["S03", "S03-01-002", 1, 2, 3, "4", "others", None]])
    write_frames(tmp_path / layout.format(clip="S03-01-002"), ("1.jpg", "2.jpg", "3.jpg", "4.jpg"))
    (clip,) = mmew.read(tmp_path)
    assert (clip.key, clip.emotion, [frame.number for frame in clip.frames]) == ("mmew/S03/S03-01-002", "others", [1, 2, 3])


def test_published_errors_are_corrected_where_they_are(tmp_path: Path) -> None:
    rows = [[3, f"S03-01-{at:03d}", 1, 2, 3, "4", "anger", None] for at in range(300)]
    rows[33][4], rows[35][3] = 500, 99  # beyond the last frame; after the offset
    write_xlsx(tmp_path / "MMEW_Micro_Exp.xlsx", [HEADER, *rows])
    for at, last in ((33, 80), (35, 60), (36, 60)):
        write_frames(tmp_path / f"Micro_Expression/anger/S03-01-{at:03d}", (f"{n}.jpg" for n in range(1, last + 1)))
    clips = {clip.filename: clip for clip in mmew.read(tmp_path)}
    assert clips["S03-01-033"].offset == 75 and clips["S03-01-035"].offset == 3 and clips["S03-01-036"].apex == 2
    with pytest.raises(ValueError, match="--root DIR"):
        mmew.read(None)
