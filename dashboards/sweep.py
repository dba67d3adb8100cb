"""Sweep: what happened. Trials over time, what was stopped and saved, what mattered, the leaderboard; live while it runs."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import numpy as np

from dashboards import addresses, figures
from dashboards.axes import axes, score_axis
from dashboards.importance import LEAST, against_best, importances
from dashboards.listing import moment
from dashboards.page import Block, Callout, Cell, Column, Figure, Link, Page, Table, Text, Tone
from dashboards.sweep_view import INTERRUPTED, LIVE_S, SweepView
from search_spaces.recipe import Plain

LEAD = "What was tried, what came of it on inner subjects, and what was stopped early."
LEADERS, NUM_AXES = 15, 8
LISTED = 300
"""Rows of the long table: a browser takes a second for each 2,000."""
AGAINST = "against the best"
HEADS = (
    "trial", "state", Column(title="inner UF1", hint="pooled over the inner clips of all folds: what the search maximises"),
    Column(title=AGAINST, form="+.4f", hint="mean inner UF1 less the best setting's on the same folds, so that stopped trials compare"),
    "folds", Column(title="training", hint="seconds of all its folds together"), Column(title="took", hint="from its start to its end"),
    "settings", "why", "held-out", "MLflow",
)  # fmt: skip
WHY = HEADS.index("why")
"""Of stopped and failed trials only."""


def sweep(view: SweepView) -> Page:
    """The page of one sweep."""
    blocks: list[Block] = [_summary(view), *_making(view), *_running(view)]
    if len(view.index):
        scores = against_best(view)
        shares = importances(view)
        blocks += [_over_time(view), *_savings(view), *_importance(view, shares), *_parallel(view, scores, shares)]
        blocks += [*_leaderboard(view, scores)]
    blocks.append(_facts(view))
    title = "Sweep" if view.listed.searched else "Reproduction"
    return Page(name="sweep", title=title, lead=LEAD, blocks=tuple(blocks), refresh_s=LIVE_S if view.live else None)


def _summary(view: SweepView) -> Callout:
    counts = {kind: int((view.state == kind).sum()) for kind in figures.STATES}
    told = ", ".join(f"{number} {figures.SAYS[kind]}" for kind, number in counts.items() if number)
    parts = [f"{view.num_settled} trials have settled ({told or 'none complete yet'})."]
    whole = np.flatnonzero(np.isfinite(view.inner_score))
    if len(whole):
        best = whole[view.inner_score[whole].argmax()]
        parts.append(f"Best on inner subjects: {view.trial_name(int(view.index[best]))} with UF1 {view.inner_score[best]:.4f}.")
    if "nested" in view.scores:
        says = "The number to publish is the nested one" if view.listed.status == "FINISHED" else "Nested, of the trials so far"
        parts.append(f"{says}: UF1 {view.scores['nested'].value():.4f}; see Honesty.")
    tones: dict[str, Tone] = {"FINISHED": "good", INTERRUPTED: "warn", "KILLED": "warn", "FAILED": "bad"}
    broken = {
        INTERRUPTED: "Interrupted: its driver died. The same command again resumes it.",
        "KILLED": "Killed. The same command again resumes it.",
    }
    status = view.listed.status
    return Callout(title=broken.get(status, f"{status.capitalize()}."), text=" ".join(parts), tone=tones.get(status, "plain"))


def _making(view: SweepView) -> Iterator[Callout]:
    lacking = view.num_settled - len(view.index)
    if lacking > 0:
        yield Callout(tone="warn", text=f"{lacking} settled trials are not shown yet: their summary is being made from the ledger.")


def _running(view: SweepView) -> Iterator[Table]:
    rows = tuple(
        (trial.index, "not known" if trial.folds_done is None else f"{trial.folds_done} of {view.num_folds}", moment(trial.started),
         _settings(trial.settings))
        for trial in view.running
    )  # fmt: skip
    if rows:
        yield Table(title="Running now", columns=("trial", "folds trained", "since", "settings"), rows=rows)


def _over_time(view: SweepView) -> Figure:
    ends = [view.times.get(int(index), (None, None))[1] for index in view.index]
    timed = all(end is not None for end in ends)
    x = [end.astimezone().replace(tzinfo=None) for end in ends if end is not None] if timed else [int(index) for index in view.index]
    shown = np.where(np.isfinite(view.inner_score), view.inner_score, _mean_inner(view))
    names = [f"{view.trial_name(int(index))}: {_settings(settings)}" for index, settings in zip(view.index, view.settings, strict=True)]
    return Figure(
        title="Trials over time",
        figure=figures.over_time(x, shown, view.state, names, timed=timed),
        caption="Inner UF1 of each setting, pooled over all folds; crosses were stopped early and stand at the mean of the folds they had, "
        "which is of fewer folds and no pooled score.",
    )


def _mean_inner(view: SweepView) -> np.ndarray:
    """(T,) mean over the folds that were trained; NaN where none was."""
    some = np.isfinite(view.inner)
    total = np.where(some, view.inner, 0).sum(axis=1)
    return np.divide(total, some.sum(axis=1), out=np.full(len(total), np.nan), where=some.any(axis=1))


def _savings(view: SweepView) -> Iterator[Figure]:
    if not view.listed.searched:
        return
    stopped = view.state == "pruned"
    planned = len(view.index) * view.num_folds
    saved = int((view.num_folds - view.folds_done[stopped]).sum())
    seconds = float(np.nansum(view.wall_s)) / max(1, int(view.folds_done.sum())) * saved
    text = f"Stopping early saved {saved:,} of {planned:,} folds ({saved / planned:.0%}), about {_duration(seconds)} of training."
    figure = figures.folds_trained(view.index, view.folds_done, view.state, view.num_folds)
    yield Figure(title="Stopped trials", figure=figure, caption=text)


def _importance(view: SweepView, shares: dict[str, float]) -> Iterator[Block]:
    if shares:
        yield Figure(
            title="Which hyperparameters mattered",
            figure=figures.bars(list(shares), list(shares.values()), "share of the importance"),
            caption="Optuna's PED-ANOVA: how well each dimension alone tells good settings from the rest. Stopped trials count by how "
            "they fared against the best setting on the folds they had. With few trials this is a hint, not a finding.",
        )
    elif view.listed.searched:
        text = f"At least {LEAST} settings that share a dimension and folds with the best one are needed; there are fewer so far."
        yield Text(title="Which hyperparameters mattered", text=text)


def _parallel(view: SweepView, scores: np.ndarray, shares: dict[str, float]) -> Iterator[Figure]:
    rows = [row for row in np.flatnonzero(np.isfinite(scores)) if view.settings[row]]
    names = [*shares, *(name for name in view.distributions if name not in shares)][:NUM_AXES]
    if len(rows) < 2 or not names:
        return
    drawn = axes(names, [view.settings[row] for row in rows], view.distributions)
    yield Figure(
        title="Parallel coordinates",
        figure=figures.parallel([*drawn, score_axis(AGAINST, scores[rows])], scores[rows], AGAINST),
        caption=f"One line per setting, over the {len(names)} dimensions that mattered most; drag along an axis to choose. Colour and "
        "last axis: mean inner UF1 less the best setting's on the same folds. A dash: the dimension did not apply.",
    )


def _leaderboard(view: SweepView, scores: np.ndarray) -> Iterator[Table]:
    rank = sorted(range(len(view.index)), key=lambda row: (np.isnan(view.inner_score[row]), -np.nan_to_num(view.inner_score[row]), row))
    rows = [_row(view, row, scores[row]) for row in rank[:LISTED]]
    caption = "Ranked on inner subjects. The best of many is partly luck: see Honesty for what it is worth on held-out ones."
    leaders = tuple(row[:WHY] + row[WHY + 1 :] for row in rows if row[1] == figures.SAYS["complete"])[:LEADERS]
    yield Table(title="Leaderboard", columns=HEADS[:WHY] + HEADS[WHY + 1 :], rows=leaders, caption=caption)
    if len(rows) > len(leaders):
        title = "All trials" if len(rank) <= LISTED else f"The first {LISTED} trials"
        caption = "" if len(rank) <= LISTED else f"{len(rank) - LISTED:,} more are in MLflow and in Optuna's dashboard."
        yield Table(title=title, columns=HEADS, rows=tuple(rows), caption=caption, folded=True)


def _row(view: SweepView, row: int, score: float) -> tuple[Cell, ...]:
    index = int(view.index[row])
    start, end = view.times.get(index, (None, None))
    spent = float(np.nansum(view.wall_s[row]))
    return (
        view.trial_name(index), figures.SAYS[view.state[row]], float(view.inner_score[row]), float(score),
        f"{view.folds_done[row]}/{view.num_folds}", _duration(spent), _duration((end - start).total_seconds()) if start and end else None,
        _settings(view.settings[row]), view.reason[row],
        Link(text="subjects", url=addresses.sweep(view.name, "subjects", trial=index)) if view.folds_done[row] else None,
        Link(text="run", url=addresses.run(view.name, index)) if view.listed.run_id else None,
    )  # fmt: skip


def _facts(view: SweepView) -> Table:
    tags, header = {**view.listed.tags, **view.header.tags}, view.header
    commit = view.listed.tags.get("mlflow.source.git.commit")
    facts: list[tuple[Cell, ...]] = [
        ("model and corpus", f"{header.model} on {header.corpus}"),
        ("protocol", f"{tags.get('protocol', '')}, {view.num_folds} folds, {len(view.clips)} clips"),
        ("classes", ", ".join(header.classes)),
        ("sampler, stopping", f"{tags.get('sampler', '')}, {tags.get('stopping', 'none')}"),
        ("seed", str(header.seed)),
        ("data digest", header.data_digest[:12]),
        ("code version", tags.get("code_version", "")[:12] + (f", commit {commit[:12]}" if commit else "")),
        ("started, ended", f"{moment(view.listed.started) or '–'}, {moment(view.listed.ended) or '–'}"),
        ("left out", tags.get("left_out") or "no clip"),
    ]
    if view.listed.run_id:
        facts.append(("MLflow", Link(text="the sweep's run", url=addresses.run(view.name))))
    return Table(title="What this is", columns=("", " "), rows=tuple(facts))


def _settings(settings: Mapping[str, Plain]) -> str:
    """``lr=0.00012, loss.kind=focal``; what the paper's point is called."""
    told = ", ".join(f"{name.removeprefix('training.')}={_short(value)}" for name, value in settings.items())
    return told or "the paper's own"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))
