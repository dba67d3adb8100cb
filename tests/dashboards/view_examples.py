"""Sweep views made by hand: what a page says of them is known."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from dashboards.page import Block, Callout, Figure, Page, Table, Text
from dashboards.sweep_view import Listed, SweepView
from orchestrator.metrics import Predictions
from orchestrator.results import SweepResult
from orchestrator.selection import Score
from orchestrator.summary_files import SCHEMA, Clip

FOLDS = ("toy/s1", "toy/s2", "toy/s3", "toy/s4")
CLASSES = ("negative", "positive")
DISTRIBUTIONS: dict[str, BaseDistribution] = {
    "training.lr": FloatDistribution(1e-4, 1e-1, log=True),
    "model.dropout": FloatDistribution(0.0, 0.5),
    "loss.kind": CategoricalDistribution(["cross_entropy", "focal"]),
}


def row(
    index: int, inner: Sequence[float], *, settings: Mapping[str, Any] | None = None, predicted: Sequence[int] | None = None
) -> dict[str, Any]:
    """A trial of which the first ``len(inner)`` of four folds were trained; complete if all were."""
    done = len(inner)
    rest = [None] * (len(FOLDS) - done)
    complete = done == len(FOLDS)
    return {
        "index": index,
        "settings": json.dumps(dict(settings or {})),
        "state": "complete" if complete else "pruned" if done else "failed",
        "reason": "" if complete else f"stopped after step {done}" if done else "made up",
        "inner_score": float(np.mean(inner)) if complete else None,
        "inner": [*inner, *rest],
        "wall_s": [2.0] * done + rest,
        "records": [bytes(32)] * done + rest,
        "predicted": list(predicted) if predicted is not None else [place % 2 if place // 2 < done else -1 for place in range(8)],
    }


def view(*rows: Mapping[str, Any], status: str = "FINISHED", tags: Mapping[str, str] | None = None, **fields: Any) -> SweepView:
    """Four subjects with two clips each, of class 0 and 1."""
    told = {"protocol": "loso", "feature_stage": "in_fold", "sampler": "tpe", "code_version": "c" * 64, **(tags or {})}
    header = SweepResult(
        name="ststnet-toy-1", model="ststnet", corpus="toy", classes=CLASSES, fold_names=FOLDS, data_digest="d" * 64, seed=0, trials=(),
        tags=told,
    )  # fmt: skip
    listed = Listed(
        name=header.name, model=header.model, corpus=header.corpus, status=status, run_id="r", experiment_id="1", started=None, ended=None,
        tags=told, params={}, metrics={},
    )  # fmt: skip
    clips = tuple(Clip(key=f"{fold}/clip{number}", truth=number, fold=fold) for fold in FOLDS for number in range(2))
    table = pa.Table.from_pylist([dict(each) for each in rows], schema=SCHEMA)
    given: dict[str, Any] = {"num_settled": len(rows), "distributions": DISTRIBUTIONS, **fields}
    return SweepView(home=Path("/nowhere"), listed=listed, header=header, table=table, clips=clips, **given)


def of(page: Page, kind: type[Block], title: str = "") -> Any:
    """The first block of a kind, of a title if one is given."""
    return next(block for block in page.blocks if isinstance(block, kind) and title in getattr(block, "title", ""))


def column(table: Table, title: str) -> list[Any]:
    place = [head.title for head in table.heads].index(title)
    return [line[place] for line in table.rows]


def words(page: Page) -> str:
    """All that stands in sentences."""
    texts = [block.text for block in page.blocks if isinstance(block, Text | Callout)]
    return " ".join([*texts, *(block.caption for block in page.blocks if isinstance(block, Figure | Table))])


def score(rule: str, predicted: list[int]) -> Score:
    """A rule's answers, in the order of the view's clips."""
    keys = [f"{fold}/clip{number}" for fold in FOLDS for number in range(2)]
    predictions = Predictions.from_keys(keys, np.array([0, 1] * 4), np.array(predicted), CLASSES)
    return Score(
        rule=rule, honest=rule != "oracle", predictions=predictions, chosen=dict.fromkeys(FOLDS, (0, 1)), explanation=f"{rule} chose"
    )
