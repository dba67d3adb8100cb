"""Clip figures: a clip's images, flow, attention, saliency and probabilities, drawn with Plotly.

Images are embedded as PNG, so that a strip of eight costs kilobytes. Shapes: T images, H x W pixels, K classes, E evaluated epochs.
"""

import base64
from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

_TOOLS = ["zoom", "pan", "zoomIn", "zoomOut", "resetScale", "toImage", "select", "lasso", "autoScale"]
"""Of Plotly's, which pictures have no use for."""
_LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"}
COLUMNS = 8
"""At most so many images of a clip are shown, evenly spaced."""
TITLE_PX = 34
LARGEST_PX = 240
"""Images are shrunk to this side: more is not seen in a strip."""
BLUE, ORANGE, GREEN, RED, PINK, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#777777"
PALETTE = (BLUE, ORANGE, GREEN, PINK, RED, "#56b4e9", "#b8a900", GREY)
"""Colours that the colour-blind tell apart (Okabe and Ito), one per class; the yellow is darkened to be seen on white."""


class Row(NamedTuple):
    """One line of a strip."""

    name: str
    images: np.ndarray
    """uint8 (T, H, W) or RGB (T, H, W, 3)."""


def shown(length: int) -> np.ndarray:
    """Which of so many images stand in a strip: the first and the last are among them."""
    return np.unique(np.linspace(0, length - 1, min(COLUMNS, length)).round().astype(int))


def strip(rows: Sequence[Row]) -> go.Figure:
    """Rows of images over time; of a clip that is one image, its views side by side."""
    if all(len(row.images) == 1 for row in rows):
        return _grid([[row.images[0] for row in rows]], columns=[row.name for row in rows], lines=[""])
    lines = [[row.images[t] for t in shown(len(row.images))] for row in rows]
    width = max(map(len, lines))
    longest = max((row.images for row in rows), key=len)
    columns = [f"{t + 1} of {len(longest)}" for t in shown(len(longest))]
    return _grid([line + [None] * (width - len(line)) for line in lines], columns=columns, lines=[row.name for row in rows])


def _grid(cells: Sequence[Sequence[np.ndarray | None]], *, columns: Sequence[str], lines: Sequence[str]) -> go.Figure:
    figure = make_subplots(
        rows=len(cells), cols=len(cells[0]), column_titles=list(columns), horizontal_spacing=0.008, vertical_spacing=0.03 / len(cells)
    )
    for r, line in enumerate(cells, start=1):
        for c, image in enumerate(line, start=1):
            if image is not None:
                figure.add_trace(go.Image(source=data_uri(image), hoverinfo="skip"), row=r, col=c)
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, constrain="domain")
    for r, name in enumerate(lines, start=1):
        if name:
            figure.update_yaxes(
                visible=True, showticklabels=False, showgrid=False, zeroline=False, showline=False, title_text=name, row=r, col=1
            )  # fmt: skip
    first = next(image for image in cells[0] if image is not None)
    shape = {
        "rows": len(cells),
        "columns": len(cells[0]),
        "aspect": first.shape[0] / first.shape[1],
    }  # the page makes it as high as it fits
    figure.update_layout(meta=shape, margin={"l": 40, "r": 8, "t": TITLE_PX, "b": 8}, dragmode=False, modebar={"remove": _TOOLS})
    return figure


def data_uri(image: np.ndarray) -> str:
    """A uint8 gray or RGB image as a PNG in an address."""
    factor = LARGEST_PX / max(image.shape[:2])
    if factor < 1:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    encoded = cv2.imencode(".png", image if image.ndim == 2 else image[..., ::-1])[1]
    return f"data:image/png;base64,{base64.b64encode(encoded.tobytes()).decode()}"


def heat(maps: np.ndarray) -> np.ndarray:
    """(T, H, W), at least 0 -> RGB uint8 (T, H, W, 3): white at 0, dark red at the clip's largest."""
    share = (maps / max(float(maps.max()), np.finfo(np.float32).tiny))[..., None]
    stops = np.array([[255, 255, 255], [253, 187, 132], [227, 74, 51], [127, 0, 0]], np.float64)
    place = share * (len(stops) - 1)
    low = np.minimum(place.astype(int), len(stops) - 2)
    colours = stops[low[..., 0]] + (place - low) * (stops[low[..., 0] + 1] - stops[low[..., 0]])
    return np.rint(colours).astype(np.uint8)


def arrays(channels: Sequence[tuple[str, np.ndarray]]) -> go.Figure:
    """Single channels (H, W) of one image as numbers to be read off: blue and red around 0, or from the lowest to the highest value."""
    titles = [name for name, _ in channels] + [""] * (3 - len(channels))  # few are drawn no larger than three
    figure = make_subplots(rows=1, cols=len(titles), column_titles=titles, horizontal_spacing=0.08)
    for column, (name, values) in enumerate(channels, start=1):
        signed, number = float(values.min()) < 0, str(column) if column > 1 else ""
        figure.add_trace(
            go.Heatmap(
                z=np.round(values.astype(np.float64), 4), name=name, colorscale="RdBu_r" if signed else "Cividis",
                zmid=0 if signed else None, hovertemplate="x %{x}, y %{y}: %{z}<extra></extra>",
                colorbar={"len": 0.95, "thickness": 8, "x": figure.layout[f"xaxis{number}"].domain[1] + 0.005, "xanchor": "left"},
            ), row=1, col=column,
        )  # fmt: skip
        figure.update_yaxes(scaleanchor=f"x{number}", row=1, col=column)
    figure.update_yaxes(autorange="reversed", visible=False, constrain="domain")
    figure.update_xaxes(visible=False, constrain="domain", constraintoward="right")  # beside its colours
    figure.update_layout(height=320, margin={"l": 8, "r": 56, "t": TITLE_PX, "b": 8}, modebar={"remove": _TOOLS})
    return figure


def descriptor(values: np.ndarray) -> go.Figure:
    """A descriptor's numbers (D,) in their order."""
    figure = go.Figure(go.Scatter(y=np.round(values.astype(np.float64), 5), mode="lines", line={"color": BLUE, "width": 1}))
    figure.update_layout(height=240, xaxis_title="number of the feature", yaxis_title="value")
    return figure


def weights(temporal: np.ndarray) -> go.Figure:
    """The weight (T,) of every image; dashed: what each would have if all counted alike."""
    place = np.arange(1, len(temporal) + 1)
    figure = go.Figure(go.Bar(x=place, y=temporal, marker_color=BLUE, hovertemplate="image %{x}: %{y:.4f}<extra></extra>"))
    figure.add_hline(y=1 / len(temporal), line={"color": GREY, "dash": "dash", "width": 1})
    figure.update_layout(height=240, xaxis={"title": "image of the clip", "dtick": 1 if len(place) <= 24 else None}, yaxis_title="weight")
    return figure


def epochs(evaluated: Sequence[int], probabilities: np.ndarray, classes: Sequence[str], truth: int, chosen: int) -> go.Figure:
    """Held-out probabilities (E, K) of one clip while its fold was trained; the true class is drawn thick."""
    figure = go.Figure()
    for place, name in enumerate(classes):
        line: dict[str, Any] = {"color": PALETTE[place % len(PALETTE)], "width": 3.5 if place == truth else 1.5}
        label = f"{name} (true)" if place == truth else name
        mode = "lines+markers" if len(evaluated) <= 12 else "lines"
        figure.add_trace(go.Scatter(x=list(evaluated), y=probabilities[:, place].round(4), name=label, mode=mode, line=line))
    figure.add_vline(x=chosen, line={"color": GREY, "dash": "dash", "width": 1})
    figure.update_layout(height=300, xaxis_title="epoch", yaxis={"title": "probability", "range": [0, 1.02]})
    figure.update_layout(legend=_LEGEND, margin={"t": 40}, hovermode="x unified")
    return figure


def answers(rules: Sequence[str], probabilities: Sequence[np.ndarray], classes: Sequence[str], truth: int) -> go.Figure:
    """What the setting of each rule says of the clip, as bars that add up to 1."""
    figure = go.Figure()
    for place, name in enumerate(classes):
        shares = [round(float(each[place]), 4) for each in probabilities]
        figure.add_trace(
            go.Bar(
                y=list(rules), x=shares, orientation="h", name=f"{name} (true)" if place == truth else name,
                marker={"color": PALETTE[place % len(PALETTE)]}, text=[f"{share:.2f}" if share >= 0.08 else "" for share in shares],
                textposition="inside", insidetextanchor="middle", hovertemplate="%{y}: %{x:.4f}<extra>" + name + "</extra>",
            )
        )  # fmt: skip
    figure.update_layout(
        barmode="stack", height=120 + 40 * len(rules), xaxis={"title": "probability", "range": [0, 1]}, yaxis={"autorange": "reversed"},
        legend=_LEGEND, margin={"t": 40},
    )  # fmt: skip
    return figure
