from pathlib import Path

from preprocessing.corpora import fourdme
from tests.preprocessing.corpora.made_up import write_frames, write_xlsx


def test_clips_are_those_of_sheet_and_folders(tmp_path: Path) -> None:
    header = ["sub_ID", "fold_name", "Onset", "Apex", "Offset", "AUs", "Emotion"]
    write_xlsx(tmp_path / "4DME_Labelling_Micro_release v1.xlsx", [header, [7, "made_up", 4, 5, 6, "AU4", "Negative"]])
    write_frames(tmp_path / "gray_micro/7/made_up", (f"{n}.png" for n in range(1, 9)))
    (clip,) = fourdme.read(tmp_path)
    assert (clip.key, clip.emotion, clip.fps, len(clip.frames)) == ("fourdme/7/made_up", "Negative", None, 3)
