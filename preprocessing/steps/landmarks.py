"""Landmarks: dlib's frontal face detector (HOG and a linear SVM) and its 68-point predictor (a cascade of regression trees).

Sources: Dalal and Triggs, CVPR 2005; Kazemi and Sullivan, CVPR 2014; the points are those of iBUG 300-W. Deterministic: no random draw.
dlib rounds landmarks to whole pixels, so that those of single frames jitter by about a pixel: as much as a micro-expression moves.
Images are uint8 gray (H, W) or RGB (H, W, 3).
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from preprocessing.steps import landmark_model

UPSAMPLE = 1
"""Times that an image is doubled before faces of at least 80 pixels are sought: 1 finds them from 40 pixels on; REGION's released code."""
MARGIN = 5
"""The margin around an image whose face fills it: a fifth of its height."""


class Box(NamedTuple):
    """Pixels x0 <= x < x1, y0 <= y < y1; a box may reach beyond its image."""

    x0: int
    y0: int
    x1: int
    y1: int


def detect(image: np.ndarray, *, where: str, upsample: int = UPSAMPLE) -> Box:
    """The largest face (of equal ones the leftmost, then topmost); none is an error that names ``where``.

    Where nothing is found, it is sought once more with the image's border repeated around it: faces that fill the image, as in CASME II's
    cropped frames, are missed without. What scores less than half as well as the best does not count: a round badge on a suit scores .1,
    faces 1 to 1.6.
    """
    image = _checked(image, where)
    found = _faces(image, upsample) or _faces(image, upsample, margin=image.shape[0] // MARGIN)
    if not found:
        raise ValueError(
            f"An image must show a face, but none was found in {image.shape[1]}x{image.shape[0]} pixels for '{where}'. "
            f"Look at it; a face of less than {80 >> upsample} pixels needs upsample={upsample + 1}."
        )
    return max(found, key=lambda box: ((box.x1 - box.x0) * (box.y1 - box.y0), -box.x0, -box.y0))


def landmarks(image: np.ndarray, *, where: str, upsample: int = UPSAMPLE) -> np.ndarray:
    """The largest face's landmarks, float64 (68, 2): (x, y) in pixels, in dlib's order. They may lie beyond the image's border."""
    import dlib

    box = detect(image, where=where, upsample=upsample)
    shape = _predictor()(_checked(image, where), dlib.rectangle(box.x0, box.y0, box.x1 - 1, box.y1 - 1))
    return np.array([(point.x, point.y) for point in shape.parts()], np.float64)


def landmarks_per_frame(frames: np.ndarray, *, where: str, upsample: int = UPSAMPLE) -> np.ndarray:
    """Each frame's own landmarks, float64 (T, 68, 2), from (T, H, W) or (T, H, W, 3)."""
    return np.stack([landmarks(frame, where=f"{where}, frame {t} of {len(frames)}", upsample=upsample) for t, frame in enumerate(frames)])


def eyes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eye centres (x, y) of (68, 2) landmarks: of the eye at the image's left, then at its right."""
    return points[36:42].mean(axis=0), points[42:48].mean(axis=0)


def _faces(image: np.ndarray, upsample: int, margin: int = 0) -> list[Box]:
    around = np.pad(image, [(margin, margin)] * 2 + [(0, 0)] * (image.ndim - 2), mode="edge") if margin else image
    found, scores, _ = _detector().run(around, upsample)
    sure = [box for box, score in zip(found, scores, strict=True) if score >= max(scores) / 2]
    return [Box(box.left() - margin, box.top() - margin, box.right() + 1 - margin, box.bottom() + 1 - margin) for box in sure]


def _checked(image: np.ndarray, where: str) -> np.ndarray:
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(
            f"An image must be uint8, (H, W) or (H, W, 3), but got {image.dtype} {image.shape} for '{where}'. Convert it first."
        )
    return np.ascontiguousarray(image)


@cache
def _detector() -> Any:
    import dlib

    return dlib.get_frontal_face_detector()


@cache
def _predictor() -> Any:
    """One per process: reading its 100 MB takes about a second."""
    import dlib

    return dlib.shape_predictor(str(landmark_model.path()))
