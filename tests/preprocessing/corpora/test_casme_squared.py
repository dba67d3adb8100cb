from pathlib import Path

import pytest

from preprocessing.corpora import casme_squared
from tests.preprocessing.corpora.made_up import write_frames, write_xlsx

ROWS: list[list[object]] = [
    [1, "disgust1_1", 3, 4, 5, "4", "negative", "micro-expression", "disgust"],
    [3, "happy1_2", 2, 4, 0, "6+12", "positive", "micro-expression", "happy"],
    [3, "happy1_3", 2, 0, 6, "6+12", "positive", "macro-expression", "happy"],
]


def write(root: Path) -> Path:
    write_xlsx(root / "CAS(ME)^2code_final(Updated).xlsx", ROWS, title="CASMEcode_final")
    write_frames(root / "rawpic/s15/15_0101disgustingteeth", (f"img{n:03d}.jpg" for n in range(1, 9)))
    for video in ("19_0502funnyerrors", "23_0502funnyerrors"):
        write_frames(root / "rawpic/s19" / video, (f"img{n:03d}.jpg" for n in range(1, 9)))
    return root


def test_participants_and_stimuli_name_the_folders(tmp_path: Path) -> None:
    clips = casme_squared.read(write(tmp_path))
    assert [(clip.key, clip.onset, clip.apex, clip.offset, clip.emotion) for clip in clips] == [
        ("casme_squared/s15/disgust1_1", 3, 4, 5, "negative"),
        ("casme_squared/s19/happy1_2", 2, 4, 4, "positive"),
    ]
    assert clips[1].frames[0].path.parent.name == "19_0502funnyerrors" and len(clips[1].frames) == 3
    (macro,) = casme_squared.read(tmp_path, expressions="macro")
    assert (macro.filename, macro.apex, len(casme_squared.read(tmp_path, expressions="all"))) == ("happy1_3", None, 3)


def test_cropped_clips_lie_by_their_own_name(tmp_path: Path) -> None:
    write_frames(write(tmp_path) / "cropped/15/disgust1_1", (f"img{n}.jpg" for n in (3, 4, 5)))
    survey = casme_squared.survey(tmp_path, images="cropped")
    assert [len(clip.frames) for clip in survey.clips] == [3, 0] and len(survey.of_kind("no folder")) == 1


def test_wrong_sheets_and_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be one of micro, macro, all"):
        casme_squared.read(write(tmp_path), expressions="nope")
    write_xlsx(tmp_path / "CAS(ME)^2code_final(Updated).xlsx", [["a", "b"]], title="CASMEcode_final")
    with pytest.raises(ValueError, match="must have 8 columns and no header"):
        casme_squared.read(tmp_path)
    with pytest.raises(ValueError, match="--root DIR"):
        casme_squared.read(None)
