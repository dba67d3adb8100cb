"""Study and tracking on a real PostgreSQL: the same content as on SQLite, a restart survived, an outage told, no password shown."""

from pathlib import Path

import pytest
from ray.tune.search import Searcher
from sqlalchemy import make_url

from orchestrator import checks, databases, doctor, selection, tracking_checks
from orchestrator.searcher import StudySearcher, _Live
from orchestrator.study import Study
from orchestrator.tracking import Tracker, TrackingUnavailable
from orchestrator.trial import FAILED
from orchestrator.unavailable import StudyUnavailable
from tests.orchestrator import search_examples
from tests.orchestrator.tracking_examples import RECIPE, contents, full_sweep
from tests.servers import PASSWORD, USER, Postgres

NUM_TRIALS = 8


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """What a search over SQLite ends in."""
    return list(search_examples.run(search_examples.study(tmp_path_factory.mktemp("sqlite")), 0, NUM_TRIALS))


def study(address: str) -> Study:
    return Study(address, "sweep", search_examples.proposer(), lag=1)


def test_a_search_survives_a_restart_of_the_database(postgres: Postgres, expected: list[object]) -> None:
    """Every connection drops in mid-search, once between trials and once within one; then the driver starts anew."""
    searching = study(postgres.database("optuna"))
    search_examples.run(searching, 0, 2)
    postgres.stop()
    postgres.start()
    asked = searching.ask(2)
    postgres.stop()
    postgres.start()
    search_examples.settle(searching, asked)
    search_examples.run(searching, 3, 5)
    searching.ask(5)  # and is killed
    again = study(searching.address)
    assert search_examples.run(again, 5, NUM_TRIALS) == expected


def test_a_database_that_stays_away_is_told(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "PATIENCE_S", 0.5)
    searching = study(postgres.database("optuna"))
    search_examples.run(searching, 0, 1)
    postgres.stop()
    try:
        for use in (lambda: searching.ask(1), lambda: study(searching.address)):
            with pytest.raises(StudyUnavailable, match="Connection refused.*run the same command again") as told:
                use()
            assert PASSWORD not in f"{told.value}" and ":***@" in str(told.value) and "\n" not in str(told.value)
        watching = StudySearcher(searching, num_trials=3, deadline=None, on_points=lambda *_: None, on_settled=lambda _: None)
        watching.live["t"] = _Live(searching.proposer.propose(1, [searching.settled[0]]))
        watching.on_trial_complete("t", {FAILED: "made up"})
        assert watching.aborted and watching.suggest("next") == Searcher.FINISHED, "Tune would only log what on_trial_complete raises"
    finally:
        postgres.start()
    assert study(searching.address).results() == searching.results(), "nothing was lost"


def test_runs_are_the_same_as_in_sqlite(postgres: Postgres, tmp_path: Path) -> None:
    result, address = full_sweep("pg"), postgres.database("mlflow")
    scores = list(selection.score_all(result).values())
    trackers = Tracker(address, tmp_path / "pg"), Tracker(None, tmp_path / "sqlite")
    for tracker in trackers:
        tracker.reconcile(result, RECIPE, scores, fold_runs=True)
    in_postgres, in_sqlite = (contents(tracker, "pg") for tracker in trackers)
    assert len(in_postgres) == 10 and in_postgres == in_sqlite
    postgres.stop()
    postgres.start()  # drops every connection
    for tracker in (trackers[0], Tracker(address, tmp_path / "pg")):
        tracker.reconcile(result, RECIPE, scores, fold_runs=True)
    assert contents(trackers[0], "pg") == in_postgres, "written again, nothing changes"
    assert PASSWORD not in repr(in_postgres)


def test_a_wrong_password_is_one_line_without_it(postgres: Postgres, tmp_path: Path) -> None:
    address = postgres.address("postgres", password="wrong-secret")
    for use in (lambda: Tracker(address, tmp_path), lambda: study(address)):
        with pytest.raises(ConnectionError, match="password authentication failed") as told:
            use()
        assert isinstance(told.value, TrackingUnavailable | StudyUnavailable)
        assert "wrong-secret" not in str(told.value) and "\n" not in str(told.value)


def test_a_password_may_stay_in_its_file(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/cluster.md has it: the address holds none."""
    secrets = tmp_path / "pgpass"
    secrets.write_text(f"127.0.0.1:{postgres.port}:*:{USER}:{PASSWORD}\n")
    secrets.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(secrets))
    addresses = [postgres.database("plain").replace(f":{PASSWORD}@", "@") for _ in range(2)]
    assert study(addresses[0]).results() == []
    assert Tracker(addresses[1], tmp_path).store.experiment_id
    for use in (lambda: study(addresses[1]), lambda: Tracker(addresses[0], tmp_path)):
        with pytest.raises(ValueError, match="a database each.*createdb"):
            use()


def test_the_doctor_on_database_servers(postgres: Postgres, tmp_path: Path) -> None:
    address, other = postgres.database("doctor"), postgres.database("doctor")
    name = make_url(address).database
    postgres.execute("CREATE ROLE guest LOGIN PASSWORD 'guest-secret'")
    findings = {finding.name: finding for finding in doctor.examine(tmp_path, storage=other, tracking_uri=address)}
    assert [findings[check].state for check in ("Optuna database", "MLflow", "artifacts")] == ["ok"] * 3
    assert checks.mlflow("MLflow", address, address).state == "fail"
    guest = tracking_checks.database_server("x", postgres.address(str(name), user="guest", password="guest-secret"))
    assert guest.state == "fail" and "may not create" in guest.found and f"ALTER DATABASE {name} OWNER TO guest" in guest.mend
    wrong = tracking_checks.database_server("x", postgres.address(str(name), password="wrong-secret"))
    assert wrong.state == "fail" and "authentication failed" in wrong.found and ".pgpass" in wrong.mend
    absent = tracking_checks.database_server("x", "postgresql://lab:wrong-secret@127.0.0.1:9/optuna")
    assert absent.state == "fail" and "refused" in absent.found
    assert not any("secret" in str(finding) or PASSWORD in str(finding) for finding in (*findings.values(), guest, wrong, absent))
