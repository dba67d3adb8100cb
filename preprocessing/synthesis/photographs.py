"""Photographs: the two faces that installed packages carry, both in the public domain (NASA and the US Navy).

A photograph is prepared once: its landmarks, the surroundings of the head blurred and continued beyond its edges, and where its skin is.
Head coordinates: origin between eyes and mouth, x along the eyes to the image's right, y down, unit the face's width (landmarks 0 to 16).
"""

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

PHOTOGRAPHS = {
    "collins": ("skimage", "data/astronaut.png"),  # Eileen Collins, NASA
    "hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),  # Grace Hopper, US Navy
}
"""Name -> package and the file in it."""
_MARGIN = 300  # pixels that the surroundings continue beyond the photograph's edges
_HEAD_CENTRE, _HEAD_AXES, _HEAD_EDGE = (0.0, -0.1), (0.85, 1.05), 0.25  # an ellipse that holds hair and chin, and its soft edge
_CHEEKS = (1, 2, 14, 15, 30, 31, 35)  # landmarks in between which skin shows
_SKIN_SIGMA = 14.0  # spread of the skin's chroma, in 8-bit values of Cr and Cb


@dataclass(frozen=True, eq=False)
class Photograph:
    """A prepared photograph; pixel arrays are float32 and larger than the file by a margin on each side."""

    colours: np.ndarray
    """(H, W, 3) RGB, 0-255, the surroundings blurred."""
    head: np.ndarray
    """(H, W): 1 in the head, 0 in its surroundings."""
    skin: np.ndarray
    """(H, W): how much a pixel is skin, 0 to 1."""
    origin: np.ndarray
    """(2,): the head coordinates' origin, in pixels of these arrays."""
    axes: np.ndarray
    """(2, 2): columns are one unit of x and of y of the head coordinates, in pixels."""
    landmarks: np.ndarray
    """(68, 2) in head coordinates."""


@functools.cache
def photograph(name: str) -> Photograph:
    """The photograph of that name, prepared. Finding its landmarks takes dlib about a second."""
    from preprocessing.steps.landmarks import landmarks as find  # dlib: imported where a face is made, so that --help stays quick

    image = _read(name)
    points = find(image, where=f"photograph {name}") + _MARGIN
    origin, axes = head_coordinates(points)
    image = cv2.copyMakeBorder(image, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_REFLECT_101)
    head = _head(image.shape[:2], origin, axes)
    blurred = _blurred(image, 0.15 * float(np.linalg.norm(axes[:, 0])))
    colours = blurred + head[:, :, None] * (image - blurred)
    normalised = (points - origin) @ np.linalg.inv(axes).T
    return Photograph(colours=colours, head=head, skin=_skin(image, points) * head, origin=origin, axes=axes, landmarks=normalised)


def head_coordinates(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(origin, axes) of a face's head coordinates in its image, from its landmarks."""
    left, right, mouth = landmarks[36:42].mean(0), landmarks[42:48].mean(0), landmarks[48:68].mean(0)
    across = (right - left) / np.linalg.norm(right - left) * np.linalg.norm(landmarks[16] - landmarks[0])
    return (left + right + 2 * mouth) / 4, np.array([across, [-across[1], across[0]]]).T


def _read(name: str) -> np.ndarray:
    """uint8 (H, W, 3) RGB, from the installed package, which is not imported."""
    package, file = PHOTOGRAPHS[name]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"Faces must be made from the photograph in {package}, but it is not installed. Install it: pip install {package}")
    path = Path(spec.submodule_search_locations[0]) / file
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"Package {package} must carry the photograph {file}, but no readable image is at {path}. Install it again.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """A strong blur, computed at a quarter of the size: float32."""
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).astype(np.float32)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / 4), image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _head(shape: tuple[int, ...], origin: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """A soft ellipse around the head: float32 (H, W)."""
    pixels = np.stack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0])), axis=-1) - origin
    position = (pixels @ np.linalg.inv(axes).T - _HEAD_CENTRE) / _HEAD_AXES
    edge = np.clip((1 - np.linalg.norm(position, axis=-1)) / _HEAD_EDGE, 0, 1)
    return np.asarray(edge * edge * (3 - 2 * edge), dtype=np.float32)


def _skin(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How close each pixel's chroma is to that between the cheeks' landmarks and the nose, smoothed: float32 (H, W)."""
    chroma = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)[:, :, 1:].astype(np.float32)
    towards_nose = np.rint(0.5 * (points[list(_CHEEKS)] + points[30])).astype(int)
    typical = np.median([chroma[y - 3 : y + 4, x - 3 : x + 4].mean((0, 1)) for x, y in towards_nose], axis=0)
    distance = ((chroma - typical) ** 2).sum(-1)
    return cv2.GaussianBlur(np.exp(-distance / (2 * _SKIN_SIGMA**2)).astype(np.float32), (0, 0), 2.0)
