"""Real faces that installed packages carry, and what is known of them."""

from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import skimage.data
from matplotlib.path import Path as Polygon
from scipy.spatial import ConvexHull

from preprocessing.steps.alignment import model_face, place
from preprocessing.steps.decode import read_image
from preprocessing.steps.landmarks import landmarks

NAMES = ("astronaut", "hopper")
SIZE = (340, 280)
"""(height, width) of aligned faces: CASME II's cropped frames."""


@cache
def photograph(name: str) -> np.ndarray:
    """RGB (H, W, 3): scikit-image's astronaut (512x512, the face about 95 pixels wide) or matplotlib's Grace Hopper (512x606, 180)."""
    if name == "astronaut":
        image = skimage.data.astronaut()
    else:
        image = read_image(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg", colour=True, where=name)
    image.setflags(write=False)
    return image


@cache
def face(name: str) -> np.ndarray:
    """(68, 2) landmarks of a photograph."""
    points = landmarks(photograph(name), where=name)
    points.setflags(write=False)
    return points


def turned(image: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The image turned about its centre (positive: its top to the left), and the (2, 3) matrix from old to new pixels."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), matrix


def moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(K, 2) points under a (2, 3) matrix."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def target() -> np.ndarray:
    """(68, 2) landmarks of the model face on an image of ``SIZE``."""
    return place(model_face(), SIZE)


def inside(positions: np.ndarray, margin: float) -> np.ndarray:
    """(2, H, W) -> (H, W): which positions lie in the hull of ``target``, at least about ``margin`` from its border."""
    hull = Polygon(target()[ConvexHull(target()).vertices])
    return hull.contains_points(positions.reshape(2, -1).T, radius=-margin).reshape(positions.shape[1:])
