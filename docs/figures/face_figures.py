"""Figures of the steps that cut a face: decode, landmarks, crop, alignment, regions."""

import tempfile
import textwrap
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from docs.figures.material import PHOTOGRAPHS, Scale, clip, frames, person, photograph
from docs.figures.style import BLUE, GREEN, ORANGE, PINK, RED, sheet, show
from preprocessing.pipelines.region import MOSAIC, SIDE
from preprocessing.steps import alignment as aligning
from preprocessing.steps import crop as cropping
from preprocessing.steps import regions as parts
from preprocessing.steps.decode import read_image
from preprocessing.steps.landmarks import Box, detect, eyes, landmarks_per_frame
from preprocessing.steps.landmarks import landmarks as find

_GROUPS = {
    "jaw 0-16": (0, 17, BLUE),
    "brows 17-26": (17, 27, ORANGE),
    "nose 27-35": (27, 36, GREEN),
    "eyes 36-47": (36, 48, RED),
    "mouth 48-67": (48, 68, PINK),
}
"""Of landmarks: first, behind the last, colour."""
_KEY = "casme2/sub02/EP01_12"
_METHODS: tuple[aligning.Method, ...] = ("similarity", "piecewise_affine", "local_weighted_mean")


def decode(scale: Scale) -> Figure:
    """A JPEG cut short: what OpenCV makes of the file, and what the step says."""
    image = frames(clip(person("hopper"), "happiness", amplitude_px=1.0), scale.camera)[0]
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
    with tempfile.TemporaryDirectory() as folder:
        whole, short = Path(folder) / "img12.jpg", Path(folder) / "img13.jpg"
        whole.write_bytes(data)
        short.write_bytes(data[: len(data) * 3 // 5])
        read, filled = read_image(whole, colour=True, where=_KEY), cv2.imread(str(short), cv2.IMREAD_COLOR_RGB)
        said = _refusal(short).replace(f"{folder}/", "")
    assert filled is not None, "OpenCV reads what is there"
    figure, axes = sheet(1, 3, 3.2)
    show(axes[0, 0], read, "a whole file")
    show(axes[0, 1], filled, "its first 60 %, read by cv2.imread")
    axes[0, 2].set_axis_off()
    axes[0, 2].set_title("the same, read by this step")
    axes[0, 2].text(0.5, 0.6, textwrap.fill(said, 38), ha="center", va="center", color=RED)
    return figure


def _refusal(path: Path) -> str:
    try:
        read_image(path, colour=True, where=_KEY)
    except ValueError as error:
        return str(error)
    return "accepted"


def landmarks(scale: Scale) -> Figure:
    """dlib's box and 68 points on both photographs, and how they jitter over a clip."""
    figure, axes = sheet(1, 3, 3.1, width_ratios=(1, 1, 0.95))
    for panel, name in zip(axes[0, :2], PHOTOGRAPHS, strict=True):
        image = photograph(name)
        points, box = find(image, where=name), detect(image, where=name)
        show(panel, image, f"{name}: {box.x1 - box.x0} pixels")
        _outline(panel, box, "white")
        for first, last, colour in _GROUPS.values():
            panel.plot(*points[first:last].T, ".", color=colour, markersize=3)
        _around(panel, points, 0.35)
    _jitter(axes[0, 2], scale)
    handles = [axes[0, 0].plot([], [], "o", color=colour, label=name)[0] for name, (_, _, colour) in _GROUPS.items()]
    figure.legend(handles=handles, loc="outside lower left", ncols=len(handles), handletextpad=0.1, columnspacing=0.8, frameon=False)
    return figure


def _jitter(panel: Axes, scale: Scale) -> None:
    shown = clip(person("hopper"), "happiness", amplitude_px=0.5, num_frames=max(scale.num_frames // 3, 4))
    points = landmarks_per_frame(frames(shown, scale.camera), where=shown.key)
    moved = np.hypot(*(points - points[0]).transpose(2, 0, 1))
    panel.plot(moved.mean(axis=1), color=RED, label="mean of the 68 points")
    panel.axhline(0.5 * scale.camera.scale, color=BLUE, linestyle="--", label="largest true motion of skin")
    panel.set(xlabel="frame", ylabel="pixels from the first frame", title="found per frame: jitter", ylim=(0, None))
    panel.legend(frameon=False, loc="lower right")


def crop(scale: Scale) -> Figure:
    """Eq. (1) as vectors and as printed."""
    figure, axes = sheet(2, 3, 5.0)
    for row, name in zip(axes, PHOTOGRAPHS, strict=True):
        image = photograph(name)
        points = find(image, where=name)
        show(row[0], image, f"{name}, both rectangles")
        row[0].plot(*np.stack(eyes(points)).T, "+", color="white")
        for panel, form, colour in ((row[1], "vector", GREEN), (row[2], "literal", RED)):
            face = cropping.rectangle(points, form="vector" if form == "vector" else "literal")
            corners = face.source((1, 1))(np.array([[-0.5, 0.5, 0.5, -0.5], [-0.5, -0.5, 0.5, 0.5]]))
            row[0].add_patch(Polygon(corners.T, fill=False, edgecolor=colour, linewidth=1.5))
            show(panel, cropping.crop(image[None], face)[0], f"{form}, {face.native[1]} x {face.native[0]} pixels")
        _around(row[0], points, 0.6)
    return figure


def alignment(scale: Scale) -> Figure:
    """Two people brought to the model face, whose landmarks lie over each image."""
    size = (scale.camera.height, scale.camera.width)
    model = aligning.place(aligning.model_face(), size)
    figure, axes = sheet(2, 4, 5.2)
    for row, subject in zip(axes, (person("collins"), person("hopper")), strict=True):
        image = frames(clip(subject, "happiness", amplitude_px=1.0), scale.camera)[0]
        points = find(image, where=subject)
        show(row[0], image, "original, landmarks")
        row[0].plot(*points.T, ".", color=ORANGE, markersize=2.5)
        for panel, method in zip(row[1:], _METHODS, strict=True):
            fitted = aligning.fit(points, model, method=method)
            left = np.hypot(*(fitted.source(model.T) - points.T)).mean()
            show(panel, fitted.apply(image[None], size)[0], f"{method.replace('_', ' ')}\n{left:.1f} px left")
            panel.plot(*model.T, ".", color="white", markersize=2.5)
    return figure


def regions(scale: Scale) -> Figure:
    """The face box, the canvas with both kinds of boxes, and the pipeline's mosaic."""
    image = frames(clip(person("collins"), "happiness", amplitude_px=1.0), scale.camera)[0]
    points = find(image, where="collins")
    placement = parts.place(parts.face_box(points, where="collins"))
    canvas = parts.canvas(image[None], placement, channels="rgb")
    figure, axes = sheet(1, 4, 2.9, width_ratios=(1, 1, 1, 1.1))
    show(axes[0, 0], image, "face box")
    _outline(axes[0, 0], placement.box, ORANGE)
    kinds = {"fixed boxes": parts.BOXES, "landmark-centred": parts.landmark_boxes(points, placement)}
    for panel, (title, boxes) in zip(axes[0, 1:], kinds.items(), strict=False):
        show(panel, canvas[0], f"canvas, {title}")
        for box, colour in zip(boxes, (RED, RED, BLUE, GREEN, GREEN, ORANGE), strict=True):
            _outline(panel, box, colour)
    mosaic = np.zeros((SIDE, SIDE, 3), np.uint8)
    for (top, left), part in zip(MOSAIC, parts.regions(canvas), strict=True):
        mosaic[top : top + part.shape[1], left : left + part.shape[2]] = part[0]
    show(axes[0, 3], mosaic, "mosaic of the fixed boxes")
    return figure


def _outline(panel: Axes, box: Box, colour: str) -> None:
    panel.add_patch(Rectangle((box.x0 - 0.5, box.y0 - 0.5), box.x1 - box.x0, box.y1 - box.y0, fill=False, edgecolor=colour, linewidth=1.5))


def _around(panel: Axes, points: np.ndarray, margin: float) -> None:
    """Show the face with a margin, as a share of its size."""
    low, high = points.min(axis=0), points.max(axis=0)
    low, high = low - margin * (high - low), high + margin * (high - low)
    panel.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]))
