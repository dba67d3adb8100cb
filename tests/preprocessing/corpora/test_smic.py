from pathlib import Path

import pytest

from preprocessing.corpora import smic
from preprocessing.counts import check, published_counts
from tests.preprocessing.corpora.made_up import write_frames, write_smic


def full_size() -> list[tuple[int, str, int]]:
    published = published_counts("smic", "smic_3")
    return [
        (int(subject.split("/s")[1]), emotion, number)
        for subject, numbers in published["subjects"].items()
        for emotion, count in zip(published["classes"], numbers, strict=True)
        for number in range(1, count + 1)
    ]


def test_folders_are_the_index(tmp_path: Path) -> None:
    clips = smic.read(write_smic(tmp_path, full_size()))
    assert len(clips) == 164 and check("smic", "smic_3", clips).official and check("smic", "megc3", clips).official
    first = clips[0]
    assert (first.key, first.onset, first.apex, first.offset, first.fps) == ("smic/s01/s01_ne_01", 123, None, 125, 100)
    assert first.frames[0].path.name == "image000123.bmp" and clips[-1].frames[0].path.name == "image00000123.bmp"


def test_cameras_and_cropped_images_are_options(tmp_path: Path) -> None:
    write_smic(tmp_path, [(11, "surprise", 1)], camera="VIS")
    write_smic(tmp_path, [(1, "negative", 1)])
    write_frames(tmp_path / "SMIC_all_cropped/HS/s1/micro/positive/s1_po_02", ("reg_image000007.bmp",))
    (vis,) = smic.read(tmp_path, camera="vis")
    assert (vis.key, vis.fps) == ("smic/s11/s11_sur_01", 25)
    assert [clip.key for clip in smic.read(tmp_path / "SMIC_all_cropped", images="cropped")] == ["smic/s01/s01_po_02"]
    with pytest.raises(ValueError, match="must be one of hs, vis, nir"):
        smic.read(tmp_path, camera="ir")
    with pytest.raises(ValueError, match="folder must be NIR, but .* has HS, VIS"):
        smic.read(tmp_path, camera="nir")
    with pytest.raises(ValueError, match="--root DIR"):
        smic.read(None)


def test_holes_and_empty_folders_are_named(tmp_path: Path) -> None:
    write_smic(tmp_path, [(3, "positive", 8)], numbers=(5, 6, 9))
    write_frames(tmp_path / "SMIC_all_raw/HS/s3/micro/positive/s3_po_09", ())
    write_frames(tmp_path / "SMIC_all_raw/HS/s3/micro/positive/notes", ())
    write_frames(tmp_path / "SMIC_all_raw/HS/s3/non_micro/positive/s3_po_10", ("image1.bmp",))
    survey = smic.survey(tmp_path)
    assert [(clip.filename, len(clip.frames)) for clip in survey.checked()] == [("s03_po_08", 3), ("s03_po_09", 0)]
    assert survey.of_kind("missing frames")[0].what == "2 frames between first and last are not on disk; some copies lack 2 there."
    assert survey.of_kind("no frames")[0].where.endswith("s3_po_09") and survey.of_kind("clip name")[0].where.endswith("notes")


@pytest.mark.parametrize("place", ["s3/micro/positive/s3_ne_01", "s4/micro/negative/s3_ne_01"])
def test_a_clip_in_a_wrong_folder_is_refused(tmp_path: Path, place: str) -> None:
    write_frames(tmp_path / "SMIC_all_raw/HS" / place, ("image1.bmp",))
    with pytest.raises(ValueError, match="A clip's name must agree with its folders"):
        smic.read(tmp_path)


def test_one_clip_in_two_folders_is_refused(tmp_path: Path) -> None:
    for name in ("s3_ne_01", "s03_ne_1"):
        write_frames(tmp_path / "SMIC_all_raw/HS/s3/micro/negative" / name, ("image1.bmp",))
    with pytest.raises(ValueError, match="duplicate: smic/s03/s03_ne_01"):
        smic.read(tmp_path)


def test_the_clip_that_some_copies_lack_is_named(tmp_path: Path) -> None:
    survey = smic.survey(write_smic(tmp_path, [(18, "surprise", 2), (18, "surprise", 4)]))
    assert [problem.where for problem in survey.of_kind("no folder")] == ["smic/s18/s18_sur_03"]
    assert not smic.survey(write_smic(tmp_path, [(18, "surprise", 3)])).problems
