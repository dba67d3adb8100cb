"""Tracking trials: what a trial and a fold look like as MLflow parameters, metrics, tags and artifacts. Pure functions.

Names of a trial's metrics: ``inner_uf1`` (what the search maximises); ``heldout.last_epoch/uf1`` (pooled over the held-out subjects; honest
for one setting fixed beforehand, *not* for the best of many); ``curve/inner_uf1`` and ``curve/train_loss``, over all folds, step = epoch;
and per fold, step = its place in the sweep's order, ``fold/inner_uf1``, ``fold/heldout_accuracy``, ``fold/wall_s``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS

from orchestrator import metrics
from orchestrator.ledger import Curve, FoldRecord
from orchestrator.results import SweepResult, Trial
from orchestrator.tracking_content import Part
from search_spaces.recipe import HONEST_STAGES, Plain, Recipe, digest, flatten

SETTINGS = "losotune.settings"
"""Digest of a trial's settings."""
STATUS = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
SHOWN = {"uf1": metrics.uf1, "uar": metrics.uar, "accuracy": metrics.accuracy}
FOLD_METRICS = ("inner_uf1", "heldout_accuracy", "wall_s")
PAPERS_POINT = "the paper's point"
NAME_LENGTH = 100

Metrics = Iterator[tuple[str, float, int]]


def trial_name(trial: Trial, recipe: Recipe) -> str:
    """What varies: ``0007 lr=0.00032 dropout=0.31``. Settings that are as in the paper are left out."""
    paper = flatten(recipe)
    changed = {name: value for name, value in trial.settings.items() if name not in paper or paper[name] != value}
    said = " ".join(f"{_short(name, changed)}={_shown(value)}" for name, value in changed.items()) or PAPERS_POINT
    name = f"{trial.index:04d} {said}"
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1].rpartition(' ')[0]} …"


def _short(name: str, names: Mapping[str, Plain]) -> str:
    """The last word of a dotted name, or all of it where it says nothing by itself or two end alike."""
    last = name.rpartition(".")[2]
    return last if last != "kind" and sum(other.rpartition(".")[2] == last for other in names) == 1 else name


def _shown(value: Plain) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "x".join(map(_shown, value)) if isinstance(value, tuple) else str(value).lower()


def trial_part(sweep: SweepResult, trial: Trial, recipe: Recipe) -> Part:
    """One setting over its folds."""
    honest = trial.index == 0 and sweep.tags.get("feature_stage", "in_fold") in HONEST_STAGES
    tags = {
        "state": trial.state,
        "reason": trial.reason,
        "model": sweep.model,
        "paper": recipe.paper,
        "corpus": sweep.corpus,
        "protocol": recipe.protocol.kind,
        "data_digest": sweep.data_digest,
        "rule": "last_epoch",
        "honest": json.dumps(honest),
        "point": "paper" if trial.index == 0 else "searched",
        "num_folds": str(len(trial.folds)),
        SETTINGS: settings_digest(trial),
        MLFLOW_LOGGED_ARTIFACTS: json.dumps([{"path": "folds.json", "type": "table"}]),
    }
    rows = [[index, name, *_fold_row(sweep, trial.folds[name])] for index, name in _recorded(sweep, trial)]
    table = {"columns": ["index", "fold", *FOLD_METRICS, "device", "record"], "data": rows}
    per_fold = [(f"fold/{name}", row[2 + place], row[0]) for row in rows for place, name in enumerate(FOLD_METRICS)]
    found = [*_trial_metrics(sweep, trial), *per_fold]
    return Part(
        params=trial.settings,
        metrics=[(name, value, step) for name, value, step in found if value is not None],
        tags=tags,
        texts={"folds.json": json.dumps(table)},
        inputs=[dataset(sweep, recipe, next((record.id.data_digest for record in trial.folds.values()), sweep.data_digest))],
    )


def dataset(sweep: SweepResult, recipe: Recipe, data_digest: str) -> DatasetInput:
    """The shards by their digest: a setting of the pipeline has shards of its own."""
    source = json.dumps({"shards": data_digest, "pipeline": recipe.data.pipeline})
    profile = json.dumps({"clips": sweep.tags.get("num_clips", ""), "folds": len(sweep.fold_names), "classes": sweep.classes})
    described = Dataset(sweep.corpus, data_digest[:36], "local", source, profile=profile)
    return DatasetInput(described, [InputTag("mlflow.data.context", "leave-one-subject-out")])


def settings_digest(trial: Trial) -> str:
    return digest(dict(trial.settings))[:16]


def _recorded(sweep: SweepResult, trial: Trial) -> Iterator[tuple[int, str]]:
    return ((index, name) for index, name in enumerate(sweep.fold_names) if name in trial.folds)


def _trial_metrics(sweep: SweepResult, trial: Trial) -> Metrics:
    records = list(trial.folds.values())
    yield "wall_s", sum(record.wall_s for record in records), 0
    if trial.inner_score is not None:
        yield "inner_uf1", trial.inner_score, 0
    if trial.state == "complete":  # a pruned trial lacks subjects: its pooled score could be compared with nothing
        pooled = _pooled([record.held_out for record in records], -1, len(sweep.classes))
        yield from ((f"heldout.last_epoch/{name}", float(score(pooled)), 0) for name, score in SHOWN.items())
        yield from _curves(records, len(sweep.classes))


def _curves(records: Sequence[FoldRecord], num_classes: int) -> Metrics:
    """Over all folds, at the epochs that were evaluated."""
    losses = [record.train_loss for record in records]
    mean = np.mean([loss[: min(map(len, losses))] for loss in losses], axis=0)
    for place, epoch in enumerate(records[0].epochs):
        if epoch <= len(mean):
            yield "curve/train_loss", float(mean[epoch - 1]), epoch
        if all(record.inner.keys for record in records):
            pooled = _pooled([record.inner for record in records], place, num_classes)
            yield "curve/inner_uf1", float(metrics.uf1(pooled)), epoch


def _pooled(curves: Sequence[Curve], evaluation: int, num_classes: int) -> np.ndarray:
    """(K, K) confusion matrix of all folds at one evaluation."""
    predicted = np.concatenate([curve.probabilities[evaluation] for curve in curves]).argmax(axis=1)
    return metrics.count(np.concatenate([curve.truth for curve in curves]), predicted, num_classes)


def _fold_row(sweep: SweepResult, record: FoldRecord) -> list[Any]:
    inner = record.inner
    uf1 = float(metrics.uf1(metrics.count(inner.truth, inner.predicted(), len(sweep.classes)))) if inner.keys else None
    return [uf1, _accuracy(record.held_out), record.wall_s, record.device, record.name]


def _accuracy(curve: Curve, evaluation: int = -1) -> float | None:
    return float(np.mean(curve.predicted(evaluation) == curve.truth)) if curve.keys else None


def fold_part(sweep: SweepResult, record: FoldRecord) -> Part:
    """One fold: its learning curve, step = epoch."""
    found: list[tuple[str, float, int]] = [("train_loss", float(loss), epoch) for epoch, loss in enumerate(record.train_loss, start=1)]
    for name, curve in (("inner_accuracy", record.inner), ("heldout_accuracy", record.held_out)):
        if curve.keys:
            found += [(name, _accuracy(curve, place) or 0.0, epoch) for place, epoch in enumerate(record.epochs)]
    tags = {"fold": record.id.fold, "record": record.name, "device": record.device, "model": sweep.model, "corpus": sweep.corpus}
    return Part(metrics=[*found, ("wall_s", record.wall_s, 0)], tags=tags)
