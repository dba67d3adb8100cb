"""Published and reproduced numbers side by side: rows as plain data, and the table for people."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from orchestrator import console, metrics
from orchestrator.results import SweepResult
from orchestrator.selection import Score
from search_spaces.published import targets
from search_spaces.recipe import Recipe, Target

SHOWN = ("uf1", "uar", "accuracy")


def comparison(recipe: Recipe, scores: Sequence[Score]) -> list[dict[str, Any]]:
    """A row per corpus, metric and published number (if any): mean over the seeds, their spread, and the first seed's interval."""
    predictions = scores[0].predictions
    rows = []
    for corpus in ("all", *(predictions.corpora if len(predictions.corpora) > 1 else ())):
        for metric in SHOWN:
            reported = [target for target in targets(recipe) if (target.corpus, target.metric) == (corpus, metric)]
            rows += [_compare(corpus, metric, target, scores) for target in reported] or [_compare(corpus, metric, None, scores)]
    return rows


def _compare(corpus: str, metric: str, target: Target | None, scores: Sequence[Score]) -> dict[str, Any]:
    parts = [score.predictions if corpus == "all" else score.predictions.of(corpus) for score in scores]
    values = [metrics.value(part, metric) for part in parts]
    low, high = metrics.interval(parts[0], metric)
    mean = float(np.mean(values))
    return {
        "corpus": corpus, "metric": metric, "published": target.value if target else None, "reproduced": mean,
        "difference": mean - target.value if target else None, "low": low, "high": high, "seeds": values, "spread": float(np.ptp(values)),
        "rule": scores[0].rule, "source": target.source if target else "", "note": target.note if target else "",
    }  # fmt: skip


def tell(recipe: Recipe, results: Sequence[SweepResult], scores: Sequence[Score], rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Each seed's scores, the table, and the notes that its numbers need."""
    first = results[0]
    if first.tags.get("sample_set"):
        console.say(first.tags["sample_set"], as_json=as_json)
    for score, result in zip(scores, results, strict=True):
        values = ", ".join(f"{metric} {score.value(metric):.4f}" for metric in SHOWN)
        console.say(f"seed {result.seed}: {values}", as_json=as_json)
    columns = ("corpus", "metric", "published", "reproduced", "difference", "95 % interval", "spread", "rule", "source")
    shown = [
        (
            row["corpus"], row["metric"], _signed(row["published"]), row["reproduced"], _signed(row["difference"], "+"),
            f"{row['low']:.4f} to {row['high']:.4f}", row["spread"] if len(scores) > 1 else "-", row["rule"], row["source"],
        )
        for row in rows
    ]  # fmt: skip
    title = f"{recipe.name} on {first.corpus}: {len(first.fold_names)} folds, {len(scores)} seed(s), every setting the paper's"
    console.print_table(columns, shown, title=title, as_json=as_json)
    for note in dict.fromkeys([row["note"] for row in rows if row["note"]] + list(recipe.notes)):
        console.say(f"note: {note}", as_json=as_json)


def _signed(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.4f}"
