"""Figures of synthesis, flow and what is made of flow: strain, colour coding."""

import numpy as np
from matplotlib.figure import Figure

from docs.figures.material import Scale, clip, frames, person
from docs.figures.pairs import Pair, cut, endpoint_error, film
from docs.figures.style import flow_colours, sheet, show, wheel
from preprocessing.steps import colour_coding as coding
from preprocessing.steps import flow as methods
from preprocessing.steps import strain as straining
from preprocessing.steps.resampling import resized
from preprocessing.synthesis import clips

_EMOTIONS = ("happiness", "surprise", "disgust", "repression", "others", "sadness")
_CODES: tuple[tuple[coding.Colour, coding.MagNorm], ...] = (
    ("hsv", "frame_minmax"),
    ("hsv", "clip_minmax"),
    ("hsv", "none"),
    ("hsi", "clip_minmax"),
)


def synthesis(scale: Scale) -> Figure:
    """Six invented people, and how the skin of each has moved at the apex."""
    figure, axes = sheet(2, len(_EMOTIONS) + 1, 3.6, width_ratios=(*[1] * len(_EMOTIONS), 0.6))
    for at, emotion in enumerate(_EMOTIONS):
        shown = clip(f"sub{at + 1:02d}", emotion, amplitude_px=1.0)
        onset = frames(shown, scale.camera)[0]
        show(axes[0, at], onset, f"sub{at + 1:02d}")
        true = clips.true_flow(shown, scale.camera, 1)
        colours = flow_colours(true, scale.camera.scale) * onset.mean(axis=2, keepdims=True) / 255
        show(axes[1, at], colours, f"{emotion}\nAU {shown.action_units}")
    wheel(axes[1, -1], scale.camera.scale)
    axes[0, -1].set_axis_off()
    return figure


def flow(scale: Scale) -> Figure:
    """The true field and each method's, by one scale of colours."""
    both = _smile(scale)
    largest = float(np.hypot(*both.true).max())
    columns = -(-(4 + len(scale.methods)) // 2)
    figure, axes = sheet(2, columns, 3.9)
    panels = iter(axes.flat)
    show(next(panels), both.first, "onset")
    show(next(panels), both.second, "apex")
    wheel(next(panels), largest)
    show(next(panels), flow_colours(both.true, largest), "true flow")
    for method in scale.methods:
        found = methods.compute(both.first, both.second, method=method)
        error = endpoint_error(found, both.true)
        show(next(panels), flow_colours(found, largest), f"{method}\n{error[both.moving].mean():.3f} / {error.mean():.3f} px")
    for panel in panels:
        panel.set_axis_off()
    return figure


def strain(scale: Scale) -> Figure:
    """Magnitude and strain of the true flow, of a method's, and of a method's when the head moves too."""
    both = _smile(scale)
    rows = {"true": both.true, scale.flow: _flow(both, scale), f"{scale.flow}, head moves": _flow(_with_head_motion(both), scale)}
    magnitude = 2 * float(np.hypot(*both.true).max())
    largest = float(straining.strain(both.true).max())
    figure, axes = sheet(2, 3, 5.2)
    for at, (name, field) in enumerate(rows.items()):
        fields = (np.hypot(*field), magnitude, f"{name}: magnitude"), (straining.strain(field), largest, f"{name}: strain")
        for panel, (image, top, title) in zip(axes[:, at], fields, strict=True):
            drawn = panel.imshow(image, cmap="viridis", vmin=0, vmax=top)
            panel.set_title(title)
            panel.set_axis_off()
            if at == 2:
                figure.colorbar(drawn, ax=panel, label="pixels" if image is fields[0][0] else "no unit")
    return figure


def _smile(scale: Scale) -> Pair:
    """Onset and apex of a smile, 168 x 168 pixels, from JPEG."""
    side = 168 * scale.camera.width // 280
    return cut(film(clip(person("hopper"), "happiness", amplitude_px=1.5), scale.camera, 1, quality=95), (side, side))


def _flow(both: Pair, scale: Scale) -> np.ndarray:
    return methods.compute(both.first, both.second, method=scale.flow)


def _with_head_motion(both: Pair) -> Pair:
    """The second image one pixel further to the right; the column that comes in repeats the border."""
    return both._replace(second=np.concatenate([both.second[:, :1], both.second[:, :-1]], axis=1))


def colour_coding(scale: Scale) -> Figure:
    """Flow from the onset to six frames, coded in four ways."""
    shown = clip(person("collins"), "surprise", amplitude_px=1.5, num_frames=scale.num_frames)
    wanted = np.unique(np.linspace(1, shown.apex, 6).astype(int))
    size = (112 * scale.camera.width // 280,) * 2
    small = resized(frames(shown, scale.camera)[[0, *wanted]].mean(axis=3).astype(np.uint8), size)
    field = methods.sequence(small, method=scale.flow)
    figure, axes = sheet(len(_CODES), len(wanted), 5.7)
    for row, (colour, norm) in zip(axes, _CODES, strict=True):
        coded = coding.encode(field, mag_norm=norm, color=colour)
        for panel, image, t in zip(row, coded, wanted, strict=True):
            show(panel, image.transpose(1, 2, 0), f"frame {t}" if row is axes[0] else "")
        row[0].text(-0.08, 0.5, f"{colour}, {norm}", rotation=90, ha="right", va="center", transform=row[0].transAxes)
    return figure
