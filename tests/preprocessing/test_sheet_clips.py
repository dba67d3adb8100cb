from pathlib import Path

import pytest

from preprocessing import sheet_clips
from preprocessing.clip import Frame
from preprocessing.sheet_clips import Source, survey_rows
from preprocessing.sheets import Row
from tests.preprocessing.corpora.made_up import write_frames

ROW = Row(number=0, subject="s1", filename="c1", onset="1", apex="", offset="3", emotion="x")


def test_a_row_without_emotion_is_left_out_and_named(tmp_path: Path) -> None:
    write_frames(tmp_path, ("1.jpg", "2.jpg", "3.jpg"))
    rows = [ROW, Row(number=1, subject="s1", filename="c2", onset="1", apex="", offset="3", emotion="")]
    survey = survey_rows(rows, Source(corpus="c", fps=None, folder_of=lambda row: tmp_path))
    assert [clip.filename for clip in survey.checked()] == ["c1"]
    assert [problem.where for problem in survey.of_kind("label")] == ["c/s1/c2 (row 1)"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> tuple[Frame, ...]:
        raise PermissionError(folder)

    monkeypatch.setattr(sheet_clips, "frames_in", refuse)
    survey = survey_rows([ROW], Source(corpus="c", fps=None, folder_of=lambda row: tmp_path))
    assert "cannot be read (PermissionError). Check its permissions." in survey.of_kind("no folder")[0].what
    assert survey.checked()[0].frames == ()


def test_long_lists_of_frames_are_cut(tmp_path: Path) -> None:
    write_frames(tmp_path, ("1.jpg", "30.jpg"))
    row = Row(number=0, subject="s1", filename="c1", onset="1", apex="", offset="30", emotion="x")
    (problem,) = survey_rows([row], Source(corpus="c", fps=None, folder_of=lambda row: tmp_path)).of_kind("missing frames")
    assert problem.what == "28 of 30 frames are not on disk: 2, 3, 4, 5, 6, 7, 8, 9 and more."


def test_an_absurd_offset_is_told_without_counting_up_to_it(tmp_path: Path) -> None:
    write_frames(tmp_path / "a", ("1.jpg",))
    row = Row(number=0, subject="s", filename="a", onset="1", apex="", offset="99999999999", emotion="x")
    survey = survey_rows([row], Source(corpus="c", fps=None, folder_of=lambda row: tmp_path / row.filename))
    (problem,) = survey.of_kind("missing frames")
    assert problem.what.startswith("99999999998 of 99999999999 frames are not on disk: 2, 3, ") and survey.clips[0].frames


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    row = Row(number=0, subject="s", filename="a", onset="1", apex="", offset="2", emotion="x")
    survey = survey_rows([row], Source(corpus="c", fps=None, folder_of=lambda row: tmp_path / row.filename))
    assert [problem.kind for problem in survey.problems] == ["no frames"] and not survey.clips[0].frames
