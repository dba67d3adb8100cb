"""Style: what all figures share. Made without pyplot, so that no global state is left behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure

WIDTH_IN = 8.0
RC: dict[Any, Any] = {
    "font.size": 9, "axes.titlesize": 9, "axes.labelsize": 9, "xtick.labelsize": 8, "ytick.labelsize": 8, "legend.fontsize": 8,
    "axes.spines.top": False, "axes.spines.right": False, "figure.constrained_layout.h_pad": 0.03, "figure.constrained_layout.w_pad": 0.03,
}  # fmt: skip
BLUE, ORANGE, GREEN, RED, PINK, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#777777"
"""Colours that the colour-blind tell apart (Okabe and Ito)."""


@contextmanager
def style() -> Iterator[None]:
    """Within it figures look alike, whatever the user's settings are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def sheet(rows: int, columns: int, height_in: float, **options: Any) -> tuple[Figure, np.ndarray]:
    """A figure and its axes (rows, columns)."""
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def show(axes: Axes, image: np.ndarray, title: str = "", **options: Any) -> None:
    """An image without ticks; gray from 0 to 255, RGB as it is, bool from white to black."""
    if image.ndim == 2:
        options = {"cmap": "gray", "vmin": 0, "vmax": 255, **options}
    axes.imshow(image, **options)
    axes.autoscale(False)
    axes.set_title(title)
    axes.set_axis_off()


def flow_colours(flow: np.ndarray, largest: float) -> np.ndarray:
    """(2, H, W) -> RGB in [0, 1]: direction as hue, length as saturation, so that what stands still is white."""
    hue = np.arctan2(flow[1], flow[0]) / (2 * np.pi) % 1
    saturation = np.minimum(np.hypot(*flow) / largest, 1)
    return np.asarray(hsv_to_rgb(np.stack([hue, saturation, np.ones_like(hue)], axis=-1)))


def wheel(axes: Axes, largest: float) -> None:
    """The legend of ``flow_colours``: where a pixel of that colour moves."""
    y, x = np.mgrid[-1:1:101j, -1:1:101j]
    colours = flow_colours(np.stack([x, y]), 1.0)
    colours[np.hypot(x, y) > 1] = 1
    show(axes, colours, f"moves to\nrim: {largest:.2g} px")


def save(figure: Figure, path: Path, dpi: int) -> None:
    """PNG, or JPEG where its name says so; equal figures give equal bytes."""
    if path.suffix == ".jpg":
        figure.savefig(path, dpi=dpi, pil_kwargs={"quality": 84, "optimize": True})
    else:
        figure.savefig(path, dpi=dpi, pil_kwargs={"optimize": True}, metadata={"Software": None})
