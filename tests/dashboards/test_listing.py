"""The first page: what is in a home, or what to do."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dashboards.listing import listing
from dashboards.page import Callout, Link, Table
from dashboards.sweep_view import INTERRUPTED, LIVE_S, Listed
from tests.dashboards.view_examples import column, of, words

TIME = datetime(2026, 11, 20, 12, tzinfo=UTC)
METRICS = {"nested/all/uf1": 0.6, "nested/all/uf1.low": 0.5, "nested/all/uf1.high": 0.7, "last_epoch/all/uf1": 0.55}
SEARCH = Listed(
    name="stanet-toy-1", model="stanet", corpus="toy", status="FINISHED", run_id="r", experiment_id="1", started=TIME, ended=TIME,
    tags={"sampler": "tpe", "seed": "0"}, params={}, metrics=METRICS,
)  # fmt: skip
REPRODUCTION = replace(SEARCH, name="reproduce-stanet-toy-1", tags={"sampler": "none", "seed": "3"})


def test_an_empty_home_says_what_to_do_and_looks_again() -> None:
    page = listing(Path("/lab"), [])
    assert page.refresh_s == LIVE_S and "python -m orchestrator.sweep stanet --home /lab" in words(page)


def test_searches_and_reproductions_with_their_own_numbers() -> None:
    page = listing(Path("/lab"), [SEARCH, REPRODUCTION])
    searches, reproductions = of(page, Table, "Searches"), of(page, Table, "Reproductions")
    assert column(searches, "sweep") == [Link(text="stanet-toy-1", url="/sweeps/stanet-toy-1/sweep")]
    assert column(searches, "nested UF1") == [0.6] and column(searches, "95 % interval") == ["0.500 to 0.700"]
    assert column(reproductions, "last_epoch UF1") == [0.55] and column(reproductions, "seed") == ["3"]
    assert column(reproductions, "95 % interval") == [None], "one subject has none"
    assert column(searches, "MLflow") == [Link(text="run", url="/runs/stanet-toy-1")] and page.refresh_s is None


def test_what_broke_off_is_said_above_all() -> None:
    page = listing(
        Path("/lab"), [SEARCH, replace(SEARCH, name="broken", status=INTERRUPTED), replace(SEARCH, name="dead", status="FAILED")]
    )
    told = of(page, Callout)
    assert told.text.startswith("broken, dead: did not end well") and "The same command again resumes it" in told.text


def test_a_home_with_a_running_sweep_looks_again() -> None:
    assert listing(Path("/lab"), [replace(SEARCH, status="RUNNING", run_id=None)]).refresh_s == LIVE_S
