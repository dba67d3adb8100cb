"""Face points: where the landmarks of a clip's first frame lie once its frames are cut by ``faces``.

They are found in the whole image, where a detector sees a head, and follow the cut: exactly where that is affine; the other alignments
bring them (local weighted mean: nearly) to the model face.
"""

from typing import cast

import numpy as np

from preprocessing.clip import Clip
from preprocessing.steps import alignment, crop
from preprocessing.steps.decode import read_image
from preprocessing.steps.landmarks import landmarks
from preprocessing.steps.resampling import Map


def face_points(clip: Clip, *, cut: str, height: int, width: int) -> np.ndarray:
    """float64 (68, 2): (x, y) in pixels of the cut, a name of ``faces.CUTS``; they may lie beyond its border."""
    if not clip.frames:
        raise ValueError(f"A clip must have frames, but got none for '{clip.key}'. Run the doctor on its corpus.")
    image = read_image(clip.frames[0].path, colour=False, where=clip.key)
    points, size = landmarks(image, where=clip.key), (height, width)
    if cut == "none":
        scale = np.divide(size[::-1], image.shape[::-1])
        return (points + 0.5) * scale - 0.5
    if cut in ("crop", "crop_literal"):
        return _through(crop.rectangle(points, form="vector" if cut == "crop" else "literal").source(size), points)
    model = alignment.place(alignment.model_face(), size)
    if cut not in ("similarity", "affine"):
        return model
    return _through(alignment.fit(points, model, method=cast(alignment.Method, cut)).source, points)


def _through(source: Map, points: np.ndarray) -> np.ndarray:
    """Points of the image in the output of an affine map from there."""
    origin, right, down = source(np.array([[[0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]))[:, 0].T
    return np.linalg.solve(np.stack([right - origin, down - origin], axis=1), (points - origin).T).T
