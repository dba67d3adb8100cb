from pathlib import Path

import pytest

from preprocessing.frame_files import archive_folder, frame_number, frames_in, image_folder, is_safe, numbered, repeated_numbers
from tests.preprocessing.corpora.made_up import write_frames


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("img46.jpg", 46),
        ("img046.JPG", 46),
        ("reg_EP01_5-3.jpg", 3),
        ("006_05562.jpg", 5562),
        ("image17581039.bmp", 17581039),
        ("1.png", 1),
        ("._img1.jpg", None),
        ("img46 (1).jpg", None),
        ("Thumbs.db", None),
        ("cover.jpg", None),
        ("img1.txt", None),
    ],
)
def test_numbers_are_parsed(name: str, number: int | None) -> None:
    assert frame_number(name) == number


def test_frames_are_ordered_by_number(tmp_path: Path) -> None:
    write_frames(tmp_path, ("img10.jpg", "img9.jpg", "img010.jpg"))
    frames = frames_in(tmp_path)
    assert [frame.path.name for frame in frames] == ["img9.jpg", "img010.jpg", "img10.jpg"] and repeated_numbers(frames) == [10]


def test_safe_names() -> None:
    assert is_safe("EP02_01f") and is_safe("a..b")
    assert not any(is_safe(name) for name in ("", ".", "..", "../x", "/x", "a/b", "a\\b", "a\0"))


def test_subject_folders_by_number(tmp_path: Path) -> None:
    for name in ("sub01", "Sub17", "notes", ".sub02"):
        (tmp_path / name).mkdir()
    assert {number: path.name for number, path in numbered(tmp_path, r"sub(\d+)").items()} == {1: "sub01", 17: "Sub17"}
    (tmp_path / "sub1").mkdir()
    with pytest.raises(ValueError, match="A subject must have one folder"):
        numbered(tmp_path, r"sub(\d+)")


@pytest.mark.parametrize("place", ["raw", "RAW/raw", "."])
def test_archives_may_nest(tmp_path: Path, place: str) -> None:
    (tmp_path / place / "sub01").mkdir(parents=True)
    names = ("raw", ".") if place == "." else ("raw",)
    assert archive_folder(tmp_path, names, r"sub\d+") == tmp_path / place
    if place == "raw":
        assert archive_folder(tmp_path / place, ("raw",), r"sub\d+") == tmp_path / place
    assert archive_folder(tmp_path, ("cropped",), r"sub\d+") is None


def test_the_first_name_is_preferred(tmp_path: Path) -> None:
    for name in ("CASME2-RAW", "CASME2_RAW_selected"):
        (tmp_path / name / "sub01").mkdir(parents=True)
    assert archive_folder(tmp_path, ("CASME2_RAW_selected", "CASME2-RAW"), r"sub\d+") == tmp_path / "CASME2_RAW_selected"


def test_missing_images_say_where_they_must_lie(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="The raw images must lie in a or b, but no such folder is under"):
        image_folder(tmp_path, {"raw": ("a", "b")}, "raw", r"sub\d+")
