"""What a sweep found, for people and as plain data: the leaderboard of its trials and the pooled scores of every rule."""

from collections.abc import Mapping
from typing import Any

from orchestrator import console, metrics
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import Score, gap, reasons
from search_spaces.published import targets
from search_spaces.recipe import Recipe

SHOWN = ("uf1", "uar", "accuracy")


def document(result: SweepResult, scores: Mapping[str, Score]) -> dict[str, Any]:
    """The machine-readable result. It depends on nothing but the search: not on time, kills or workers."""
    return {
        "sweep": result.name,
        "model": result.model,
        "corpus": result.corpus,
        "data_digest": result.data_digest,
        "seed": result.seed,
        "tags": dict(result.tags),
        "trials": [_trial(trial, result) for trial in result.trials],
        "scores": [row for score in scores.values() for row in _rows(score)],
        "without_score": reasons(result, scores),
        "gap": gap(scores).sentence if {"nested", "oracle"} <= set(scores) else None,
    }


def _trial(trial: Trial, result: SweepResult) -> dict[str, Any]:
    return {
        "index": trial.index,
        "state": trial.state,
        "inner_uf1": trial.inner_score,
        "folds": f"{len(trial.folds)}/{len(result.fold_names)}",
        "settings": dict(trial.settings),
        "reason": trial.reason,
    }


def _rows(score: Score) -> list[dict[str, Any]]:
    rows = []
    for corpus in ("all", *(score.predictions.corpora if len(score.predictions.corpora) > 1 else ())):
        part = score.predictions if corpus == "all" else score.predictions.of(corpus)
        row: dict[str, Any] = {"rule": score.rule, "honest": score.honest, "corpus": corpus}
        for metric in SHOWN:
            low, high = metrics.interval(part, metric)
            row |= {metric: metrics.value(part, metric), f"{metric}_low": low, f"{metric}_high": high}
        rows.append(row)
    return rows


def tell(result: SweepResult, scores: Mapping[str, Score], recipe: Recipe, *, as_json: bool) -> None:
    """Leaderboard, scores by rule, and the gap between them."""
    for line in (result.tags.get("sample_set", ""), _head(result)):
        if line:
            console.say(line, as_json=as_json)
    ranked = sorted(result.trials, key=lambda trial: (trial.inner_score is None, -(trial.inner_score or 0), trial.index))
    rows = [_board_row(trial, result) for trial in ranked]
    console.print_table(("trial", "state", "inner UF1", "folds", "settings"), rows, title="Leaderboard (inner subjects)", as_json=as_json)
    table = [
        (row["rule"], "yes" if row["honest"] else "NO", row["corpus"], *(_with_interval(row, metric) for metric in SHOWN))
        for score in scores.values()
        for row in _rows(score)
    ]
    columns = ("rule", "honest", "corpus", *(f"{metric} (95 % interval)" for metric in SHOWN))
    console.print_table(columns, table, title="Held-out subjects, pooled over folds", as_json=as_json)
    for target in targets(recipe):
        console.say(f"published: {target.metric} {target.value:.4f} on {target.corpus} ({target.source})", as_json=as_json)
    for rule, reason in reasons(result, scores).items():
        console.say(f"no score by {rule}: {reason}", as_json=as_json)
    if {"nested", "oracle"} <= set(scores):
        console.say(gap(scores).sentence, as_json=as_json)


def _head(result: SweepResult) -> str:
    states = [trial.state for trial in result.trials]
    counts = ", ".join(f"{states.count(state)} {state}" for state in ("complete", "pruned", "failed") if state in states)
    where = f"{len(result.fold_names)} folds each, data {result.data_digest[:12]}, seed {result.seed}"
    return f"{result.name}: {len(states)} trials ({counts}), {where}"


def _board_row(trial: Trial, result: SweepResult) -> tuple[object, ...]:
    settings = ", ".join(f"{name.removeprefix('training.')}={_short(value)}" for name, value in trial.settings.items())
    shown = settings or "the paper's own point"
    score = "-" if trial.inner_score is None else f"{trial.inner_score:.4f}"
    return (
        trial.index,
        trial.state,
        score,
        f"{len(trial.folds)}/{len(result.fold_names)}",
        trial.reason if trial.state == "failed" else shown,
    )


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _with_interval(row: Mapping[str, Any], metric: str) -> str:
    return f"{row[metric]:.4f} ({row[f'{metric}_low']:.3f} to {row[f'{metric}_high']:.3f})"
