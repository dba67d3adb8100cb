import dataclasses
from pathlib import Path

import pytest

from preprocessing.corpora import casme2
from preprocessing.counts import check
from tests.preprocessing.corpora.made_up import CASME2_HEADER, Video, casme2_rows, full_size, write_casme2, write_frames, write_xlsx

VIDEOS = [Video(1, "a_1", "disgust"), Video(1, "b_2", "others", onset=90, apex=95, offset=101), Video(2, "a_1", "happiness")]
NINE = [(9, "fear"), (10, "fear"), (17, "sadness"), (17, "sadness"), (19, "sadness"), (26, "sadness"), *[(24, "sadness")] * 3]
"""The clips of the 2014 sheet that are in no five-class task, by subject."""


def test_clips_are_those_of_sheet_and_folders(tmp_path: Path) -> None:
    clips = casme2.read(write_casme2(tmp_path, VIDEOS))
    assert [clip.key for clip in clips] == ["casme2/sub01/a_1", "casme2/sub01/b_2", "casme2/sub02/a_1"]
    b = clips[1]
    assert (b.onset, b.apex, b.offset, b.emotion, b.action_units, b.fps) == (90, 95, 101, "others", "4+L10", 200)
    assert [frame.number for frame in b.frames] == list(range(90, 102))
    assert b.frames[-1].path.name == "img101.jpg" and b.frames[-1].path.is_file()


@pytest.mark.parametrize("name", ["img{n}.jpg", "img{n:03d}.jpg", "reg_img{n}.JPG", "reg_img{n:05d}.png"])
def test_numbers_are_parsed_however_files_are_padded(tmp_path: Path, name: str) -> None:
    write_casme2(tmp_path, VIDEOS[:1], images=False)
    write_frames(tmp_path / "CASME2_RAW_selected/sub01/a_1", (name.format(n=n) for n in (9, 10, 11, 12, 13)))
    (tmp_path / "CASME2_RAW_selected/sub01/a_1/Thumbs.db").write_bytes(b"x")
    assert [frame.number for frame in casme2.read(tmp_path)[0].frames] == [10, 11, 12]


def test_cropped_images_are_an_option(tmp_path: Path) -> None:
    write_casme2(tmp_path, VIDEOS[:1], images=False)
    write_frames(tmp_path / "Cropped-updated/Cropped/1/a_1", ("reg_img10.jpg",))
    with pytest.raises(ValueError, match="--option images=cropped, which is there"):
        casme2.read(tmp_path)
    assert [frame.path.name for frame in casme2.read(tmp_path, images="cropped")[0].frames] == ["reg_img10.jpg"]
    with pytest.raises(ValueError, match="must be one of raw, cropped"):
        casme2.read(tmp_path, images="nope")


def test_the_three_sheets_are_told_apart(tmp_path: Path) -> None:
    first = full_size("casme2/casme2_5", extra=NINE)
    second = [*first, Video(24, "EP02_07", "disgust")]
    found = {}
    for name, videos in {"2014": first, "2019": second}.items():
        write_casme2(tmp_path / name, videos)
        found[name] = casme2.survey(tmp_path / name)
    third = [[*row, "VII"] for row in casme2_rows(first)]
    third[0] = [*CASME2_HEADER, "Objective Classes"]
    write_xlsx(tmp_path / "2014/CASME2-coding-20190701.xlsx", third)
    with pytest.raises(ValueError, match="must be one file.*--option sheet=NAME"):
        casme2.read(tmp_path / "2014")
    found["objective"] = casme2.survey(tmp_path / "2014", sheet="CASME2-coding-20190701.xlsx")
    variants = {name: dict(survey.facts)["variant"] for name, survey in found.items()}
    assert variants["2014"].startswith("20140508") and variants["2019"].startswith("20190701: 256")
    assert variants["objective"].startswith("20190701 with objective classes")
    assert not any(survey.of_kind("sheet") for survey in found.values())
    assert check("casme2", "casme2_5", found["2014"].clips).official and len(found["2014"].clips) == 255
    assert str(check("casme2", "casme2_5", found["2019"].clips)).endswith(
        "disgust 64 instead of 63; casme2/sub24 8 instead of 7; casme2/sub24 disgust 3 instead of 2"
    )
    assert check("casme2", "casme2_4", found["2019"].clips).official and len(found["2019"].clips) == 256


def test_another_sheet_is_named_as_such(tmp_path: Path) -> None:
    (problem,) = casme2.survey(write_casme2(tmp_path, VIDEOS)).of_kind("sheet")
    assert "3 rows with these columns are of no known variant" in problem.what and not problem.fatal


def test_the_apex_that_all_sheets_lack_is_patched_and_can_be_left(tmp_path: Path) -> None:
    write_casme2(tmp_path, [Video(4, "EP12_01f", "disgust", onset=261, apex="/", offset=321)])
    name = "sub04/EP12_01f/apex"
    survey = casme2.survey(tmp_path)
    assert survey.clips[0].apex == 279 and dict(survey.patches)[name].startswith("applied to sub04/EP12_01f: / -> 279 (")
    for options in ({"patches": False}, {"skip_patches": name}):
        assert casme2.read(tmp_path, **options)[0].apex is None
    with pytest.raises(ValueError, match="must name known corrections, but got nope"):
        casme2.read(tmp_path, skip_patches="nope")


def test_patches_by_row_apply_only_to_the_sheet_they_are_for(tmp_path: Path) -> None:
    videos = [*full_size("casme2/casme2_5", extra=NINE), Video(24, "EP02_07", "disgust")]
    videos[35] = dataclasses.replace(videos[35], onset=60, apex="/", offset=70)
    videos[60] = dataclasses.replace(videos[60], onset=70, apex="/", offset=19, numbers=range(70, 92))
    videos[43] = dataclasses.replace(videos[43], apex="/")
    clips = {clip.filename: clip for clip in casme2.read(write_casme2(tmp_path / "256", videos))}
    assert clips[videos[35].filename].apex == 68
    assert (clips[videos[60].filename].offset, clips[videos[60].filename].apex) == (91, 78)
    assert clips[videos[43].filename].apex is None, "77 is not among its frames"
    outcomes = dict(casme2.survey(tmp_path / "256").patches)
    assert outcomes["256rows/row43/apex"] == "not applied: 77 is outside of the frames on disk, 10 to 12"
    assert outcomes["256rows/row45/apex"] == "not applied: the sheet says '11', not '/'"
    shorter = dict(casme2.survey(write_casme2(tmp_path / "255", videos[:-1])).patches)
    assert shorter["256rows/row35/apex"] == "no such row in this sheet"


def test_missing_frames_are_tolerated_and_named(tmp_path: Path) -> None:
    videos = [Video(1, "holes", "disgust", offset=14, numbers=(10, 12, 14)), Video(1, "elsewhere", "disgust", numbers=(1, 2))]
    survey = casme2.survey(write_casme2(tmp_path, [*videos, *VIDEOS]))
    (missing,), (none,) = survey.of_kind("missing frames"), survey.of_kind("no frames")
    assert missing.where == "casme2/sub01/holes (row 0)" and missing.what == "2 of 5 frames are not on disk: 11, 13."
    assert none.what == "Frames 10 to 12 are not among those on disk, (1, 2)."
    assert {clip.filename: len(clip.frames) for clip in survey.checked()[:4]} == {"a_1": 3, "b_2": 12, "elsewhere": 0, "holes": 3}


def test_rows_without_folder_and_folders_without_row_are_named(tmp_path: Path) -> None:
    write_casme2(tmp_path, [*VIDEOS, Video(9, "unlabelled", "x")])
    write_xlsx(tmp_path / "CASME2-coding-20140508.xlsx", casme2_rows([*VIDEOS, Video(3, "gone", "disgust")]))
    survey = casme2.survey(tmp_path)
    assert [problem.where for problem in survey.of_kind("unlabelled folder")] == ["sub09/unlabelled"]
    assert survey.of_kind("no folder")[0].where == "casme2/sub03/gone (row 3)"
    assert [clip.filename for clip in survey.clips if not clip.frames] == ["gone"], "a build quarantines it"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "a\\b", "sub/x"])
def test_a_row_may_not_leave_the_folder(tmp_path: Path, name: str) -> None:
    write_casme2(tmp_path, VIDEOS)
    write_xlsx(tmp_path / "CASME2-coding-20140508.xlsx", casme2_rows([*VIDEOS, Video(3, name, "disgust")]))
    with pytest.raises(ValueError, match="must stay in the corpus folder"):
        casme2.read(tmp_path)
    assert len(casme2.survey(tmp_path).clips) == 3


def test_two_rows_of_one_clip_are_refused_unless_they_are_equal(tmp_path: Path) -> None:
    survey = casme2.survey(write_casme2(tmp_path, [*VIDEOS, VIDEOS[0]]))
    assert len(survey.checked()) == 3 and len(survey.of_kind("duplicate")) == 1
    root = write_casme2(tmp_path, [*VIDEOS, dataclasses.replace(VIDEOS[0], emotion="fear")])
    with pytest.raises(ValueError, match="must be free of contradictions, but got duplicate: casme2/sub01/a_1"):
        casme2.read(root)


@pytest.mark.parametrize(
    ("onset", "apex", "offset", "kind", "what"),
    [
        (10, 13, 12, "apex", "Apex 13 is not within onset 10 and offset 12"),
        (12, 11, 10, "range", "Onset 12 to offset 10 is no range"),
        (10, "11?", 12, "number", "apex: a frame number must be a whole number, but got '11\\?'"),
    ],
)
def test_impossible_numbers_are_named(tmp_path: Path, onset: int, apex: int | str, offset: int, kind: str, what: str) -> None:
    video = Video(1, "a_1", "disgust", onset=onset, apex=apex, offset=offset, numbers=range(9, 14))
    survey = casme2.survey(write_casme2(tmp_path, [video]))
    assert any(problem.kind == kind and problem.what.startswith(what.replace("\\", "")) for problem in survey.problems)
    assert survey.clips[0].apex is None or kind == "range"


def test_two_files_of_one_number_are_refused(tmp_path: Path) -> None:
    write_casme2(tmp_path, VIDEOS[:1])
    write_frames(tmp_path / "CASME2_RAW_selected/CASME2_RAW_selected/sub01/a_1", ("img011.jpg",))
    with pytest.raises(ValueError, match="Frame numbers must be unique, but 11 occur twice"):
        casme2.read(tmp_path)


def test_a_folder_without_sheet_or_with_a_broken_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--root DIR"):
        casme2.read(None)
    root = tmp_path / "corpus"
    root.mkdir()
    with pytest.raises(ValueError, match="must be named like CASME2-coding"):
        casme2.read(root)
    (root / "CASME2-coding-20140508.xlsx").write_text("not a sheet")
    with pytest.raises(ValueError, match="must be a readable .xlsx file"):
        casme2.read(root)
    write_xlsx(root / "CASME2-coding-20140508.xlsx", [["Subject", "Filename"]])
    with pytest.raises(ValueError, match="must have the columns Subject, Filename, OnsetFrame"):
        casme2.read(root)
