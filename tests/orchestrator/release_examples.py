"""Registered versions made for real, in seconds and without Ray: shards, every fold of one setting, the refit, the registry."""

from dataclasses import dataclass
from pathlib import Path

from mlflow.entities.model_registry import ModelVersion

from orchestrator import champions, fold_job, registry
from orchestrator.fold_job import FoldJob, clips_of, folds_of
from orchestrator.folds import ALL
from orchestrator.ledger import Ledger
from orchestrator.release import Release, gather
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import inner_score, score_all
from orchestrator.setting_shards import plan_corpus
from orchestrator.tracking import Tracker
from preprocessing.build import finish
from preprocessing.resume import prepare
from preprocessing.shards import open_shards
from preprocessing.synthesize import make_settings, synthesize
from search_spaces.recipe import Augmentation, Data, Protocol, Recipe, Training

PROTOCOL = Protocol(kind="loso", num_inner=3)
QUICK = Training(lr=1e-3, batch_size=4, epochs=1, num_evals=1)
RENDERED = Recipe(
    model="ststnet",
    paper="ours",
    data=Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"max_subjects": 3}, scale=1 / 255),
    training=QUICK,
    hparams=dict(widths=(3, 5, 8), dropout=0.5, in_channels=3),
    protocol=PROTOCOL,
)
VIDEO = Recipe(
    model="stanet",
    paper="ours",
    data=Data(corpus="casme2", classes="casme2_5", pipeline="flow_sequence", options={"size": 64, "num_frames": 5, "flow": "dis"}),
    training=QUICK,
    augmentation=Augmentation(crop=56, flow_channels=(0, 1)),  # what is scored is a centre crop, and the program must take it too
    hparams=dict(
        in_channels=2, backbone="tiny", sab=True, mask="channel", mask_at="L3", sab_depth=1, tab=True, hidden=8, affinity_scale=True,
        dropout=0.5,
    ),
    protocol=PROTOCOL,
)  # fmt: skip
IMAGE = Recipe(
    model="ststnet",
    paper="ours",
    data=Data(corpus="megc2019_flow", classes="megc3", pipeline="flow_image"),
    training=QUICK,
    hparams=dict(widths=(3, 5, 8), dropout=0.5, in_channels=3),
    protocol=PROTOCOL,
)


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A version and what it was made from."""

    version: ModelVersion
    release: Release
    shards: Path


def faces(root: Path) -> Path:
    """CASME II's layout with invented faces: 3 subjects with 2 clips of at most 5 frames each."""
    settings = make_settings("casme2", subjects=3, clips_per_subject=2, max_frames=5)
    return synthesize(settings, root, progress=False).root


def trained(recipe: Recipe, root: Path | None, home: Path) -> tuple[Release, Path]:
    """Every fold and the refit of a recipe, and its shards."""
    shards = finish(prepare(plan_corpus(recipe, root), home), num_workers=0, progress=False).folder
    names = [name for name in folds_of(recipe, shards, 0) if name != ALL]
    done = fold_job.run(FoldJob(recipe=recipe, folds=(*names, ALL), shards=shards, seed=0, home=home))
    ledger, clips = Ledger(home), clips_of(recipe, shards)
    records = {one.fold: ledger.read(one.record) for one in done}
    refit = records.pop(ALL)
    chosen = Trial(index=0, settings={}, state="complete", folds=records, inner_score=inner_score(records))
    sweep = SweepResult(
        name=f"{recipe.model}-{recipe.data.corpus}-test", model=recipe.model, corpus=recipe.data.corpus, classes=clips.classes,
        fold_names=tuple(names), data_digest=clips.digest, seed=0, trials=(chosen,),
        tags={"protocol": "loso", "feature_stage": "in_fold", "sampler": "random"},
    )  # fmt: skip
    scores = list(score_all(sweep).values())
    return gather(sweep, chosen, recipe, refit, ledger, open_shards(shards), root, scores), shards


def registered(recipe: Recipe, root: Path | None, home: Path, *, name: str) -> Registered:
    """The champion of a name."""
    release, shards = trained(recipe, root, home)
    tracker = Tracker(None, home)
    version = registry.register(tracker, tracker.reconcile(release.sweep, recipe, release.scores), release, name=name)
    champions.promote(tracker, version)
    return Registered(version=version, release=release, shards=shards)
