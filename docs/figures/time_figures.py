"""Figures of the steps that work along time: interpolation, magnification, apex, frame subsets."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from docs.figures.material import Scale, clip, frames, person
from docs.figures.style import BLUE, GREEN, GREY, ORANGE, RED, sheet, show
from preprocessing.steps import apex as spotting
from preprocessing.steps import frame_subsets as subsets
from preprocessing.steps import interpolation as interpolating
from preprocessing.steps.magnification import magnify
from preprocessing.steps.thumbnails import gray_thumbnails
from preprocessing.synthesis import faces
from preprocessing.synthesis.clips import SyntheticClip

_ALPHAS = (8.0, 14.0)


def brow(of: SyntheticClip, scale: Scale) -> tuple[int, slice]:
    """(column, rows): a line of pixels across a brow, where ``surprise`` moves most."""
    x, y = faces.landmarks(of.identity, scale.camera)[17:20].mean(axis=0).astype(int)
    half = max(scale.camera.face_width // 12, 6)
    return int(x), slice(int(y) - half, int(y) + half)


def slices(stack: np.ndarray, column: int, rows: slice) -> np.ndarray:
    """One column of pixels of each frame (T, H, W[, 3]), side by side: (rows, T[, 3])."""
    return stack[:, rows, column].swapaxes(0, 1)


def interpolation(scale: Scale) -> Figure:
    """One column of pixels over time, as filmed, and as both methods have it; the same for one pixel as a curve."""
    num_given, num_wanted = 10, 30
    shown = clip(person("collins"), "surprise", amplitude_px=6.0, num_frames=num_given)
    filmed = frames(shown, scale.camera)
    column, rows = brow(shown, scale)
    strip = filmed[:, rows, column : column + 1].mean(axis=3)
    made = {"linear": interpolating.linear(strip, num_wanted), "TIM": interpolating.tim(strip, num_wanted)}
    figure, axes = sheet(1, 4, 2.7, width_ratios=(1, 1, 1, 1.7))
    for panel, (name, stack) in zip(axes[0], {f"filmed, {num_given} frames": strip, **made}.items(), strict=False):
        show(panel, slices(stack, 0, slice(None)), name, aspect="auto", interpolation="nearest", vmin=strip.min(), vmax=strip.max())
    at = int(np.ptp(strip[..., 0], axis=0).argmax())
    positions = np.linspace(0, num_given - 1, num_wanted)
    axes[0, 3].plot(strip[:, at, 0], "o", color=GREY, label="filmed")
    for (name, stack), colour in zip(made.items(), (BLUE, RED), strict=True):
        axes[0, 3].plot(positions, stack[:, at, 0], ".-", color=colour, linewidth=1, markersize=3, label=name)
    axes[0, 3].set(xlabel="filmed frame", ylabel="grey level", title="the pixel that changes most")
    axes[0, 3].legend(frameon=False)
    return figure


def magnification(scale: Scale) -> Figure:
    """Onset, apex, and the apex magnified; below, one column of pixels over time."""
    shown = clip(person("hopper"), "surprise", amplitude_px=1.0, num_frames=scale.num_frames)
    filmed = frames(shown, scale.camera)
    stacks = [filmed, filmed, *(magnify(filmed, alpha=alpha) for alpha in _ALPHAS)]
    column, rows = brow(shown, scale)
    titles = ("onset", "apex, 1 px", *(f"apex, alpha = {alpha:g}" for alpha in _ALPHAS))
    figure, axes = sheet(2, 4, 4.6, height_ratios=(2.6, 1))
    for at, (stack, title) in enumerate(zip(stacks, titles, strict=True)):
        show(axes[0, at], stack[shown.apex if at else 0], title)
        axes[0, at].plot([column] * 2, [rows.start, rows.stop], color=ORANGE, linewidth=1.5)
        if at:
            show(axes[1, at], slices(stack, column, rows), "the orange line over time", aspect="auto")
    _course(axes[1, 0], stacks[1:], (1.0, *_ALPHAS), column, rows)
    return figure


def _course(panel: Axes, stacks: list[np.ndarray], alphas: tuple[float, ...], column: int, rows: slice) -> None:
    """How the mean grey level of the line's pixels departs from the onset."""
    for stack, alpha, colour in zip(stacks, alphas, (GREY, BLUE, RED), strict=True):
        line = slices(stack, column, rows).mean(axis=2)
        change = np.abs(line - line[:, :1]).mean(axis=0)
        panel.plot(change, color=colour, label="filmed" if colour == GREY else f"{alpha:g}")
    panel.set(xlabel="frame", title="mean change, grey levels", ylim=(0, None))
    panel.legend(frameon=False, handlelength=1, borderpad=0)


def apex(scale: Scale) -> Figure:
    """The curve that is searched, for a strong clip and a weak one."""
    figure, axes = sheet(1, 2, 2.8)
    for panel, amplitude in zip(axes[0], (1.5, 0.25), strict=True):
        shown = clip(person("collins"), "others", amplitude_px=amplitude, num_frames=scale.num_frames)
        filmed = frames(shown, scale.camera)
        _spread(panel, filmed, (10, 8), BLUE)
        _spread(panel, filmed, None, GREY)
        panel.axvspan(np.floor(len(filmed) * 0.2) - 1, np.ceil(len(filmed) * 0.7) - 1, color=ORANGE, alpha=0.15, label="window")
        panel.axvline(shown.apex, color=GREEN, label=f"true apex, {shown.apex}")
        panel.axvline(found := spotting.spot(filmed), color=RED, linestyle="--", label=f"spotted, {found}")
        panel.set(xlabel="frame", ylabel="std of I(t) - I(0), scaled", title=f"largest motion {amplitude} px", ylim=(0, 1.05))
    axes[0, 1].legend(frameon=True, loc="lower right")
    return figure


def _spread(panel: Axes, filmed: np.ndarray, size: tuple[int, int] | None, colour: str) -> None:
    gray = gray_thumbnails(filmed, size)
    spread = (gray - gray[0]).std(axis=(1, 2))
    panel.plot(spread / spread.max(), color=colour, label="full size" if size is None else f"{size[0]} x {size[1]} pixels")


def frame_subsets(scale: Scale) -> Figure:
    """Which frames of a clip each copy keeps."""
    num_frames, key = max(scale.num_frames, 20), "casme2/sub02/EP01_12"
    figure, axes = sheet(1, 1, 1.9)
    for row, percent in enumerate(subsets.PERCENTS):
        kept = subsets.kept_frames(num_frames, percent, seed=0, key=key)
        axes[0, 0].plot(kept, np.full(len(kept), row), "s", color=BLUE, markersize=5)
    labels = [f"{percent} %" for percent in subsets.PERCENTS]
    axes[0, 0].set(yticks=range(len(labels)), yticklabels=labels, xlabel=f"kept frames of {key}", ylim=(len(labels) - 0.5, -0.5))
    return figure
