"""Export tables: what a paper prints of a sweep: scores by rule with intervals, published beside reproduced, subjects, confusion, clips.

Numbers are fractions. Held-out predictions are pooled over folds; intervals are 95 % from a bootstrap over subjects.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from dashboards.page import Cell, Column, Table
from dashboards.sweep_view import SweepView
from orchestrator import metrics
from orchestrator.metrics import Predictions
from orchestrator.selection import Score
from search_spaces.recipe import Target

NAMES = {"uf1": "UF1", "uar": "UAR", "accuracy": "accuracy"}
DATA = ("clips",)
"""Tables that are too long to print: CSV alone."""
HEADLINES = ("nested", "last_epoch", "inner_mean", "oracle")
"""Whose predictions stand for the sweep: the first of these that has a score."""


def headline(scores: Mapping[str, Score]) -> Score | None:
    return next((scores[rule] for rule in HEADLINES if rule in scores), None)


def tables(view: SweepView, targets: tuple[Target, ...]) -> dict[str, Table]:
    """File name -> table; none before the sweep is scored. ``targets`` are the numbers that the paper reports."""
    score = headline(view.scores)
    if score is None:
        return {}
    where = f"{view.header.model} on {view.header.corpus}"
    found = {"scores": _scores(view, where), "subjects": _subjects(score, where), "confusion": _confusion(score, where)}
    if targets:
        found["published"] = _published(view, targets, where)
    return {**found, "clips": _clips(view, where)}


def _scores(view: SweepView, where: str) -> Table:
    bounds: list[Column | str] = [Column(title=f"{name}{bound}", form=".3f") for name in NAMES.values() for bound in ("", " low", " high")]
    rows = tuple(
        (score.rule, "yes" if score.honest else "NO", corpus, len(part.keys), *(_interval(part)))
        for score in view.scores.values()
        for corpus, part in _parts(score.predictions)
    )
    caption = "Held-out subjects, pooled over folds, by the rule that chose setting and epoch; brackets: 95 % interval over subjects."
    return Table(title=f"Scores of {where}.", caption=caption, columns=("rule", "honest", "corpus", "clips", *bounds), rows=rows)


def _interval(part: Predictions) -> Iterator[float]:
    for metric in NAMES:
        yield metrics.value(part, metric)
        yield from metrics.interval(part, metric)


def _published(view: SweepView, targets: tuple[Target, ...], where: str) -> Table:
    numbers = [Column(title=name, form=form) for name, form in (("published", ".3f"), ("ours", ".3f"), ("difference", "+.3f"))]
    rows: list[tuple[Cell, ...]] = []
    for score in view.scores.values():
        parts = dict(_parts(score.predictions))
        for target in targets:
            if target.corpus in parts:
                ours = metrics.value(parts[target.corpus], target.metric)
                place = (NAMES[target.metric], target.corpus, score.rule, "yes" if score.honest else "NO")
                rows.append((*place, target.value, ours, ours - target.value, target.source))
    caption = "A published number whose rule is not stated is nearest to oracle."
    columns: tuple[Column | str, ...] = ("metric", "corpus", "rule", "honest", *numbers, "source")
    return Table(title=f"Published and reproduced: {where}.", caption=caption, columns=columns, rows=tuple(rows))


def _subjects(score: Score, where: str) -> Table:
    p = score.predictions
    names = [f"{corpus}/{subject}" for corpus, subject in zip(p.corpus, p.subject, strict=True)]
    right = p.truth == p.predicted
    rows = []
    for name in sorted(set(names)):
        chosen = np.array([each == name for each in names])
        rows.append((name, int(chosen.sum()), int(right[chosen].sum()), float(right[chosen].mean())))
    columns = ("subject", "clips", "recognised", Column(title="accuracy", form=".3f"))
    caption = f"Each subject by the network that never saw it; rule {score.rule}."
    return Table(title=f"Held-out subjects of {where}.", caption=caption, columns=columns, rows=tuple(rows))


def _confusion(score: Score, where: str) -> Table:
    counts = metrics.confusion(score.predictions)
    rows: list[tuple[Cell, ...]] = [(name, *map(int, row)) for name, row in zip(score.predictions.classes, counts, strict=True)]
    caption = f"Rows: the sheet's class; columns: the answer; rule {score.rule}."
    return Table(title=f"Confusion matrix of {where}.", caption=caption, columns=("class", *score.predictions.classes), rows=tuple(rows))


def _clips(view: SweepView, where: str) -> Table:
    """Every rule's answer to every clip."""
    pooled = {rule: score.predictions for rule, score in view.scores.items()}
    answers = {rule: dict(zip(p.keys, p.predicted.tolist(), strict=True)) for rule, p in pooled.items()}
    classes = view.header.classes
    rows: list[tuple[Cell, ...]] = []
    for clip in sorted(view.clips, key=lambda clip: clip.key):
        said = (classes[known[clip.key]] if clip.key in known else None for known in answers.values())
        rows.append((clip.key, clip.fold, classes[clip.truth], *said))
    return Table(title=f"Answers to the clips of {where}.", columns=("clip", "held out in", "class", *answers), rows=tuple(rows))


def _parts(p: Predictions) -> Iterator[tuple[str, Predictions]]:
    """All clips, and those of each source corpus of a composite."""
    yield "all", p
    if len(p.corpora) > 1:
        yield from ((corpus, p.of(corpus)) for corpus in p.corpora)
