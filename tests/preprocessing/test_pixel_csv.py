from pathlib import Path

import pytest

from preprocessing.clip import Frame
from preprocessing.pixel_csv import read_pixels, rows

GOOD = " ".join(["9"] * 2304)


def write(path: Path, *pixels: str) -> Path:
    path.write_text("emotion,pixels,Usage\n" + "".join(f"0,{text},Training\n" for text in pixels))
    return path


def test_a_row_that_is_no_image_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "fer2013.csv", GOOD, GOOD.replace("9", "900", 1), "1 2", GOOD.replace("9", "x", 1))
    assert [row.num_pixels for row in rows(path)] == [2304, 2304, 2, 2304]
    image = read_pixels(Frame(number=0, path=path))
    assert int(image.min()) == int(image.max()) == 9 and not image.flags.writeable
    for number in (1, 2, 3):
        with pytest.raises(ValueError, match=f"must be 2304 values of 0 to 255, but row {number} of"):
            read_pixels(Frame(number=number, path=path))
    with pytest.raises(ValueError, match="must be one of the table's 4, but got 4"):
        read_pixels(Frame(number=4, path=path))


def test_short_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text("emotion,pixels,Usage\n0,1 2\n")
    with pytest.raises(ValueError, match="must have 3 cells, but line 2"):
        list(rows(path))
