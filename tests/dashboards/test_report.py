"""The report of a real small sweep: one file that needs nothing else, tables, and artifacts of its MLflow run, once."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboards import report as module
from dashboards.report import FILE, after_sweep, log, main, report
from dashboards.runs import NoSweep, Runs
from orchestrator import console, metrics
from orchestrator.after_sweep import EndedSweep
from orchestrator.results import SweepResult
from orchestrator.selection import score_all
from orchestrator.tracking import Tracker
from preprocessing.atomic import write_atomically
from tests.dashboards.small_sweep import small_recipe


@pytest.fixture(scope="module")
def home(swept: tuple[Path, SweepResult], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small sweep's home, to write into."""
    return Path(shutil.copytree(swept[0], tmp_path_factory.mktemp("report") / "home"))


@pytest.fixture(scope="module")
def result(swept: tuple[Path, SweepResult]) -> SweepResult:
    return swept[1]


class Outside(HTMLParser):
    """Addresses that a browser would load, and headings."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.sections: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loaded += [value for name in ("src", "srcset", "data", "poster") if (value := given.get(name))]
        if tag == "link" and (address := given.get("href")):
            self.loaded.append(address)
        if tag == "section":
            self.sections.append(given["id"] or "")


def test_the_file_loads_nothing_and_has_every_page(home: Path, result: SweepResult) -> None:
    found = Outside()
    found.feed(report(Runs(home), result.name)[FILE])
    assert found.sections == ["sweep", "subjects", "honesty", "papers", "clip-1", "clip-2"]
    assert [address for address in found.loaded if not address.startswith("data:")] == []


def test_the_tables_say_what_the_scores_are(home: Path, result: SweepResult) -> None:
    files, scores = report(Runs(home), result.name), score_all(result)
    rows = {row["rule"]: row for row in csv.DictReader(io.StringIO(files["tables/scores.csv"]))}
    assert rows.keys() == scores.keys()
    for rule, score in scores.items():
        low, high = metrics.interval(score.predictions, "uf1")
        assert [float(rows[rule][name]) for name in ("UF1", "UF1 low", "UF1 high")] == [score.value("uf1"), low, high]
        assert rows[rule]["honest"] == ("NO" if rule == "oracle" else "yes")
    confusion = list(csv.reader(io.StringIO(files["tables/confusion.csv"])))
    assert [[int(cell) for cell in row[1:]] for row in confusion[1:]] == metrics.confusion(scores["nested"].predictions).tolist()
    clips = list(csv.DictReader(io.StringIO(files["tables/clips.csv"])))
    assert len(clips) == 93 and "tables/clips.tex" not in files
    subjects = list(csv.DictReader(io.StringIO(files["tables/subjects.csv"])))
    assert [row["subject"] for row in subjects] == sorted(result.fold_names)
    assert sum(int(row["recognised"]) for row in subjects) == sum(row["nested"] == row["class"] for row in clips)
    assert "tables/scores.tex" in files and r"\toprule" in files["tables/confusion.tex"]


def test_the_same_report_is_logged_once(home: Path, result: SweepResult) -> None:
    runs = Runs(home)
    made = report(runs, result.name)
    assert log(runs, result.name, made) is True
    assert log(Runs(home), result.name, report(Runs(home), result.name)) is False
    said = after_sweep(EndedSweep(name=result.name, home=home, tracking_uri=None, storage=None))
    assert said == f"report: is in the sweep's MLflow run, artifact report/{FILE}"
    assert set(_artifacts(runs, result.name)) == {f"report/{file}" for file in made}
    tracker, recipe = Tracker(None, home), small_recipe("stanet")
    tracker.sweep(result, recipe)  # the same command again: the run is opened, and ends a second time
    tracker.reconcile(result, recipe, list(score_all(result).values()))
    assert log(Runs(home), result.name, report(Runs(home), result.name)) is False


def _artifacts(runs: Runs, name: str) -> Iterator[str]:
    tracker, run_id = runs.tracker(), runs.listed(name).run_id
    assert tracker is not None and run_id is not None
    todo = ["report"]
    while todo:
        for file in tracker.store.client.list_artifacts(run_id, todo.pop()):
            if file.is_dir:
                todo.append(file.path)
            else:
                yield file.path


def test_the_command_writes_where_it_is_told(home: Path, result: SweepResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([result.name, "--home", str(home), "--out", str(tmp_path / "mine.html"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["logged"] is None and sorted(said["files"]) == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    )
    assert (tmp_path / "mine.html").stat().st_size > 4_000_000 and (tmp_path / "mine-tables" / "scores.tex").exists()
    assert main([result.name, "--home", str(home)]) == 0
    assert (home / "reports" / result.name / FILE).read_bytes() == (tmp_path / "mine.html").read_bytes()


def test_an_unknown_sweep_or_home_is_one_line(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert console.run(lambda: main(["nonesuch", "--home", str(home)])) == 1
    assert console.run(lambda: main(["nonesuch", "--home", str(tmp_path)])) == 1
    assert capsys.readouterr().err.count("A sweep must be known to MLflow or have a summary, but 'nonesuch'") == 2
    assert not list(tmp_path.iterdir())


def test_a_sweep_without_a_run_says_so(home: Path, result: SweepResult, tmp_path: Path) -> None:
    """Its summary is there, MLflow's database is another one."""
    shutil.copytree(home / "summaries", tmp_path / "summaries")
    shutil.copytree(home / "ledger", tmp_path / "ledger")
    shutil.copytree(home / "shards", tmp_path / "shards")
    made = report(Runs(tmp_path), result.name)
    with pytest.raises(ValueError, match="has no mlflow.db"):
        log(Runs(tmp_path), result.name, made)
    for path in home.glob("mlflow.db*"):  # and its log
        shutil.copy(path, tmp_path / path.name)
    renamed = json.loads((tmp_path / "summaries" / result.name / "header.json").read_bytes()) | {"name": "other"}
    write_atomically(tmp_path / "summaries" / "other" / "header.json", json.dumps(renamed).encode())
    with pytest.raises(NoSweep, match="has none yet"):
        module.report(Runs(tmp_path), "other")
    with pytest.raises(NoSweep, match="other has none"):
        log(Runs(tmp_path), "other", made)
