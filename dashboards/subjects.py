"""Subjects: who and what is hard. Scores by held-out subject, hardest clips, confusion beside the paper's, learning curves."""

from collections.abc import Iterator

import numpy as np

from dashboards import addresses, figures
from dashboards.page import Block, Callout, Choices, Column, Figure, Link, Page, Table, Text
from dashboards.published_confusion import beside
from dashboards.sweep_view import LIVE_S, SweepView
from orchestrator import metrics
from search_spaces.recipe import Recipe

LEAD = "Which people and which clips are recognised, by the chosen setting and over all that were tried."
PREFERRED = ("nested", "inner_mean", "last_epoch")
HARDEST = 40


def subjects(view: SweepView, recipe: Recipe | None, *, trial: int | None = None) -> Page:
    """The page of one sweep: of what a rule chose, or of one trial.

    Raises:
        LookupError: there is no such trial.
    """
    blocks: list[Block] = []
    if not len(view.index) or not (view.predicted >= 0).any():
        blocks.append(Callout(text="No fold has been trained yet: subjects can be seen when the first trial has settled."))
        return Page(name="subjects", title="Subjects", lead=LEAD, blocks=tuple(blocks), refresh_s=LIVE_S if view.live else None)
    rule, predicted = _chosen(view, trial)
    blocks += [_choices(view, trial), *_by_subject(view, rule, predicted), _hardest(view)]
    blocks += [*_confusion(view, rule, predicted), *beside(recipe), *_curves(view, trial)]
    return Page(name="subjects", title="Subjects", lead=LEAD, blocks=tuple(blocks), refresh_s=LIVE_S if view.live else None)


def _chosen(view: SweepView, trial: int | None) -> tuple[str, np.ndarray]:
    """What is looked at, and its (N,) predictions; -1 where a clip has none."""
    if trial is not None:
        rows = np.flatnonzero(view.index == trial)
        if not len(rows):
            raise LookupError(f"A trial must have settled to be looked at, but trial {trial} has not. Choose one of the leaderboard.")
        return view.trial_name(trial), view.predicted[rows[0]].astype(np.int64)
    for rule in PREFERRED:
        if rule in view.scores:
            found = dict(zip(view.scores[rule].predictions.keys, view.scores[rule].predictions.predicted.tolist(), strict=True))
            return rule, np.array([found.get(clip.key, -1) for clip in view.clips])
    index = _default(view)
    return view.trial_name(index), view.predicted[np.flatnonzero(view.index == index)[0]].astype(np.int64)


def _default(view: SweepView) -> int:
    """The trial whose folds are shown if none is named: what inner_mean chose, else the best so far, else the first with folds."""
    if "inner_mean" in view.scores:
        return next(iter(view.scores["inner_mean"].chosen.values()))[0]
    whole = np.flatnonzero(np.isfinite(view.inner_score))
    rows = whole if len(whole) else np.flatnonzero(view.folds_done > 0)
    return int(view.index[rows[view.inner_score[rows].argmax() if len(whole) else 0]])


def _choices(view: SweepView, trial: int | None) -> Choices:
    rank = sorted(np.flatnonzero(np.isfinite(view.inner_score)), key=lambda row: -view.inner_score[row])[:5]
    shown = sorted({0, *(int(view.index[row]) for row in rank), *(() if trial is None else (trial,))} & set(view.index.tolist()))
    chosen = Link(text="chosen by rule", url=addresses.sweep(view.name, "subjects"))
    links = (chosen, *(Link(text=view.trial_name(each), url=addresses.sweep(view.name, "subjects", trial=each)) for each in shown))
    return Choices(title="Predictions of", links=links, current=chosen.text if trial is None else view.trial_name(trial))


def _by_subject(view: SweepView, rule: str, predicted: np.ndarray) -> Iterator[Block]:
    right, tried = predicted == view.truth, view.predicted >= 0
    hits = np.where(tried, view.predicted == view.truth, False).sum(axis=0)
    owners = ["/".join(clip.key.split("/")[:2]) for clip in view.clips]
    rows = []
    for subject in sorted(set(owners)):
        mine = np.array([owner == subject for owner in owners])
        seen = mine & (predicted >= 0)
        share = float(right[seen].mean()) if seen.any() else float("nan")
        everywhere = float(hits[mine].sum() / max(1, tried[:, mine].sum()))
        rows.append((subject, int(mine.sum()), int(right[seen].sum()), share, everywhere))
    rows.sort(key=lambda row: (row[3], row[4]))
    columns = ("subject", "clips", f"recognised ({rule})", Column(title="share", form=".0%"), Column(title="over all settings", form=".0%"))
    shares, others = (np.array([row[place] for row in rows]) for place in (3, 4))
    yield Figure(
        title="By held-out subject",
        figure=figures.subjects([row[0] for row in rows], shares, others, [row[1] for row in rows], rule),
        caption=f"Share of each held-out subject's clips that {rule} recognises, the hardest subjects first; dashes: the mean over all "
        f"{len(view.index)} settings. Few clips make extreme shares: mind the counts.",
    )
    yield Table(title="Subjects, the hardest first", columns=columns, rows=tuple(rows), folded=len(rows) > HARDEST)


def _hardest(view: SweepView) -> Table:
    tried = (view.predicted >= 0).sum(axis=0)
    hits = (view.predicted == view.truth).sum(axis=0)
    classes = view.header.classes
    shares = np.divide(hits, tried, out=np.ones(len(tried)), where=tried > 0)
    rows = []
    for place in sorted(range(len(view.clips)), key=lambda place: (shares[place], view.clips[place].key))[:HARDEST]:
        clip, answers = view.clips[place], view.predicted[:, place]
        wrong = np.bincount(answers[(answers >= 0) & (answers != clip.truth)], minlength=len(classes))
        mistaken = classes[int(wrong.argmax())] if wrong.any() else None
        link = Link(text=clip.key, url=addresses.sweep(view.name, "clip", key=clip.key))
        rows.append((link, classes[clip.truth], int(hits[place]), int(tried[place]), float(shares[place]), mistaken))
    columns = ("clip", "class", "recognised by", "of settings", Column(title="share", form=".0%"), "mostly taken for")
    caption = f"The {len(rows)} hardest of {len(view.clips)} clips, over all settings that were tried on them."
    return Table(title="Hardest clips", columns=columns, rows=tuple(rows), caption=caption)


def _confusion(view: SweepView, rule: str, predicted: np.ndarray) -> Iterator[Block]:
    seen, classes = predicted >= 0, view.header.classes
    corpora = np.array([clip.key.split("/")[0] for clip in view.clips])
    for corpus in ("all", *(sorted(set(corpora)) if len(set(corpora)) > 1 else ())):
        chosen = seen if corpus == "all" else seen & (corpora == corpus)
        if chosen.any():
            matrix = metrics.count(view.truth[chosen], predicted[chosen], len(classes))
            where = "all clips" if corpus == "all" else corpus
            caption = f"Ours, by {rule}, on {where}: {int(matrix.sum())} clips pooled over folds; UF1 {float(metrics.uf1(matrix)):.4f}."
            title = "Confusion, ours and the paper's" if corpus == "all" else ""
            yield Figure(title=title, figure=figures.confusion(matrix, classes), caption=caption)


def _curves(view: SweepView, trial: int | None) -> Iterator[Block]:
    index = _default(view) if trial is None else trial
    try:
        records = {fold: view.record(index, fold) for fold in view.header.fold_names}
    except ValueError as error:
        yield Callout(tone="warn", title="No learning curves of folds.", text=str(error))
        return
    found = {fold: record.train_loss for fold, record in records.items() if record is not None and len(record.train_loss) > 1}
    title = "Learning curves of folds"
    if not found:
        yield Text(title=title, text="There are none: this model fits itself instead of taking gradient steps, or the trial has no folds.")
        return
    caption = f"Training loss of {view.trial_name(index)} in each of {len(found)} folds, and the median. A fold apart from the others has "
    yield Figure(title=title, figure=figures.curves(found), caption=caption + "other training clips, or did not converge.")
