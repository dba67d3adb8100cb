"""The page Papers: every printed number is there, and beside it ours of the same thing, whatever it scores."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboards import reproductions
from dashboards.page import Link, Table
from dashboards.papers import papers
from dashboards.reproductions import COMMIT, ours
from dashboards.sweep_view import Listed
from orchestrator import papers as page
from search_spaces.published import rows
from tests.dashboards.view_examples import column, words

FULL = ("region_cnn_lstm", "FULL (3DB-combined)", "uf1")


@pytest.fixture(autouse=True)
def nothing_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is kept with the source does not count here."""
    monkeypatch.setattr(reproductions.page, "FOLDER", tmp_path)


def listed(seed: int = 0, *, value: float = 0.7, sampler: str = "none", hour: int = 0, **changed: str) -> Listed:
    """A finished reproduction of Bi-WOOF, or a search around it."""
    rule = "last_epoch" if sampler == "none" else "nested"
    metrics = {f"{rule}/all/uf1": value, f"{rule}/all/uf1.low": value - 0.1, f"{rule}/all/uf1.high": value + 0.1, f"{rule}/smic/uar": 0.5}
    tags = {
        "seed": str(seed),
        "sampler": sampler,
        "data_digest": "d" * 64,
        "code_version": "c" * 64,
        f"honest.{rule}": "true",
        COMMIT: "f" * 40,
    }
    time, status = datetime(2026, 11, 20, hour, tzinfo=UTC), changed.pop("status", "FINISHED")
    return Listed(
        name=f"bi_woof-{sampler}-{seed}-{hour}", model="bi_woof", corpus="megc2019_flow", status=status, run_id="r", experiment_id="1",
        started=time, ended=time, tags={**tags, **changed}, params={}, metrics=metrics,
    )  # fmt: skip


def beside(*sweeps: Listed) -> list[reproductions.Ours]:
    """What stands beside Bi-WOOF's UF1 on all of MEGC 2019."""
    found = ours(sweeps)
    (row,) = [row for row in found if (row.paper, row.dataset, row.metric) == FULL and row.system == "bi_woof"]
    return [each for each in found[row] if each.recipe == "bi_woof/megc2019_flow"]


def test_seeds_are_averaged_and_the_newest_state_of_the_code_counts() -> None:
    old = listed(2, value=0.1, hour=1, code_version="b" * 64)
    (found,) = beside(listed(1, value=0.8, hour=3), listed(0, value=0.6, hour=2), old)
    assert (found.num_seeds, found.rule, found.honest) == (2, "last_epoch", True)
    assert [found.value, found.low, found.high] == pytest.approx([0.7, 0.5, 0.7]), "the interval is of the first seed"
    assert (found.sweep, found.code) == ("bi_woof-none-0-2", "c" * 12 + ", commit " + "f" * 12)


def test_of_several_searches_the_newest_is_shown_not_the_best() -> None:
    (found,) = beside(listed(value=0.5, sampler="tpe", hour=2), listed(value=0.9, sampler="tpe", hour=1))
    assert (found.value, found.rule, found.kind) == (0.5, "nested", "searched")


def test_a_searchs_own_trial_0_stands_back_behind_a_reproduction() -> None:
    search = listed(value=0.9, sampler="tpe")
    search = replace(search, metrics={**search.metrics, "last_epoch/all/uf1": 0.2})
    assert [(each.rule, each.value) for each in beside(search)] == [("nested", 0.9), ("last_epoch", 0.2)]
    both = [(each.kind, each.rule, each.value) for each in beside(search, listed())]
    assert both == [("reproduced", "last_epoch", 0.7), ("searched", "nested", 0.9)]


def test_what_has_not_finished_is_not_shown() -> None:
    assert ours([listed(status="RUNNING"), listed(status="KILLED")]) == {}


def test_a_part_of_a_composite_stands_beside_its_own_row() -> None:
    found = ours([listed()])
    assert {(row.dataset, row.metric) for row in found} == {("FULL (3DB-combined)", "uf1"), ("SMIC", "uar")}


def test_published_reproduced_difference_and_one_click() -> None:
    shown = papers([listed()])
    tables = [block for block in shown.blocks if isinstance(block, Table) and not block.folded]
    (table,) = tables
    assert table.title == "Region CNN+LSTM, Table 2" and len(table.rows) == 2
    line = dict(zip((head.title for head in table.heads), table.rows[0], strict=True))
    assert (line["published"], line["reproduced"]) == (0.6296, 0.7) and line["difference"] == pytest.approx(0.0704)
    assert (line["95 % interval"], line["inside"], line["rule"]) == ("0.600 to 0.800", "yes", "last_epoch")
    assert (line["data digest"], line["MLflow"]) == ("d" * 12, Link(text="run", url="/runs/bi_woof-none-0-0"))
    assert "2 of them have been measured" in words(shown)


def test_every_printed_number_is_there() -> None:
    shown = papers([])
    folded = [block for block in shown.blocks if isinstance(block, Table)]
    assert len(folded) == len({(row.paper, row.table) for row in rows()}) and all(table.folded for table in folded)
    printed = sum(str(cell).startswith((".", "1.")) for table in folded for line in table.rows for cell in line[3:])
    assert printed == sum(row.value is not None for row in rows())
    assert "None of them has been measured yet" in words(shown)


def test_what_was_measured_before_is_shown_without_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproductions.page, "FOLDER", Path(page.__file__).resolve().parents[1] / "docs")
    found = [each for each in beside() if each.rule == "last_epoch"]
    assert len(found) == 1 and found[0].sweep is None and found[0].num_seeds == 3
    tables = [block for block in papers([]).blocks if isinstance(block, Table) and not block.folded]
    assert tables and all(cell == "measured before" for table in tables for cell in column(table, "MLflow"))
