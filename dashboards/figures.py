"""Figures: the drawings of the pages, as Plotly figures of plain arrays. Ink and paper are put on by the page that shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

BLUE, GREEN, ORANGE, RED, GREY = "#2f6fd0", "#1f9d61", "#e08a1e", "#cf4436", "#8b95a3"
RULES = {"nested": BLUE, "inner_mean": GREEN, "last_epoch": ORANGE, "oracle": RED}
STATES = {"complete": BLUE, "pruned": GREY, "failed": RED}
SAYS = {"complete": "complete", "pruned": "stopped early", "failed": "failed"}


def blank(x: str, y: str, *, height: int = 380, **layout: Any) -> go.Figure:
    """Named axes and nothing on them."""
    figure = go.Figure()
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    figure.update_layout(template="none", height=height, legend=legend, margin={"t": 40}, **layout)
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y)
    return figure


def over_time(x: Sequence[Any], score: np.ndarray, state: np.ndarray, names: Sequence[str], *, timed: bool) -> go.Figure:
    """Inner scores as trials settled (T,), and the best so far of the complete ones."""
    figure = blank("end of the trial" if timed else "trial", "inner UF1")
    order = sorted(range(len(x)), key=lambda place: x[place])
    for kind, colour in STATES.items():
        rows = [place for place in order if state[place] == kind and np.isfinite(score[place])]
        if rows:
            symbol = "circle" if kind == "complete" else "x-thin-open"
            figure.add_scatter(
                x=[x[row] for row in rows], y=score[rows], mode="markers", name=SAYS[kind], text=[names[row] for row in rows],
                hovertemplate="%{text}<br>%{y:.4f}<extra></extra>", marker={"color": colour, "size": 9, "symbol": symbol},
            )  # fmt: skip
    whole = [place for place in order if state[place] == "complete"]
    if whole:
        best = np.maximum.accumulate(score[whole])
        line = {"color": GREEN, "shape": "hv", "width": 2}
        figure.add_scatter(x=[x[row] for row in whole], y=best, mode="lines", name="best so far", line=line, hoverinfo="skip")
    return figure


def folds_trained(index: np.ndarray, done: np.ndarray, state: np.ndarray, num_folds: int) -> go.Figure:
    """How many folds each trial (T,) was given before it was stopped."""
    figure = blank("trial", "folds trained", height=260, bargap=0.05, barmode="overlay")
    for kind, colour in STATES.items():
        rows = np.flatnonzero(state == kind)
        if len(rows):
            figure.add_bar(x=index[rows], y=done[rows], name=SAYS[kind], marker={"color": colour, "line": {"width": 0}})
    figure.add_hline(y=num_folds, line={"color": GREY, "dash": "dot"})
    return figure


def bars(names: Sequence[str], values: Sequence[float], x: str) -> go.Figure:
    """Named shares, the largest on top."""
    figure = blank(x, "", height=max(220, 60 + 26 * len(names)))
    figure.add_bar(x=list(reversed(values)), y=list(reversed(names)), orientation="h", marker={"color": BLUE})
    figure.update_traces(hovertemplate="%{y}: %{x:.3f}<extra></extra>")
    return figure


def parallel(axes: Sequence[Mapping[str, Any]], colour: np.ndarray, title: str) -> go.Figure:
    """Parallel coordinates: one line per trial over axes as Plotly's ``Parcoords`` takes them, coloured by (T,)."""
    figure = go.Figure(
        go.Parcoords(
            dimensions=[dict(axis) for axis in axes],
            line={"color": colour, "colorscale": "Viridis", "showscale": True, "colorbar": {"title": {"text": title, "side": "right"}}},
            labelangle=-18,
            labelside="top",
        )
    )
    figure.update_layout(template="none", height=460, margin={"t": 110, "l": 70, "r": 40, "b": 30})
    return figure


def scores_by_rule(rules: Sequence[str], values: Sequence[float], low: Sequence[float], high: Sequence[float], metric: str,
                   printed: Mapping[str, float]) -> go.Figure:  # fmt: skip
    """A point with its interval per rule, and the printed numbers (label -> value) as lines."""
    figure = blank(metric, "", height=120 + 55 * len(rules) + 20 * len(printed))
    for name, value, least, most in zip(rules, values, low, high, strict=True):
        figure.add_scatter(
            x=[value], y=[name], mode="markers", name=name, showlegend=False, marker={"color": RULES.get(name, GREY), "size": 13},
            error_x={"type": "data", "symmetric": False, "array": [most - value], "arrayminus": [value - least], "thickness": 2},
            hovertemplate=f"{name} %{{x:.4f}} ({least:.4f} to {most:.4f})<extra></extra>",
        )  # fmt: skip
    for label, value in printed.items():
        figure.add_scatter(
            x=[value], y=["printed"], mode="markers", name=label, marker={"symbol": "diamond-open", "size": 12, "color": GREY},
            hovertemplate=f"{label} %{{x:.4f}}<extra></extra>", showlegend=False,
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    return figure


def inner_and_held_out(inner: np.ndarray, held_out: np.ndarray, names: Sequence[str]) -> go.Figure:
    """One point per complete trial (T,): what the search sees, and what came of it."""
    figure = blank("inner UF1 (what the search sees)", "held-out UF1 (what came of it)")
    least, most = float(min(inner.min(), held_out.min())), float(max(inner.max(), held_out.max()))
    figure.add_scatter(x=[least, most], y=[least, most], mode="lines", name="equal", line={"color": GREY, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=inner, y=held_out, mode="markers", name="setting", text=list(names), marker={"color": BLUE, "size": 9},
        hovertemplate="%{text}<br>inner %{x:.4f}, held-out %{y:.4f}<extra></extra>",
    )  # fmt: skip
    return figure


def subjects(names: Sequence[str], shares: np.ndarray, others: np.ndarray, counts: Sequence[int], rule: str) -> go.Figure:
    """Per held-out subject the share of clips recognised: by the rule, and over all settings."""
    figure = blank("", "clips recognised", height=420, barmode="overlay")
    figure.add_bar(
        x=list(names), y=shares, name=rule, marker={"color": BLUE}, customdata=list(counts),
        hovertemplate="%{x}<br>%{y:.0%} of %{customdata} clips<extra></extra>",
    )  # fmt: skip
    marker = {"color": ORANGE, "symbol": "line-ew-open", "size": 8, "line": {"width": 3}}
    figure.add_scatter(x=list(names), y=others, mode="markers", name="mean over all settings", marker=marker)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    figure.update_xaxes(tickangle=-60, tickfont={"size": 10})
    return figure


def confusion(matrix: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """(K, K) counts or shares, rows actual: colour is the share of the row."""
    total = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, total, out=np.zeros(matrix.shape), where=total > 0)
    whole = bool(np.all(matrix == np.round(matrix)))
    text = [[f"{int(cell)}<br>{share:.0%}" if whole else f"{share:.0%}" for cell, share in zip(*rows, strict=True)]
            for rows in zip(matrix, shares, strict=True)]  # fmt: skip
    figure = blank("predicted", "actual", height=150 + 70 * len(labels))
    figure.add_heatmap(
        z=shares, x=list(labels), y=list(labels), text=text, texttemplate="%{text}", colorscale="Blues", zmin=0, zmax=1, showscale=False,
        hovertemplate="actual %{y}, predicted %{x}: %{z:.1%}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    return figure


def curves(folds: Mapping[str, np.ndarray]) -> go.Figure:
    """Training loss by epoch, a line per fold (E,), and their median."""
    figure = blank("epoch", "training loss")
    for name, loss in folds.items():
        figure.add_scatter(
            x=np.arange(1, len(loss) + 1), y=loss, mode="lines", name=name, showlegend=False, line={"color": GREY, "width": 1},
            opacity=0.5, hovertemplate=f"{name}<br>epoch %{{x}}: %{{y:.4f}}<extra></extra>",
        )  # fmt: skip
    longest = max(map(len, folds.values()))
    padded = np.full((len(folds), longest), np.nan)
    for row, loss in enumerate(folds.values()):
        padded[row, : len(loss)] = loss
    median = np.nanmedian(padded, axis=0)
    figure.add_scatter(x=np.arange(1, longest + 1), y=median, mode="lines", name="median", line={"color": BLUE, "width": 3})
    return figure
