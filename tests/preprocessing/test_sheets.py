import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from preprocessing.sheets import find_sheet, labelled_rows, number, read_sheet, read_table, spelled, text
from tests.preprocessing.corpora.made_up import write_xlsx

COLUMNS = {"subject": "Subject", "filename": "Filename", "onset": "On", "apex": "Ap", "offset": "Off", "emotion": "Emotion"}
HEADER = list(COLUMNS.values())


def write_xls(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """A worksheet as Excel 2 wrote it, the smallest that is an .xls."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    body = record(0x0009, struct.pack("<HH", 2, 0x10))
    for at, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            place = struct.pack("<HH", at, column) + bytes(3)
            if isinstance(cell, int | float):
                body += record(0x0003, place + struct.pack("<d", cell))
            elif cell is not None:
                encoded = str(cell).encode("latin-1")
                body += record(0x0004, place + bytes([len(encoded)]) + encoded)
    path.write_bytes(body + record(0x000A, b""))
    return path


def test_all_formats_read_alike(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [HEADER, [1, "a", 10, "/", 12, "disgust"], [2, "b", 3.0, 4, 5, "others"]]
    write_xls(tmp_path / "old.xls", rows)
    write_xlsx(tmp_path / "new.xlsx", rows)
    (tmp_path / "plain.csv").write_text("\n".join(",".join(map(str, row)).replace("3.0", "3") for row in rows), encoding="utf-8-sig")
    sheets = [read_sheet(tmp_path / name, HEADER) for name in ("old.xls", "new.xlsx", "plain.csv")]
    assert sheets[0].rows == sheets[1].rows == sheets[2].rows
    assert sheets[0].rows[1] == {"Subject": "2", "Filename": "b", "On": "3", "Ap": "4", "Off": "5", "Emotion": "others"}
    assert read_table(tmp_path / "old.xls")[1] == ["1", "a", "10", "/", "12", "disgust"]


def test_notes_blank_rows_and_nameless_columns(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [
        ["about"],
        [None],
        [*HEADER[:2], None, *HEADER[2:], None, None],
        [1, "a", None, 1, 2, 3, "x"],
        [None] * 3,
        ["see above"],
    ]
    sheet = read_sheet(write_xlsx(tmp_path / "s.xlsx", rows), HEADER)
    assert sheet.header == ("Subject", "Filename", "Unnamed: 2", "On", "Ap", "Off", "Emotion") and sheet.num_notes == 2
    assert [row["Subject"] for row in sheet.rows] == ["1", "see above"]
    kept = labelled_rows(sheet, COLUMNS, spelled("sub", 2))
    assert [(row.number, row.subject) for row in kept] == [(0, "sub01"), (1, "see above")]


def test_cells_are_text_as_a_person_reads_it() -> None:
    assert [text(cell) for cell in (46.0, 46, 46.5, " a ", None)] == ["46", "46", "46.5", "a", ""]


@pytest.mark.parametrize("cell", ["/", "\\", "", "-", "NaN"])
def test_absent_numbers(cell: str) -> None:
    assert number(cell) is None and number("046") == 46


@pytest.mark.parametrize("cell", ["4.5", "-3", "12a", "１２"])
def test_what_is_no_frame_number(cell: str) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        number(cell)


def test_subjects_are_spelled_one_way() -> None:
    assert [spelled("sub", 2)(s) for s in ("1", "01", "sub01", "Sub1", "x")] == ["sub01"] * 4 + ["x"]
    assert [spelled("spNO.", 1)(s) for s in ("spNo.7", "spNO17")] == ["spNO.7", "spNO17"]


def test_finding_the_sheet(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("~$sheet_1.xlsx", ".sheet_1.xlsx", "sheet_1.xlsx"):
        (tmp_path / name).touch()
    assert find_sheet(tmp_path, ["SHEET*.xlsx"]) == find_sheet(folder, ["sheet*.xlsx"]) == tmp_path / "sheet_1.xlsx"
    for name in ("../sheet_1.xlsx", "nope.xlsx"):
        with pytest.raises(ValueError, match="must name a file in the corpus folder"):
            find_sheet(folder, ["sheet*.xlsx"], name)


@pytest.mark.parametrize("name", ["s.xls", "s.xlsx", "s.ods"])
def test_what_is_no_sheet_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no sheet")
    with pytest.raises(ValueError, match=r"A sheet must be (a readable|\.xlsx, \.xls or \.csv)"):
        read_sheet(tmp_path / name, HEADER)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b"x" * 200_000])
def test_a_csv_of_other_bytes_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(ValueError, match="must be a readable .csv file in UTF-8, but .*s.csv is not"):
        read_sheet(tmp_path / "s.csv", HEADER)


def test_a_book_with_damaged_insides_is_refused(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "whole.xlsx", [HEADER])
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "damaged.xlsx", "w") as damaged:
        for name in whole.namelist():
            content = whole.read(name)
            damaged.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    with pytest.raises(ValueError, match="must be a readable .xlsx file, but .*damaged.xlsx is not"):
        read_sheet(tmp_path / "damaged.xlsx", HEADER)
