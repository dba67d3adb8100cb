"""The application: every address, the ones that lead nowhere, and a sweep of 2,000 trials without opening its ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from benchmarks import dashboard_store
from dashboards import addresses, html
from dashboards.app import PAGES, app
from orchestrator.results import SweepResult

MLFLOW = "http://127.0.0.1:5999"


def client(home: Path) -> TestClient:
    return TestClient(app(home, mlflow_url=MLFLOW, optuna_url="http://127.0.0.1:8999"), base_url="http://127.0.0.1", follow_redirects=False)


@pytest.fixture(scope="module")
def asked(swept: tuple[Path, SweepResult]) -> Iterator[tuple[TestClient, str]]:
    with client(swept[0]) as made:
        yield made, swept[1].name


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_a_real_sweep(page: str, asked: tuple[TestClient, str]) -> None:
    made, name = asked
    answer = made.get(addresses.sweep(name, page))
    assert answer.status_code == 200 and f'<a href="{addresses.sweep(name, page)}" aria-current="page">' in answer.text
    assert answer.text.count("data-figure") >= 2 and "http-equiv" not in answer.text


def test_list_and_papers(asked: tuple[TestClient, str]) -> None:
    made, name = asked
    assert addresses.sweep(name, "sweep") in made.get("/").text
    assert "STANet, Table 1" in made.get("/papers").text
    assert made.get(f"/sweeps/{name}").headers["location"] == addresses.sweep(name, "sweep")


def test_one_click_to_the_run(asked: tuple[TestClient, str]) -> None:
    made, name = asked
    sweep, trial = (made.get(addresses.run(name, index)) for index in (None, 0))
    assert sweep.status_code == trial.status_code == 307
    assert sweep.headers["location"].startswith(f"{MLFLOW}/#/experiments/") and sweep.headers["location"] != trial.headers["location"]


def test_a_trial_can_be_looked_at(asked: tuple[TestClient, str]) -> None:
    made, name = asked
    assert "by trial 0 (paper)" in made.get(addresses.sweep(name, "subjects", trial=0)).text
    answer = made.get(addresses.sweep(name, "subjects", trial=99))
    assert answer.status_code == 404 and "trial 99 has not" in answer.text


@pytest.mark.parametrize(
    "address",
    (
        "/sweeps/none/sweep", "/sweeps/..%2F..%2Fetc/sweep", "/sweeps/%2e%2e/sweep", "/runs/none", "/runs/%2e%2e", "/static/../app.py",
        "/static/%2e%2e%2fapp.py", "/static/app.py", "/nowhere",
    ),
)  # fmt: skip
def test_what_leads_nowhere_says_so(address: str, asked: tuple[TestClient, str]) -> None:
    answer = asked[0].get(address)
    assert answer.status_code == 404 and "Nothing to show" in answer.text and "import" not in answer.text


def test_a_page_that_there_is_not_names_those_that_there_are(asked: tuple[TestClient, str]) -> None:
    made, name = asked
    assert "sweep, subjects, honesty, clip" in made.get(f"/sweeps/{name}/nothing").text


def test_what_pages_load_is_served_from_here(asked: tuple[TestClient, str]) -> None:
    for name, (path, kind) in html.STATIC.items():
        answer = asked[0].get(f"/static/{name}")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind) and answer.content == path.read_bytes()


def test_an_empty_home_says_what_to_do_and_stays_empty(tmp_path: Path) -> None:
    with client(tmp_path) as made:
        assert "python -m orchestrator.sweep stanet" in made.get("/").text
        assert made.get("/sweeps/none/sweep").status_code == 404
    assert list(tmp_path.iterdir()) == []


def test_2000_trials_of_68_folds_open_without_their_ledger(tmp_path: Path) -> None:
    sweep = dashboard_store.header(68)
    dashboard_store.write_summary(tmp_path, sweep, 2000)
    assert not (tmp_path / "ledger").exists(), "a page that opened a record would fail"
    with client(tmp_path) as made:
        answer = made.get(addresses.sweep(sweep.name, "sweep"))
        assert answer.status_code == 200 and "2000 trials have settled" in answer.text and "of 136,000 folds" in answer.text
        assert made.get(addresses.sweep(sweep.name, "honesty")).status_code == 200
        subjects = made.get(addresses.sweep(sweep.name, "subjects"))
        assert "Hardest clips" in subjects.text and "No learning curves of folds" in subjects.text, "one trial's curves are in the ledger"
