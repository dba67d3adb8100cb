"""Tracking parts: what a sweep and its scores look like as MLflow parameters, metrics, tags and artifacts. Pure functions.

Names of metrics: ``<rule>/<corpus>/<metric>`` with ``.low`` and ``.high`` (95 % interval over subjects), ``paper/<corpus>/<metric>``, and
``delta/<rule>/<corpus>/<metric>`` (ours minus the paper's).
"""

import json
from collections.abc import Iterator, Sequence

from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_RUN_NOTE

from orchestrator import metrics
from orchestrator.predictions import to_csv
from orchestrator.results import SweepResult
from orchestrator.selection import Score
from orchestrator.tracking_content import Part
from orchestrator.tracking_notes import note
from orchestrator.tracking_trials import SHOWN, dataset
from search_spaces.recipe import Recipe, Target, flatten

NOTE = MLFLOW_RUN_NOTE
Metrics = Iterator[tuple[str, float, int]]


def header(sweep: SweepResult, recipe: Recipe) -> Part:
    """The sweep's run as it starts: the paper's point as parameters, and on what it was scored."""
    return Part(
        params=flatten(recipe),
        tags={
            **sweep.tags,
            **({MLFLOW_GIT_COMMIT: sweep.tags["commit"]} if "commit" in sweep.tags else {}),  # where MLflow's pages look for it
            "model": sweep.model,
            "paper": recipe.paper,
            "corpus": sweep.corpus,
            "protocol": recipe.protocol.kind,
            "feature_stage": recipe.protocol.feature_stage,
            "seed": str(sweep.seed),
            "data_digest": sweep.data_digest,
            "classes": json.dumps(sweep.classes),
            "num_folds": str(len(sweep.fold_names)),
        },
        inputs=[dataset(sweep, recipe, sweep.data_digest)],
    )


def sweep_name(sweep: SweepResult) -> str:
    """What varies between sweeps of one system and corpus, beside the digest in the sweep's own name."""
    sampler = sweep.tags.get("sampler", "none")
    return f"{sweep.name} seed={sweep.seed}" + ("" if sampler == "none" else f" {sampler}")


def note_part(sweep: SweepResult, recipe: Recipe, scores: Sequence[Score] = ()) -> Part:
    return Part(tags={NOTE: note(sweep, recipe, scores)})


def scores_part(sweep: SweepResult, scores: Sequence[Score], reported: Sequence[Target]) -> Part:
    """The rules' scores beside the paper's numbers, with all predictions behind them."""
    found: list[tuple[str, float, int]] = [(f"paper/{t.corpus}/{t.metric}", t.value, 0) for t in reported]
    texts = {}
    for score in scores:
        found += _score_metrics(score, reported)
        texts[f"scores/{score.rule}.predictions.csv"] = to_csv(score.predictions)
        texts[f"scores/{score.rule}.confusion.json"] = _confusion(score)
        texts[f"scores/{score.rule}.chosen.json"] = _chosen(score)
    headline = next((score for score in scores if score.rule == "nested"), scores[0] if scores else None)
    tags = {f"honest.{score.rule}": json.dumps(score.honest) for score in scores}
    if headline is not None:
        tags |= {"rule": headline.rule, "honest": json.dumps(headline.honest)}
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


def _confusion(score: Score) -> str:
    counts = metrics.confusion(score.predictions).tolist()
    return json.dumps({"classes": score.predictions.classes, "rows": "truth", "columns": "prediction", "counts": counts})
