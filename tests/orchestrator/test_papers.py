"""docs/papers.md: every system has its line, every number its place, and what is committed is what is rendered."""

import dataclasses
import re
from pathlib import Path

import pytest

from orchestrator import measured, papers
from orchestrator.published_tables import as_printed, decimal, table
from search_spaces.published import rows
from search_spaces.systems import systems
from tests.orchestrator.test_measured import example

MEGC = example(variant="megc2019_flow")


def section(page: str, heading: str) -> str:
    """From a heading to the next of its level."""
    level = heading.split()[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^{level} |\Z)", page, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


def lines(text: str) -> list[list[str]]:
    """The cells of its tables, headings and rules aside."""
    split = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")]
    return [cells for cells in split if cells[0] not in ("system", "method", "network", "rule")]


def test_the_committed_page_is_what_is_rendered() -> None:
    known = measured.read(papers.FOLDER / papers.DATA)
    page = (papers.FOLDER / papers.PAGE).read_text(encoding="utf-8")
    assert page == papers.render(list(known.values())), "render it: python -m orchestrator.papers"


def test_every_system_has_a_line_with_its_state_and_its_numbers() -> None:
    shown = {cells[0]: cells for cells in lines(section(papers.render([]), "## Systems"))}
    assert list(shown) == [system.title for system in systems().values()]
    for system in systems().values():
        title, state, _, printed, ours, *_, why = shown[system.title]
        assert state == system.status and ours == "-"
        assert bool(why) == bool(system.reason)
        own = [row for row in rows() if row.system == system.name and row.variant in (None, "Ours") and row.value is not None]
        assert all(as_printed(row.value) in printed for row in own), title


def test_every_printed_number_is_in_its_table() -> None:
    page = papers.render([])
    for row in rows():
        place = row.place.removesuffix(f", {row.protocol}")
        paper, number = place.split(" text ") if " text " in place else place.split(" Table ")
        heading = f"### {paper}, text {number}" if " text " in place else f"### {paper}, Table {number}"
        found = [cells for cells in lines(section(page, heading)) if cells[0].startswith(row.method.split(" (")[0])]
        assert any(as_printed(row.value) in cells for cells in found), row


def test_what_was_measured_stands_beside_what_is_printed() -> None:
    page = papers.render([MEGC])
    (line,) = [cells for cells in lines(section(page, "## Systems")) if cells[0] == "STSTNet"]
    uf1 = MEGC.value("last_epoch", "uf1")
    assert uf1 is not None
    assert (
        f"UF1 {decimal(uf1.mean)}" in line[4]
        and "2 seeds, spread" in line[4]
        and line[5:7] == ["`megc2019_flow`, 12 clips, 4 folds", "last_epoch"]
    )
    honest, dishonest = lines(section(page, "## Measured on `megc2019_flow`"))[:2]
    assert honest[1:4] == ["last_epoch", "yes", f"{decimal(uf1.mean)} (.7353)"] and dishonest[1:3] == ["oracle", "NO"]
    assert honest[-1] == decimal(uf1.mean - 0.7353, "+")
    assert "reproduce --all --corpus megc2019_flow --root DIR --home HOME --seeds 2" in page


def test_a_search_shows_what_it_gains() -> None:
    scores = {"last_epoch": 0.5, "nested": 0.6, "oracle": 0.9}
    values = tuple(
        dataclasses.replace(value, rule=rule, metric=metric, values=(number,))
        for rule, number in scores.items()
        for metric, value in (("uf1", MEGC.values[0]), ("uar", MEGC.values[0]))
    )
    page = papers.render([dataclasses.replace(MEGC, kind="searched", num_trials=30, values=values)])
    (line,) = lines(section(page, "### Searched on `megc2019_flow`"))
    assert line[1] == "30" and line[4:6] == [".5000", ".6000"] and line[7:] == ["+.1000", ".9000", "+.3000"]


def test_decimals_and_bars() -> None:
    assert [decimal(0.6898), decimal(-0.02, "+"), decimal(1.0), decimal(None)] == [".6898", "-.0200", "1.0000", "-"]
    assert [as_printed(value) for value in (0.531, 0.6898, 0.2, None)] == [".531", ".6898", ".200", "-"]
    assert table([{"a": "x|y"}]).splitlines()[-1] == "| x&#124;y |"


def test_the_command_writes_the_page_and_refuses_a_wrong_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured.update(tmp_path / papers.DATA, [MEGC])
    assert papers.main(["--docs", str(tmp_path)]) == 0
    assert (tmp_path / papers.PAGE).read_text(encoding="utf-8") == papers.render([MEGC])
    assert str(tmp_path / papers.PAGE) in capsys.readouterr().out
    with pytest.raises(ValueError, match="is no folder. Run from a checkout"):
        papers.main(["--docs", str(tmp_path / "absent")])
