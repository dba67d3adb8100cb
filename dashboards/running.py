"""Running: the trials that are being trained, and how many of their folds are in the ledger by the names that their records will have."""

import json
from collections.abc import Iterable, Mapping

from dashboards.study_reader import StudyTrial
from dashboards.sweep_view import RunningTrial, SweepView
from orchestrator.ledger import FoldId, Ledger, tuples
from search_spaces.recipe import Plain


def running(view: SweepView, trials: Iterable[StudyTrial]) -> tuple[RunningTrial, ...]:
    """Those of a study's trials that have not settled."""
    recipe = {name: plain(text) for name, text in view.listed.params.items()}
    return tuple(_running(view, trial, recipe) for trial in trials if not trial.settled)


def plain(text: str) -> Plain:
    """A parameter as MLflow keeps it: strings as they are, everything else as JSON."""
    try:
        return tuples(json.loads(text))
    except json.JSONDecodeError:
        return text


def _running(view: SweepView, trial: StudyTrial, recipe: Mapping[str, Plain]) -> RunningTrial:
    names, ledger = _record_names(view, recipe, trial.settings), Ledger(view.home)
    folds_done = None if names is None else sum(map(ledger.has, names))
    return RunningTrial(index=trial.index, settings=trial.settings, started=trial.started, folds_done=folds_done)


def _record_names(view: SweepView, recipe: Mapping[str, Plain], settings: Mapping[str, Plain]) -> list[str] | None:
    """Of each fold; None where data or start weights are the trial's own."""
    if not recipe or recipe.get("training.initial") is not None or any(name.startswith("data.options.") for name in settings):
        return None
    header, flat = view.header, {**recipe, **settings}
    code = header.tags["code_version"]
    ids = (
        FoldId(settings=flat, data_digest=header.data_digest, fold=fold, seed=header.seed, code_version=code) for fold in header.fold_names
    )
    return [identity.name for identity in ids]
