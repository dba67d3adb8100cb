import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from preprocessing.corpora import fer2013
from preprocessing.counts import check, published_counts
from preprocessing.pixel_csv import read_pixels

IMAGE = " ".join(["7"] * 2304)


def write_table(path: Path, rows: Sequence[tuple[object, str, str]], *, kaggle: bool = False) -> Path:
    """Rows are (emotion, pixels, usage)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", " Usage", " pixels"] if kaggle else ["emotion", "pixels", "Usage"])
        writer.writerows((e, u, p) if kaggle else (e, p, u) for e, p, u in rows)
    return path.parent


@pytest.mark.parametrize(("name", "kaggle"), [("fer2013.csv", False), ("icml_face_data.csv", True)])
def test_both_spellings_give_equal_clips(tmp_path: Path, name: str, kaggle: bool) -> None:
    pixels = " ".join(str(n % 256) for n in range(2304))
    root = write_table(tmp_path / name, [(3, IMAGE, "Training"), (6, pixels, "PublicTest"), (0, IMAGE, "PrivateTest")], kaggle=kaggle)
    clips = fer2013.read(root)
    assert [(clip.key, clip.emotion, clip.split) for clip in clips] == [
        ("fer2013/PrivateTest/fer0000002", "angry", "validation"),
        ("fer2013/PublicTest/fer0000001", "neutral", "test"),
        ("fer2013/Training/fer0000000", "happy", "train"),
    ]
    assert {clip.subject: clip.split for clip in fer2013.read(root, splits="microsoft")}["PublicTest"] == "validation"
    image = read_pixels(clips[1].frames[0])
    assert image.dtype == np.uint8 and image.shape == (48, 48) and image[1, 0] == 48 and image[-1, -1] == 2303 % 256


def test_full_size_has_the_published_counts(tmp_path: Path) -> None:
    published = published_counts("fer2013", "fer2013_7")
    rows = [
        (label, "", subject.split("/")[1])
        for subject, numbers in published["subjects"].items()
        for label, count in enumerate(numbers)
        for _ in range(count)
    ]
    survey = fer2013.survey(write_table(tmp_path / "fer2013.csv", rows))
    assert len(survey.clips) == 35887 and check("fer2013", "fer2013_7", survey.clips).official
    assert len(survey.of_kind("image")) == 35887 and not any(clip.frames for clip in survey.clips), "no pixels here"


def test_wrong_rows_are_named(tmp_path: Path) -> None:
    root = write_table(tmp_path / "fer2013.csv", [(3, "1 2 3", "Training"), (3, IMAGE, "Training")])
    (problem,) = fer2013.survey(root).of_kind("image")
    assert problem.where == "fer2013/Training/fer0000000" and problem.what == "It has 3 values instead of 2304."
    write_table(tmp_path / "fer2013.csv", [(7, IMAGE, "Training")])
    with pytest.raises(ValueError, match="emotion of 0 to 6 .* but got '7' and 'Training'"):
        fer2013.read(root)
    with pytest.raises(ValueError, match="must be one of shcnn, microsoft"):
        fer2013.read(write_table(tmp_path / "fer2013.csv", [(3, IMAGE, "Training")]), splits="nope")
    (tmp_path / "fer2013.csv").write_text("a,b\n")
    with pytest.raises(ValueError, match="must have columns emotion, Usage, pixels"):
        fer2013.read(root)
    with pytest.raises(ValueError, match="--root DIR"):
        fer2013.read(None)
