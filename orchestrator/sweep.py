"""Search around a paper's recipe under its protocol, score it by every rule, register and promote the outcome.

    ray job submit --working-dir . -- python -m orchestrator.sweep stanet

The same command again resumes: finished folds and settled trials are kept, whatever was killed; when all is done it says so.
"""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import search_spaces
from orchestrator import champions, console, registry
from orchestrator.addresses import masked
from orchestrator.after_sweep import EndedSweep, run_hooks
from orchestrator.fold_job import code_version
from orchestrator.folds import ALL
from orchestrator.gate import Verdict, gate
from orchestrator.leaderboard import document, tell
from orchestrator.ledger import Ledger
from orchestrator.one_driver import only_driver
from orchestrator.proposals import SAMPLERS, Sampler
from orchestrator.release import Release, gather
from orchestrator.results import SweepResult, Trial
from orchestrator.search import make_study, search
from orchestrator.selection import Score, score_all
from orchestrator.session import Session, header, open_session
from orchestrator.study import default_storage
from orchestrator.submission import Submission, run_folds
from orchestrator.summaries import SummaryKeeper
from orchestrator.tracking import Tracker
from preprocessing.shards import open_shards
from search_spaces.recipe import Recipe, digest, flatten, with_settings
from search_spaces.space import Space, limit

EXAMPLES = (
    "python -m orchestrator.sweep stanet                       on the synthetic corpus, on this machine",
    "python -m orchestrator.sweep ststnet --corpus megc2019_flow --root /data/megc2019_flow --trials 30 --max-epochs 200",
    "python -m orchestrator.sweep stanet --hours 8 --sampler random --storage postgresql://... --tracking-uri http://...",
    "ray job submit --working-dir . -- python -m orchestrator.sweep stanet --home /shared/losotune",
)
DEFAULT_CORPUS = "synthetic"
RULE_SHIPPED = "inner_mean"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finished:
    """What a sweep gives."""

    result: SweepResult
    scores: dict[str, Score]
    version: str
    """``name/number`` in the registry."""
    source: str
    """Where the version's files lie."""
    promoted: bool
    reasons: tuple[str, ...]
    num_trained: int
    """Folds that this run trained; 0 if all was done before."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: finished; 1: failed, the same command again resumes; 2: wrong usage."""
    parser = console.parser(__doc__ or "", examples=EXAMPLES)
    parser.add_argument("model", metavar="MODEL", choices=search_spaces.names(), help=", ".join(search_spaces.names()))
    parser.add_argument("--trials", type=console.positive, default=5, help="settings to try, the paper's own point included (default: 5)")
    parser.add_argument("--hours", type=float, help="start no trial after so many hours")
    parser.add_argument("--sampler", choices=SAMPLERS, default="tpe", help="how settings are proposed (default: tpe)")
    parser.add_argument("--max-epochs", type=console.positive, help="cap on epochs, of the space and of the paper's point")
    parser.add_argument("--fold-runs", action="store_true", help="an MLflow run per fold too")
    parser.set_defaults(corpus=DEFAULT_CORPUS)
    given = parser.parse_args(arguments)
    recipe, space = search_spaces.load(given.model, given.corpus)
    if given.max_epochs:
        space, recipe = limit(space, recipe, given.max_epochs)
    finished = sweep(
        recipe, space, given.corpus, root=given.root, home=given.home, num_trials=given.trials, hours=given.hours, sampler=given.sampler,
        seed=given.seed, mode=given.mode, num_workers=given.workers, tracking_uri=given.tracking_uri, storage=given.storage,
        fold_runs=given.fold_runs,
    )  # fmt: skip
    tell(finished.result, finished.scores, recipe, as_json=given.json)
    _next_steps(finished, given.home, given.tracking_uri, as_json=given.json)
    ended = EndedSweep(name=finished.result.name, home=given.home, tracking_uri=given.tracking_uri, storage=given.storage)
    for line in run_hooks(ended):
        console.say(line, as_json=given.json)
    if given.json:
        shipped = {"version": finished.version, "promoted": finished.promoted, "reasons": list(finished.reasons)}
        console.emit({**document(finished.result, finished.scores), "model_version": shipped, "num_trained": finished.num_trained})
    return 0


def sweep(
    recipe: Recipe, space: Space, variant: str, *, root: Path | None, home: Path, num_trials: int, hours: float | None = None,
    sampler: Sampler = "tpe", seed: int = 0, mode: Any = "queue", num_workers: int | None = None, tracking_uri: str | None = None,
    storage: str | None = None, fold_runs: bool = False,
) -> Finished:  # fmt: skip
    """The whole flow, top to bottom."""
    _check_searchable(recipe, space)
    home.mkdir(parents=True, exist_ok=True)
    tracker = Tracker(tracking_uri, home)
    before = len(Ledger(home).executions())
    with (
        open_session(recipe, root=root, home=home, seed=seed, mode=mode, num_workers=num_workers) as session,
        only_driver(home, _header(recipe, space, variant, session, sampler)) as start,
    ):
        run_id = tracker.sweep(start, recipe)
        summary = SummaryKeeper(home, start)
        study = make_study(storage or default_storage(home), recipe, space, start, session, sampler)

        def on_trial(trial: Trial) -> None:
            summary.add(trial)
            tracker.trial(start, trial, fold_runs=fold_runs)

        try:
            result = search(session, recipe, study, start, num_trials=num_trials, hours=hours, on_trial=on_trial)
        except BaseException:
            tracker.finish(start, "KILLED")
            raise

        if all(trial.state != "complete" for trial in result.trials):
            tracker.reconcile(result, recipe, status="FAILED", fold_runs=fold_runs)
            raise ValueError(_no_trial(result, num_trials))
        scores = score_all(result)  # nested: per held-out subject, from its inner folds: the number we publish
        summary.finish(result, scores)
        tracker.reconcile(result, recipe, list(scores.values()), fold_runs=fold_runs)
        winner = scores[RULE_SHIPPED].chosen[result.fold_names[0]][0]  # one setting for everyone: the model we ship
        release = _refit(session, recipe, result, winner, scores)
    version = registry.register(tracker, run_id, release)
    verdict = _promote(tracker, version)
    return Finished(
        result=result,
        scores=scores,
        version=f"{version.name}/{version.version}",
        source=str(version.source),
        promoted=verdict.promote,
        reasons=verdict.reasons,
        num_trained=len(Ledger(home).executions()) - before,
    )


def _check_searchable(recipe: Recipe, space: Space) -> None:
    if unknown := sorted(set(space) - set(flatten(recipe))):
        raise ValueError(
            f"A dimension of a space must name a field of its recipe, but got '{unknown[0]}' for '{recipe.name}'. "
            f"Correct it in search_spaces/{recipe.name}.py. The fields: {', '.join(sorted(flatten(recipe)))}."
        )
    if recipe.protocol.num_inner < 1:
        raise ValueError(
            f"A search must choose on inner subjects, but the recipe of '{recipe.name}' has protocol.num_inner=0. "
            "Set it to 2 or more, or use python -m orchestrator.reproduce."
        )


def _no_trial(result: SweepResult, num_trials: int) -> str:
    failed = next((trial for trial in result.trials if trial.state == "failed"), None)
    if failed is None:
        return f"A sweep needs a trial that completes, but the time of {result.name} ended first. Raise --hours: finished folds are kept."
    return (
        f"A sweep needs a trial that completes, but all of {result.name} failed. Trial {failed.index}: {failed.reason} "
        f"Mend that in recipe or space, or try more settings: --trials {2 * num_trials}."
    )


def _header(recipe: Recipe, space: Space, variant: str, session: Session, sampler: Sampler) -> SweepResult:
    corpus, version = session.corpus, code_version(recipe.model)
    stopping = "halving" if session.mode == "fused" else "wilcoxon"
    identity = digest(
        [flatten(recipe), {name: repr(d) for name, d in space.items()}, corpus.digest, session.seed, sampler, stopping, version]
    )
    name = f"{recipe.name}-{variant}-{identity[:8]}"
    return header(session, recipe, variant, name, seed=session.seed, sampler=sampler, stopping=stopping)


def _refit(session: Session, recipe: Recipe, result: SweepResult, winner: int, scores: dict[str, Score]) -> Release:
    """The winner trained on all subjects: what is shipped, with the fold set's scores."""
    chosen = next(trial for trial in result.trials if trial.index == winner)
    best = with_settings(recipe, chosen.settings)
    submission = Submission(session, best, (ALL,), name=f"{result.name}/refit", priority=0, seed=session.seed)
    with console.progress(f"{result.name}: refit of trial {winner} on all subjects", 1) as bar:
        for _ in run_folds(submission):
            bar.advance()
    ledger = Ledger(session.home)
    refit, shards = ledger.read(submission.finished_folds[ALL].record), open_shards(session.shards(best))
    return gather(result, chosen, best, refit, ledger, shards, session.root, list(scores.values()))


def _promote(tracker: Tracker, version: Any) -> Verdict:
    """The challenger becomes champion if the gate agrees."""
    champion = registry.champion(tracker, version.name)
    if champion is not None and str(champion.version) == str(version.version):
        return Verdict(promote=True, reasons=("it is the champion already",))
    verdict = gate(registry.candidate(tracker, version), registry.candidate(tracker, champion) if champion else None)
    if verdict.promote:
        champions.promote(tracker, version)
    return verdict


def _next_steps(finished: Finished, home: Path, tracking_uri: str | None, *, as_json: bool) -> None:
    done = "everything was done already, nothing was trained" if finished.num_trained == 0 else f"{finished.num_trained} folds were trained"
    verdict = "promoted to champion" if finished.promoted else "not promoted"
    name = finished.version.partition("/")[0]
    shell = f"source {Path(sys.prefix) / 'bin' / 'activate'}"
    for line in (
        f"{done}; model version {finished.version}: {verdict} ({'; '.join(finished.reasons)})",
        f"look next at the pages of it, with MLflow and Optuna's dashboard: {_pages(home, tracking_uri)}",
        f"or at MLflow alone ({shell}): {console.mlflow_command(home, tracking_uri)}",
        f"run it on clips of your own: python -m orchestrator.predict {finished.version} CLIP --home {home}",
        f"run the champion on its example input: {console.model_command(name, finished.source, home, tracking_uri)}",
    ):
        console.say(line, as_json=as_json)


def _pages(home: Path, tracking_uri: str | None) -> str:
    at = "" if tracking_uri is None else f" --tracking-uri {masked(tracking_uri)}"
    return f"{sys.executable} -m dashboards.serve --home {home}{at}"


if __name__ == "__main__":
    sys.exit(console.run(main))
