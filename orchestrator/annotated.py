"""Annotated picture of a prediction: the face, its flow, where and when the network looks, and the answer with its spread.

Drawn without pyplot, so that no global state is left behind; importing this imports no matplotlib. Shapes: T images, H x W pixels, F folds,
K classes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.attention_figures import BLUE, COLUMNS, flow_colours, overlay
from orchestrator.prediction import Answer, Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGE_IN, WIDTH_IN, BAR_IN = 1.3, 9.0, 0.34
LONGEST = 0.99


@dataclass(frozen=True, kw_only=True, eq=False)
class Pictures:
    """What is to be seen of a clip at T moments, an image of each kind that is not None."""

    moments: np.ndarray
    """(T,) which of the images that the network sees, from 0."""
    frames: np.ndarray | None
    """RGB uint8 (T, H, W, 3): the face in the frames that the flow leads to."""
    flow: np.ndarray | None
    """(T, 2, H, W), in any unit."""
    flow_name: str
    is_seen: bool
    """Whether the network sees the face like this; a mosaic of its regions, say, cannot be laid over it."""


def moments(num_images: int) -> np.ndarray:
    """Those that are drawn: at most ``COLUMNS``, evenly spaced."""
    return np.unique(np.linspace(0, num_images - 1, min(COLUMNS, num_images)).round().astype(int))


def save(path: Path, pictures: Pictures, look: Look, answer: Answer, classes: tuple[str, ...], *, title: str, where_name: str) -> None:
    """Write the picture as PNG."""
    figure = draw(pictures, look, answer, classes, title=title, where_name=where_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def draw(pictures: Pictures, look: Look, answer: Answer, classes: tuple[str, ...], *, title: str, where_name: str) -> "Figure":
    """A row for each kind of image and a column for each moment; one moment alone is drawn in one row. Below, when, and the answer."""
    from matplotlib.figure import Figure

    kinds, shown = _kinds(pictures, look, where_name), pictures.moments
    one = len(shown) == 1
    rows, columns = (1, max(1, len(kinds))) if one else (len(kinds), len(shown))
    heights = [IMAGE_IN * (2 if one else 1)] * (rows if kinds else 0) + [IMAGE_IN] * (look.when is not None) + [0.6 + BAR_IN * len(classes)]
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + 0.4), layout="constrained")
    grid = figure.add_gridspec(len(heights), columns, height_ratios=heights)
    for row, (name, images) in enumerate(kinds):
        for column, t in enumerate(shown):
            axes = figure.add_subplot(grid[(0, row) if one else (row, column)])
            axes.imshow(images[column])
            axes.set(xticks=[], yticks=[])
            if one:
                axes.set_title(name, fontsize=9)
            else:
                axes.set(title=f"t = {t + 1}" if row == 0 else "", ylabel=name if column == 0 else "")
    if look.when is not None:
        _when(figure.add_subplot(grid[-2, :]), look.when)
    _answer(figure.add_subplot(grid[-1, :]), answer, classes)
    figure.suptitle(title, fontsize=10)
    return figure


def _kinds(pictures: Pictures, look: Look, where_name: str) -> list[tuple[str, np.ndarray]]:
    """(name, RGB in [0, 1] (T, H, W, 3)) of every kind of image that there is."""
    kinds = []
    if pictures.frames is not None:
        kinds.append(("face", pictures.frames / 255))
    if pictures.flow is not None:
        kinds.append((pictures.flow_name, flow_colours(_shortened(pictures.flow))))
    if look.where is not None:
        where = look.where[pictures.moments]
        under = kinds[0][1] if kinds and pictures.is_seen else np.ones((*where.shape, 3))
        kinds.append((where_name, overlay(under, where[:, None])))
    return kinds


def _shortened(flow: np.ndarray) -> np.ndarray:
    """Vectors of at most the 99th percentile's length: a few wild ones at the border would leave all others white."""
    lengths = np.hypot(flow[:, 0], flow[:, 1])[:, None]  # (T, 1, H, W)
    return flow * np.minimum(1, np.quantile(lengths, LONGEST) / np.maximum(lengths, np.finfo(np.float32).tiny))


def _when(axes: Any, weights: np.ndarray) -> None:
    axes.bar(np.arange(1, len(weights) + 1), weights, color=BLUE, alpha=0.6)
    axes.axhline(1 / len(weights), color="#777777", linewidth=0.8, linestyle="--")
    axes.set(xlabel="t (dashed: all alike)", ylabel="temporal\nattention", xlim=(0.4, len(weights) + 0.6), xticks=moments(len(weights)) + 1)
    axes.spines[["top", "right"]].set_visible(False)


def _answer(axes: Any, answer: Answer, classes: tuple[str, ...]) -> None:
    """A bar per class; over it the fold models: a line from least to most, thick between the quartiles."""
    places = np.arange(len(classes))[::-1]
    axes.barh(places, answer.probabilities, height=0.6, color=BLUE, alpha=0.5)
    if len(answer.folds):
        least, quarter, three_quarters, most = np.quantile(answer.folds, (0, 0.25, 0.75, 1), axis=0)
        axes.hlines(places, least, most, color="#222222", linewidth=1)
        axes.hlines(places, quarter, three_quarters, color="#222222", linewidth=4)
    for place, probability in zip(places, answer.probabilities, strict=True):
        axes.text(1.02, place, f"{probability:.2f}", va="center", fontsize=9)
    spread = f"lines: {len(answer.folds)} fold models, least to most, thick between quartiles" if len(answer.folds) else "no fold models"
    axes.set(yticks=places, yticklabels=classes, xlim=(0, 1), xlabel=f"probability ({spread})")
    axes.spines[["top", "right"]].set_visible(False)
