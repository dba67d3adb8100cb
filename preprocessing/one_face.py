"""One face: that an image shows exactly one, so that nobody's expression is taken for somebody else's.

Pipelines take the largest face; a corpus has no other. A clip that somebody brings may.
"""

import numpy as np

from preprocessing.steps import landmarks
from preprocessing.steps.landmarks import Box

SMALL = 0.5
"""A second face counts from this share of the first one's side on: a picture on the wall, a passer-by far behind, does not."""


def one_face(image: np.ndarray, *, where: str) -> Box:
    """The face of an image, gray (H, W) or RGB (H, W, 3); none, or several of like size, are errors that name ``where``."""
    largest = landmarks.detect(image, where=where)
    faces = landmarks._faces(image, landmarks.UPSAMPLE)  # private: to make it public would rename the tensors of all that use it
    others = [face for face in faces if face != largest and face.x1 - face.x0 >= SMALL * (largest.x1 - largest.x0)]
    if others:
        places = ", ".join(f"{face.x1 - face.x0} pixels wide at ({face.x0}, {face.y0})" for face in (largest, *others))
        raise ValueError(
            f"A clip must show one face, but {1 + len(others)} were found in '{where}': {places}. Cut the video to one person."
        )
    return largest
