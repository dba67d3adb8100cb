"""Honesty: the same trials scored by every rule, and what looking at the answers would add, as a number and a sentence."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

import search_spaces
from dashboards import figures
from dashboards.page import Block, Callout, Column, Figure, Page, Table, Text, Tone
from dashboards.sweep_view import LIVE_S, SweepView
from orchestrator import metrics
from orchestrator.selection import RULES, Score, gap
from search_spaces.published import targets
from search_spaces.recipe import HONEST_STAGES, Target

SHOWN = {"uf1": "UF1", "uar": "UAR", "accuracy": "accuracy"}
LEAD = "How much of the score is skill, and how much is choosing by the answers."
PAIRS = (
    ("oracle", "nested", "what choosing on the held-out subjects adds: not skill"),
    ("inner_mean", "nested", "one setting for everyone, against one for each subject"),
    ("nested", "last_epoch", "what the search gained over the paper's own setting"),
    ("oracle", "last_epoch", "what choosing on the held-out subjects adds to the paper's own setting"),
)


def honesty(view: SweepView) -> Page:
    """The page of one sweep."""
    blocks: list[Block] = [*_leaks(view)]
    if view.scores:
        blocks += [_verdict(view), _table(view), *_figure(view), _differences(view.scores), _explanations(view)]
    else:
        blocks.append(_unscored(view))
    blocks += [*_cloud(view)]
    return Page(name="honesty", title="Honesty", lead=LEAD, blocks=tuple(blocks), refresh_s=LIVE_S if view.live else None)


def printed(view: SweepView) -> tuple[Target, ...]:
    """The numbers that the sweep's recipe is compared with; none where this version has no such recipe."""
    try:
        return targets(search_spaces.load(view.header.model, view.header.corpus)[0])
    except ValueError:
        return ()


def _leaks(view: SweepView) -> Iterator[Callout]:
    tags = view.header.tags
    if tags.get("feature_stage", "in_fold") not in HONEST_STAGES:
        yield Callout(
            tone="bad", title="Leaks.", text="A stage is fitted on all subjects, the held-out ones included: no rule is honest here."
        )
    if tags.get("protocol") == "lovo":
        yield Callout(tone="bad", title="Not subject-independent.", text="Folds are over clips: a subject is on both sides of each split.")


def _verdict(view: SweepView) -> Callout:
    scores = view.scores
    if {"nested", "oracle"} <= set(scores):
        found = gap(scores)
        tone: Tone = "warn" if found.low > 0 else "plain"
        title = "The gap is real." if found.low > 0 else "The gap may be chance."
        return Callout(tone=tone, title=title, text=found.sentence)
    reasons = " ".join(view.reasons.values())
    return Callout(text=f"Only {', '.join(scores)} can score this sweep. {reasons}")


def _unscored(view: SweepView) -> Callout:
    if view.live:
        complete = int((view.state == "complete").sum())
        text = f"The rules choose among all trials, so they score the sweep when it ends; {complete} trials are complete so far."
        return Callout(title="Not yet scored.", text=text)
    text = "No rule has scored this sweep: it has no complete trial, or it was killed. The same command again resumes it."
    return Callout(tone="warn", text=text)


def _table(view: SweepView) -> Table:
    rows = []
    for rule, score in view.scores.items():
        for corpus in ("all", *(score.predictions.corpora if len(score.predictions.corpora) > 1 else ())):
            part = score.predictions if corpus == "all" else score.predictions.of(corpus)
            cells: list[float] = []
            for metric in SHOWN:
                cells += [metrics.value(part, metric), *metrics.interval(part, metric)]
            rows.append((rule, "yes" if score.honest else "NO", corpus, *cells))
    heads = [Column(title=f"{name}{bound}") for name in SHOWN.values() for bound in ("", " low", " high")]
    honest = Column(title="honest", hint="no held-out clip had a part in the choice or in anything fitted")
    columns: tuple[Column | str, ...] = ("rule", honest, "corpus", *heads)
    tones: tuple[Tone, ...] = tuple("bad" if row[1] == "NO" else "good" for row in rows)
    caption = f"Pooled over all folds, of {view.num_scored} trials; low and high are a 95 % interval from a bootstrap over subjects."
    return Table(title="Scores by rule", columns=columns, rows=tuple(rows), tones=tones, caption=caption)


def _figure(view: SweepView) -> Iterator[Figure]:
    rules = list(view.scores)
    values = [score.value("uf1") for score in view.scores.values()]
    bounds = [metrics.interval(score.predictions, "uf1") for score in view.scores.values()]
    low, high = ([bound[end] for bound in bounds] for end in (0, 1))
    paper = {target.source or "printed": target.value for target in printed(view) if (target.metric, target.corpus) == ("uf1", "all")}
    yield Figure(
        figure=figures.scores_by_rule(rules, values, low, high, "UF1", paper),
        caption="UF1 of the same trials by each rule, with 95 % intervals over subjects"
        + (f"; diamonds are printed: {', '.join(f'{value:.4f} in {source}' for source, value in paper.items())}." if paper else "."),
    )


def _differences(scores: Mapping[str, Score]) -> Table:
    rows = []
    for first, second, meaning in PAIRS:
        if first in scores and second in scores:
            difference, low, high, p = metrics.paired_difference(scores[first].predictions, scores[second].predictions, "uf1")
            rows.append((f"{first} - {second}", difference, low, high, p, meaning))
    columns: tuple[Column | str, ...] = (
        "difference",
        *(Column(title=name, form="+.4f") for name in ("UF1", "low", "high")),
        Column(title="p", form=".3f"),
        "is",
    )
    caption = "On the same clips, resampled by the same subjects; p is two-sided."
    return Table(title="Differences", columns=columns, rows=tuple(rows), caption=caption)


def _explanations(view: SweepView) -> Table:
    told = [(rule, view.scores[rule].explanation if rule in view.scores else view.reasons.get(rule, "No score.")) for rule in RULES]
    return Table(title="How each rule chose", columns=("rule", "setting and epoch"), rows=tuple(told))


def _cloud(view: SweepView) -> Iterator[Block]:
    whole = np.flatnonzero((view.state == "complete") & np.isfinite(view.inner_score))
    if len(whole) < 3:
        return
    held_out = held_out_uf1(view, whole)
    inner = view.inner_score[whole]
    names = [view.trial_name(int(index)) for index in view.index[whole]]
    optimism = float(inner.max() - held_out[inner.argmax()])
    yield Figure(
        title="Does the inner score tell the truth?",
        figure=figures.inner_and_held_out(inner, held_out, names),
        caption=f"Every complete setting. The one with the best inner score has {optimism:+.4f} more there than on held-out subjects: "
        "the best of many is the luckiest, too. Whoever picks a setting by its height in this figure is an oracle.",
    )
    if np.ptp(inner) > 0 and np.ptp(held_out) > 0:
        related = float(np.corrcoef(inner, held_out)[0, 1])
        yield Text(text=f"Correlation of the two over {len(whole)} settings: {related:+.2f}.")


def held_out_uf1(view: SweepView, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """(len(rows),) UF1 of complete trials, pooled over all held-out clips at the last epoch."""
    classes = len(view.header.classes)
    return np.array([float(metrics.uf1(metrics.count(view.truth, view.predicted[row], classes))) for row in rows])
