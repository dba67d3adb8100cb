"""Tracking parts: what a sweep, a trial, a fold and the scores look like as MLflow parameters, metrics, tags and artifacts. Pure functions.

Names of metrics: ``<rule>/<corpus>/<metric>`` with ``.low`` and ``.high`` (95 % interval over subjects), ``paper/<corpus>/<metric>``,
``delta/<rule>/<corpus>/<metric>`` (ours minus the paper's). On a trial: ``inner_uf1`` (what the search maximises);
``heldout.last_epoch/uf1`` (pooled over the held-out subjects; honest for one setting fixed beforehand, *not* for the best of many); and
per fold, step = its place in the sweep's order, ``fold/inner_uf1``, ``fold/heldout_accuracy``, ``fold/wall_s``.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS, MLFLOW_RUN_NOTE

from orchestrator import metrics
from orchestrator.ledger import Curve, FoldRecord
from orchestrator.metrics import Predictions
from orchestrator.predictions import to_csv
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import Score
from orchestrator.tracking_store import Part
from search_spaces.published import targets
from search_spaces.recipe import HONEST_STAGES, Recipe, Target, digest, flatten

SETTINGS = "losotune.settings"
"""Digest of a trial's settings."""
SHOWN = ("uf1", "uar", "accuracy")
LEAKS = "**Leaks:** a stage is fitted on all subjects (`feature_stage: shared`); these scores can never be promoted.\n\n"
FOLD_METRICS = ("inner_uf1", "heldout_accuracy", "wall_s")
STATUS = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}

Metrics = Iterator[tuple[str, float, int]]


def header(sweep: SweepResult, recipe: Recipe) -> Part:
    """The sweep's run as it starts: the paper's point as parameters, and on what it was scored."""
    source = json.dumps({"shards": sweep.data_digest, "pipeline": recipe.data.pipeline})
    dataset = Dataset(sweep.corpus, sweep.data_digest[:36], "local", source)
    return Part(
        params=flatten(recipe),
        tags={
            **sweep.tags,
            "model": sweep.model,
            "paper": recipe.paper,
            "corpus": sweep.corpus,
            "protocol": recipe.protocol.kind,
            "feature_stage": recipe.protocol.feature_stage,
            "seed": str(sweep.seed),
            "data_digest": sweep.data_digest,
            "classes": json.dumps(sweep.classes),
            "num_folds": str(len(sweep.fold_names)),
            MLFLOW_RUN_NOTE: explain(sweep, recipe),
        },
        inputs=[DatasetInput(dataset, [InputTag("mlflow.data.context", "leave-one-subject-out")])],
    )


def explain(sweep: SweepResult, recipe: Recipe) -> str:
    """The sweep in plain words (Markdown)."""
    leaks = "" if recipe.protocol.feature_stage in HONEST_STAGES else LEAKS
    reported = "\n".join(f"- {t.metric} {t.value} on {t.corpus} ({t.source or 'no source given'})" for t in targets(recipe)) or "- none"
    return (
        f"**{sweep.model} on {sweep.corpus}**: a search around {recipe.paper} with {len(sweep.fold_names)} folds ({recipe.protocol.kind}), "
        f"classes {', '.join(sweep.classes)}.\n\n"
        "Trial 0 is the paper's own setting. Each child run is one setting over all folds.\n\n"
        f"{leaks}How to read the scores (`<rule>/<corpus>/<metric>`):\n"
        "- `nested`: for each held-out subject, the setting best on that fold's inner subjects. The number to publish.\n"
        "- `inner_mean`: one setting for everyone, chosen on inner subjects. The model to ship.\n"
        "- `last_epoch`: the paper's setting, last epoch, nothing chosen.\n"
        "- `oracle`: chosen on held-out subjects. It only explains published numbers and is no estimate of anything.\n"
        "- `heldout.last_epoch/*` on a trial is honest for that one setting; the best of many of them is an oracle.\n\n"
        f"The paper reports:\n{reported}\n"
    )


def trial_name(trial: Trial) -> str:
    return f"trial-{trial.index:04d}" + (" (paper)" if trial.index == 0 else "")


def trial_part(sweep: SweepResult, trial: Trial) -> Part:
    """One setting over its folds."""
    tags = {
        "state": trial.state,
        "reason": trial.reason,
        "model": sweep.model,
        "corpus": sweep.corpus,
        "data_digest": sweep.data_digest,
        "rule": "last_epoch",
        "honest": _text(trial.index == 0 and sweep.tags.get("feature_stage", "in_fold") in HONEST_STAGES),
        "num_folds": str(len(trial.folds)),
        SETTINGS: settings_digest(trial),
        MLFLOW_LOGGED_ARTIFACTS: json.dumps([{"path": "folds.json", "type": "table"}]),
    }
    rows = [[index, name, *_fold_row(sweep, trial.folds[name])] for index, name in _recorded(sweep, trial)]
    table = {"columns": ["index", "fold", *FOLD_METRICS, "device", "record"], "data": rows}
    per_fold = [(f"fold/{name}", row[2 + place], row[0]) for row in rows for place, name in enumerate(FOLD_METRICS)]
    found = [*_trial_metrics(sweep, trial), *per_fold]
    logged = [(name, value, step) for name, value, step in found if value is not None]
    return Part(params=trial.settings, metrics=logged, tags=tags, texts={"folds.json": json.dumps(table)})


def settings_digest(trial: Trial) -> str:
    return digest(dict(trial.settings))[:16]


def _recorded(sweep: SweepResult, trial: Trial) -> Iterator[tuple[int, str]]:
    return ((index, name) for index, name in enumerate(sweep.fold_names) if name in trial.folds)


def _trial_metrics(sweep: SweepResult, trial: Trial) -> Metrics:
    yield "wall_s", sum(record.wall_s for record in trial.folds.values()), 0
    if trial.inner_score is not None:
        yield "inner_uf1", trial.inner_score, 0
    if trial.state == "complete":  # a pruned trial lacks subjects: its pooled score could be compared with nothing
        pooled = _pooled(sweep, trial)
        yield from ((f"heldout.last_epoch/{name}", metrics.value(pooled, name), 0) for name in SHOWN)


def _pooled(sweep: SweepResult, trial: Trial) -> Predictions:
    curves = [record.held_out for record in trial.folds.values()]
    keys = [key for curve in curves for key in curve.keys]
    truth, predicted = np.concatenate([c.truth for c in curves]), np.concatenate([c.predicted() for c in curves])
    return Predictions.from_keys(keys, truth, predicted, sweep.classes)


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


def scores_part(sweep: SweepResult, scores: Sequence[Score], reported: Sequence[Target]) -> Part:
    """The rules' scores beside the paper's numbers, with all predictions behind them."""
    found: list[tuple[str, float, int]] = [(f"paper/{t.corpus}/{t.metric}", t.value, 0) for t in reported]
    texts = {}
    for score in scores:
        found += _score_metrics(score, reported)
        texts[f"scores/{score.rule}.predictions.csv"] = to_csv(score.predictions)
        texts[f"scores/{score.rule}.confusion.json"] = _confusion(score.predictions)
        texts[f"scores/{score.rule}.chosen.json"] = _chosen(score)
    headline = next((score for score in scores if score.rule == "nested"), scores[0] if scores else None)
    tags = {f"honest.{score.rule}": _text(score.honest) for score in scores}
    if headline is not None:
        tags |= {"rule": headline.rule, "honest": _text(headline.honest)}
    return Part(metrics=found, tags=tags, texts=texts)


def _score_metrics(score: Score, reported: Sequence[Target]) -> Metrics:
    table = metrics.all_scores(score.predictions)
    for corpus, values in table.items():
        yield from ((f"{score.rule}/{corpus}/{name}", value, 0) for name, value in values.items())
        part = score.predictions if corpus == "all" else score.predictions.of(corpus)
        for name in SHOWN:
            low, high = metrics.interval(part, name)
            if low == low:  # one subject has no interval
                yield from ((f"{score.rule}/{corpus}/{name}.low", low, 0), (f"{score.rule}/{corpus}/{name}.high", high, 0))
    for target in reported:
        if target.corpus in table:
            yield f"delta/{score.rule}/{target.corpus}/{target.metric}", table[target.corpus][target.metric] - target.value, 0


def _chosen(score: Score) -> str:
    rows = [[fold, trial, epoch] for fold, (trial, epoch) in score.chosen.items()]
    described = {"rule": score.rule, "honest": score.honest, "explanation": score.explanation}
    return json.dumps({**described, "columns": ["fold", "trial", "epoch"], "data": rows})


def _confusion(p: Predictions) -> str:
    return json.dumps({"classes": p.classes, "rows": "truth", "columns": "prediction", "counts": metrics.confusion(p).tolist()})


def _text(flag: bool) -> str:
    return "true" if flag else "false"
