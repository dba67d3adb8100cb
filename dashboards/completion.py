"""Completion: makes or completes the summaries of sweeps that were run before there were any, or whose summary was deleted.

MLflow's trials name their fold records (``folds.json``); the records themselves come from the ledger. Settled trials never change, so this
happens once; the same sweep command again would do it too.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlflow.entities import Run

from dashboards.runs import Runs
from dashboards.study_reader import StudyRows
from dashboards.sweep_view import RUNNING, Listed
from orchestrator.ledger import Ledger
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import score_all
from orchestrator.summaries import SummaryWriter
from orchestrator.summary_files import folder, read_header, read_scores, read_trials

HEADER_TAGS = (
    "commit",
    "protocol",
    "feature_stage",
    "sampler",
    "stopping",
    "code_version",
    "num_clips",
    "num_folds",
    "left_out",
    "sample_set",
)
Advance = Callable[[int], object]
"""Learns of so many more trials."""


@dataclass(frozen=True)
class Missing:
    """A sweep whose summary lacks something."""

    listed: Listed
    num_trials: int
    """That are to be read."""


def missing(runs: Runs) -> list[Missing]:
    """The sweeps that ``complete`` has something to do for."""
    found = (_missing(runs, listed) for listed in runs.sweeps() if listed.run_id is not None)
    return [each for each in found if each is not None]


def complete(runs: Runs, listed: Listed, advance: Advance = lambda count: None) -> bool:
    """Add the trials that a summary lacks and, of a sweep that has ended, the scores. Says whether the summary is whole now.

    What is lost (records, MLflow's tables) is left out: the sweep's own command mends that.
    """
    found, study = runs.trial_runs(listed.name), runs.study(listed.name)
    tables = {index: runs.artifact(run.info.run_id, "folds.json") for index, run in sorted(found.items()) if _ended(run)}
    header = read_header(folder(runs.home, listed.name)) or _header(listed, tables)
    if header is None:
        return False
    writer, trials = SummaryWriter(runs.home, header), []
    for index, table in tables.items():
        trial = _trial(found[index], index, table, study, Ledger(runs.home))
        advance(1)
        if trial is not None:
            writer.add(trial)
            trials.append(trial)
    result = SweepResult(**{**vars(header), "trials": tuple(trials)})
    if listed.status != RUNNING and any(trial.state == "complete" for trial in trials):
        writer.score(result, score_all(result))
    return len(trials) == len(tables)


def _missing(runs: Runs, listed: Listed) -> Missing | None:
    place = folder(runs.home, listed.name)
    study = runs.study(listed.name)
    settled = sum(trial.settled for trial in study.trials.values()) or int(not study.trials and listed.status != RUNNING)
    known = read_trials(place).num_rows if read_header(place) is not None else 0
    unscored = listed.status != RUNNING and read_scores(place) is None and settled > 0
    return Missing(listed, settled) if known < settled or unscored else None


def _header(listed: Listed, tables: Mapping[int, Any]) -> SweepResult | None:
    """From MLflow alone: the folds, in their order, are those of a trial that has all of them."""
    whole = [table for table in tables.values() if table and len(table["data"]) == int(listed.tags.get("num_folds", 0))]
    if not whole:
        return None
    return SweepResult(
        name=listed.name,
        model=listed.model,
        corpus=listed.corpus,
        classes=tuple(json.loads(listed.tags["classes"])),
        fold_names=tuple(_column(whole[0], "fold")),
        data_digest=listed.tags["data_digest"],
        seed=int(listed.tags["seed"]),
        trials=(),
        tags={name: listed.tags[name] for name in HEADER_TAGS if name in listed.tags},
    )


def _trial(run: Run, index: int, table: Any, study: StudyRows, ledger: Ledger) -> Trial | None:
    """A trial with its records; None where one of them is lost."""
    if table is None:
        return None
    try:
        folds = {fold: ledger.read(name) for fold, name in zip(_column(table, "fold"), _column(table, "record"), strict=True)}
    except (OSError, ValueError):
        return None
    known, tags = study.trials.get(index), run.data.tags
    return Trial(
        index=index,
        settings={} if known is None else known.settings,
        state=tags["state"],
        folds=folds,
        inner_score=run.data.metrics.get("inner_uf1"),
        reason=tags.get("reason", ""),
    )


def _column(table: Mapping[str, Sequence[Any]], name: str) -> list[Any]:
    place = table["columns"].index(name)
    return [row[place] for row in table["data"]]


def _ended(run: Run) -> bool:
    return "state" in run.data.tags
