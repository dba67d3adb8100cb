"""A summary that is lost is made again from MLflow's tables and the ledger, equal to the driver's."""

import json
import shutil
from pathlib import Path

from dashboards.completion import complete, missing
from dashboards.runs import Runs
from orchestrator.results import SweepResult
from orchestrator.summary_files import folder, read_clips, read_header, read_scores, read_trials

Swept = tuple[Path, SweepResult]


def test_what_is_whole_needs_nothing(swept: Swept) -> None:
    assert missing(Runs(swept[0])) == []


def test_a_lost_summary_is_made_again(lost: Swept, swept: Swept) -> None:
    home, result = lost
    runs = Runs(home)
    (found,) = missing(runs)
    assert (found.listed.name, found.num_trials) == (result.name, len(result.trials))
    seen: list[int] = []
    assert complete(runs, found.listed, seen.append)
    assert sum(seen) == len(result.trials) and missing(runs) == []
    ours, drivers = folder(home, result.name), folder(swept[0], result.name)
    assert read_trials(ours).equals(read_trials(drivers))
    assert (read_clips(ours), read_header(ours)) == (read_clips(drivers), read_header(drivers))
    mine, theirs = read_scores(ours), read_scores(drivers)
    assert mine is not None and theirs is not None and mine[1:] == theirs[1:]
    assert {rule: (score.value(), score.chosen) for rule, score in mine[0].items()} == {
        rule: (score.value(), score.chosen) for rule, score in theirs[0].items()
    }


def test_a_trial_whose_record_is_lost_is_left_out(lost: Swept, swept: Swept) -> None:
    home, result = lost
    (home / "ledger").unlink()
    shutil.copytree(swept[0] / "ledger", home / "ledger")
    last = result.trials[-1]
    name = next(iter(last.folds.values())).name
    (home / "ledger" / name[:2] / f"{name}.safetensors").unlink()
    runs = Runs(home)
    assert not complete(runs, runs.listed(result.name))
    assert read_trials(folder(home, result.name))["index"].to_pylist() == [trial.index for trial in result.trials if trial is not last]


def test_a_missing_tail_is_appended(lost: Swept, swept: Swept) -> None:
    home, result = lost
    shutil.copytree(swept[0] / "summaries", home / "summaries")
    path = folder(home, result.name) / "trials.arrows"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])  # somewhere in the last batch
    runs = Runs(home)
    (found,) = missing(runs)
    assert complete(runs, found.listed) and path.read_bytes() == whole


def test_scores_are_of_what_mlflow_lists(lost: Swept) -> None:
    home, result = lost
    runs = Runs(home)
    complete(runs, runs.listed(result.name))
    assert json.loads((folder(home, result.name) / "scores.json").read_text())["num_trials"] == len(result.trials)
