"""A small space around a small recipe, and made-up scores, for tests of proposals, study and searcher."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.proposals import Proposal, Proposer
from orchestrator.study import Settled, Study, default_storage
from search_spaces.recipe import Plain
from search_spaces.space import Choice, Float, Int, Space
from tests.orchestrator.training_examples import recipe

NUM_FOLDS = 16
RECIPE = recipe("ststnet", epochs=4)
FOCAL = {"loss.kind": "focal"}
SPACE: Space = {
    "training.lr": Float(low=1e-5, high=1e-1, log=True),
    "training.epochs": Int(low=2, high=40, log=True),
    "training.weight_decay": Choice(options=(0.0, 1e-4)),
    "model.widths": Choice(options=((3, 5, 8), (2, 2))),
    "augmentation.crop": Choice(options=(None, 24)),
    "loss.kind": Choice(options=("cross_entropy", "focal")),
    "loss.gamma": Float(low=0.0, high=5.0, when=FOCAL),
    "loss.alpha_mode": Choice(options=("none", "constant"), when=FOCAL),
    "loss.alpha": Float(low=0.05, high=0.95, when={**FOCAL, "loss.alpha_mode": "constant"}),
}


def proposer(sampler: Any = "tpe", *, seed: int = 0, space: Space = SPACE, advancing_together: bool = False) -> Proposer:
    return Proposer(recipe=RECIPE, space=space, sampler=sampler, seed=seed, num_folds=NUM_FOLDS, advancing_together=advancing_together)


def study(home: Path, *, lag: int = 1, sampler: Any = "tpe", seed: int = 0) -> Study:
    return Study(default_storage(home), "sweep", proposer(sampler, seed=seed), lag=lag)


def score_of(settings: Mapping[str, Plain]) -> float:
    """Best near lr = 1e-3 with the focal loss."""
    from math import log10

    rate = settings.get("training.lr", RECIPE.training.lr)
    assert isinstance(rate, float)
    return 0.8 - 0.1 * abs(log10(rate) + 3) + 0.1 * (settings.get("loss.kind") == "focal")


def fold_scores(settings: Mapping[str, Plain]) -> list[float]:
    """One per fold: the setting's own level, and how hard the fold is."""
    return [score_of(settings) + 0.05 * ((7 * step) % 5) / 5 for step in range(NUM_FOLDS)]


def settle(study: Study, proposal: Proposal) -> None:
    """Show a trial's folds to its judge and tell how it ended; trials of a large weight decay and crop fail."""
    if proposal.settings.get("training.weight_decay") and proposal.settings.get("augmentation.crop"):
        study.tell(proposal, "failed", inner_score=None, reason="made up")
        return
    for step, score in enumerate(fold_scores(proposal.settings), start=1):
        if proposal.hopeless_at(step, score):
            study.tell(proposal, "pruned", inner_score=None, reason="hopeless", stopped_at=step)
            return
    study.tell(proposal, "complete", inner_score=score_of(proposal.settings))


def run(study: Study, start: int, stop: int) -> list[Settled]:
    """Trials one after the other."""
    for index in range(start, stop):
        settle(study, study.ask(index))
    return study.results()
