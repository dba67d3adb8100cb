"""Reproduction: a paper's recipe unchanged, every fold at every seed, from session to sweeps of one trial.

All training subjects are trained on (no inner validation) and nothing is chosen: the rule is ``last_epoch``. ``oracle``, the best held-out
epoch of each fold, stands beside it.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from orchestrator import console
from orchestrator.fold_job import code_version
from orchestrator.fold_workers import Mode
from orchestrator.ledger import Ledger
from orchestrator.one_driver import only_driver
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import score_all
from orchestrator.session import Session, header, open_session
from orchestrator.submission import Submission, run_folds
from orchestrator.summaries import SummaryKeeper
from orchestrator.tracking import Tracker
from search_spaces.recipe import Recipe, digest, flatten


def reproduce(
    recipe: Recipe, variant: str, *, root: Path | None, home: Path, seeds: Sequence[int], mode: Mode = "queue",
    num_workers: int | None = None, tracking_uri: str | None = None, fold_runs: bool = False,
) -> list[SweepResult]:  # fmt: skip
    """The recipe's folds at each seed, as sweeps of one trial, written to MLflow. Folds that have a record are not trained again."""
    recipe = dataclasses.replace(recipe, protocol=dataclasses.replace(recipe.protocol, num_inner=0))
    tracker = Tracker(tracking_uri, home)
    with open_session(recipe, root=root, home=home, seed=seeds[0], mode=mode, num_workers=num_workers) as session:
        results = []
        for seed in seeds:
            with only_driver(home, _header(recipe, variant, session, seed)) as start:
                results.append(_at_seed(session, recipe, start, tracker, fold_runs=fold_runs))
    return results


def _at_seed(session: Session, recipe: Recipe, start: SweepResult, tracker: Tracker, *, fold_runs: bool) -> SweepResult:
    tracker.sweep(start, recipe)
    summary = SummaryKeeper(session.home, start)
    result = dataclasses.replace(start, trials=(_train(session, recipe, start.seed, f"{start.name}, seed {start.seed}"),))
    scores = score_all(result)
    summary.finish(result, scores)
    tracker.reconcile(result, recipe, list(scores.values()), fold_runs=fold_runs)
    return result


def _header(recipe: Recipe, variant: str, session: Session, seed: int) -> SweepResult:
    identity = digest([flatten(recipe), session.corpus.digest, seed, code_version(recipe.model)])
    return header(session, recipe, variant, f"reproduce-{recipe.name}-{variant}-{identity[:8]}", seed=seed, sampler="none")


def _train(session: Session, recipe: Recipe, seed: int, title: str) -> Trial:
    submission = Submission(session, recipe, session.corpus.fold_names, name=title, priority=seed, seed=seed)
    with console.progress(title, len(submission.folds)) as bar:
        for _ in run_folds(submission):
            bar.advance()
    ledger = Ledger(session.home)
    records = {fold: ledger.read(submission.finished_folds[fold].record) for fold in submission.folds}
    return Trial(index=0, settings={}, state="complete", folds=records)
