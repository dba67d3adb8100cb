"""A real sweep in seconds: the parts of ``orchestrator.sweep`` without Ray, on four subjects of the synthetic corpus, in this process."""

import dataclasses
from pathlib import Path

import torch

import search_spaces
from orchestrator import fold_job
from orchestrator.ledger import Ledger
from orchestrator.results import SweepResult
from orchestrator.search import make_study, trial_result
from orchestrator.selection import inner_score, score_all
from orchestrator.session import Session, header, prepare_corpus
from orchestrator.setting_shards import plan_corpus
from orchestrator.study import Study, default_storage
from orchestrator.summaries import SummaryKeeper
from orchestrator.tracking import Tracker
from search_spaces.recipe import Recipe, with_settings
from search_spaces.space import Choice, Float, Space
from tests.orchestrator.training_examples import build_shards

SPACE: Space = {
    "training.lr": Float(low=1e-4, high=1e-2, log=True),
    "model.dropout": Float(low=0.0, high=0.7),
    "training.batch_size": Choice(options=(8, 16)),
}
EPOCHS, SUBJECTS = 3, 4


def small_recipe(model: str) -> Recipe:
    recipe, _ = search_spaces.load(model, "synthetic")
    return dataclasses.replace(
        recipe,
        data=dataclasses.replace(recipe.data, options={**recipe.data.options, "max_subjects": SUBJECTS}),
        training=dataclasses.replace(recipe.training, epochs=min(EPOCHS, recipe.training.epochs), num_evals=EPOCHS),
        protocol=dataclasses.replace(recipe.protocol, num_inner=2),
    )


def make(home: Path, model: str = "stanet", *, num_trials: int = 3, seed: int = 0) -> SweepResult:
    """Search, score and track ``num_trials`` settings: shards, ledger, study, summaries and MLflow below ``home``. No refit."""
    torch.set_num_threads(1)  # as the workers run: more threads fight over two cores
    recipe = small_recipe(model)
    build_shards(recipe.data, home)
    corpus = prepare_corpus(recipe, plan_corpus(recipe, None), home=home, seed=seed)
    session = Session(corpus=corpus, data=recipe.data, root=None, home=home, seed=seed, mode="queue", num_workers=1, queue=None)
    start = header(session, recipe, "synthetic", f"{model}-synthetic-small", seed=seed, sampler="tpe", stopping="wilcoxon")
    tracker, keeper = Tracker(None, home), SummaryKeeper(home, start)
    tracker.sweep(start, recipe)
    study = make_study(default_storage(home), recipe, SPACE, start, session, "tpe")
    trials = []
    for index in range(num_trials):
        _train(study, index, session, recipe)
        trials.append(trial_result(session, recipe, study.result(index)))
        keeper.add(trials[-1])
        tracker.trial(start, trials[-1])
    result = dataclasses.replace(start, trials=tuple(trials))
    scores = score_all(result)
    tracker.reconcile(result, recipe, list(scores.values()))
    keeper.finish(result, scores)
    return result


def _train(study: Study, index: int, session: Session, recipe: Recipe) -> None:
    """Every fold of one proposal; a hopeless one is stopped."""
    proposal = study.ask(index)
    setting = with_settings(recipe, proposal.settings)
    done: list[fold_job.FoldDone] = []
    for step, job in enumerate(session.jobs(setting, session.corpus.fold_names), start=1):
        done += fold_job.run(job)
        if proposal.hopeless_at(step, done[-1].inner_score or 0.0):
            study.tell(proposal, "pruned", inner_score=None, reason="hopeless", stopped_at=step)
            return
    ledger = Ledger(session.home)
    study.tell(proposal, "complete", inner_score=inner_score({each.fold: ledger.read(each.record) for each in done}))
