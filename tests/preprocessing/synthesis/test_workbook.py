import time
from pathlib import Path

from preprocessing.sheets import read_table
from preprocessing.synthesis.workbook import Cell, xlsx

TABLES: dict[str, list[list[Cell]]] = {"first": [["Subject", None, "Onset"], ["01", None, 3]], "second": [["x"]]}


def test_bytes_depend_on_the_cells_alone(tmp_path: Path) -> None:
    before = xlsx(TABLES)
    time.sleep(1.1)  # openpyxl writes the second of writing
    assert xlsx(TABLES) == before != xlsx({**TABLES, "second": [["y"]]})


def test_text_and_numbers_stay_apart_in_every_sheet(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(xlsx(TABLES))
    assert read_table(tmp_path / "book.xlsx", "first") == [["Subject", "", "Onset"], ["01", "", "3"]]
    assert read_table(tmp_path / "book.xlsx", "second") == [["x"]]
