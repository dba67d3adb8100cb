"""Face shapes: smooth, invertible warps of the head coordinates (``photographs.py``), one number per trait.

A warp leads from a position in the invented face to the one in the photograph. All traits together move no point by more than a tenth of
the face's width, so that a face stays a face: dlib finds it.
"""

import numpy as np

TRAITS: dict[str, float] = {
    "height": 0.06,  # of the whole face, against its width
    "jaw": 0.09,  # width below the nose
    "temples": 0.06,  # width at the eyes
    "eye_distance": 0.025,
    "eye_size": 0.16,
    "eye_height": 0.02,
    "eye_slant": 0.12,
    "brow_height": 0.028,
    "nose_width": 0.18,
    "nose_length": 0.03,
    "mouth_width": 0.15,
    "lips": 0.22,
    "mouth_height": 0.025,
    "chin": 0.04,
}
"""Trait -> the largest amount: a share for sizes, a displacement in face widths for places."""
_PRECISION = 1e-7


def displacement(amounts: tuple[float, ...], landmarks: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(dx, dy) to add to positions of the invented face, given the photograph's landmarks; all in head coordinates."""
    a = dict(zip(TRAITS, amounts, strict=True))
    brows, eyes = (landmarks[17:22].mean(0), landmarks[22:27].mean(0)), (landmarks[36:42].mean(0), landmarks[42:48].mean(0))
    nose, mouth, chin = landmarks[31:36].mean(0), landmarks[48:68].mean(0), landmarks[8]
    dx = x * (a["jaw"] / (1 + np.exp((nose[1] - y) / 0.08)) + a["temples"] * np.exp(-(((y - eyes[0][1]) / 0.25) ** 2)))
    dy = a["height"] * y
    for side, eye, brow in zip((-1, 1), eyes, brows, strict=True):
        ex, ey, near = *_offset(x, y, eye), _bump(x, y, eye, 0.24)
        dx = dx + near * (side * a["eye_distance"] + a["eye_size"] * ex)
        dy = dy + near * (a["eye_height"] + a["eye_size"] * ey + side * a["eye_slant"] * ex) + a["brow_height"] * _bump(x, y, brow, 0.26)
    near_nose, near_mouth = _bump(x, y, nose, 0.22), _bump(x, y, mouth, 0.34)
    dx = dx + a["nose_width"] * (x - nose[0]) * near_nose + a["mouth_width"] * (x - mouth[0]) * near_mouth
    dy = dy + a["nose_length"] * near_nose + (a["lips"] * (y - mouth[1]) + a["mouth_height"]) * near_mouth
    return dx, dy + a["chin"] * _bump(x, y, chin, 0.4)


def invert(amounts: tuple[float, ...], landmarks: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Where points (N, 2) of the photograph lie in the invented face, by fixed-point iteration."""
    found = points
    for _ in range(100):
        dx, dy = displacement(amounts, landmarks, found[:, 0], found[:, 1])
        following = points - np.stack([dx, dy], axis=1)
        if np.abs(following - found).max() < _PRECISION:
            return following
        found = following
    raise AssertionError(f"a face's warp must be invertible: {amounts}")


def _offset(x: np.ndarray, y: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return x - centre[0], y - centre[1]


def _bump(x: np.ndarray, y: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """1 at the centre, 0 from the radius on, smooth."""
    dx, dy = _offset(x, y, centre)
    return np.maximum(1 - (dx * dx + dy * dy) / radius**2, 0) ** 3
