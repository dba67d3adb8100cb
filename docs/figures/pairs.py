"""Pairs: two frames of a synthesized clip, cut to the face, and the true flow between them in pixels of the cut."""

from typing import NamedTuple

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

from preprocessing.steps import crop
from preprocessing.steps.resampling import positions_of
from preprocessing.synthesis import clips, faces
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.clips import SyntheticClip

MOVING = 0.1
"""Skin moves where its displacement is more than this share of the largest."""


class Filmed(NamedTuple):
    """Two frames as the camera has them, where the face is, and the flow between them."""

    frames: np.ndarray
    """uint8 (2, H, W)."""
    face: crop.Rectangle
    """From the landmarks that the clip was drawn with."""
    flow: np.ndarray
    """float32 (2, H, W), pixels of the camera."""


class Pair(NamedTuple):
    """Onset and a later frame; flow is (2, H, W) as everywhere."""

    first: np.ndarray
    """uint8 (H, W)."""
    second: np.ndarray
    true: np.ndarray
    """float64 (2, H, W)."""
    moving: np.ndarray
    """bool (H, W)."""


def film(clip: SyntheticClip, camera: Camera, frame: int, *, quality: int | None) -> Filmed:
    """Frame 0 and ``frame``, gray; JPEG of that quality, None: no file in between."""
    drawn = [image for t, image in enumerate(clips.frames(clip, camera)) if t in (0, frame)]
    face = crop.rectangle(faces.landmarks(clip.identity, camera))
    return Filmed(np.stack([recorded(image, quality) for image in drawn]), face, clips.true_flow(clip, camera, frame))


def cut(filmed: Filmed, size: tuple[int, int] | None) -> Pair:
    """Both frames by the crop of Eq. (1), at ``size`` (height, width) or at the camera's scale."""
    first, second = crop.crop(filmed.frames, filmed.face, size=size)
    seen = sampled(filmed.flow, filmed.face, first.shape)
    magnitude = np.hypot(*seen)
    return Pair(first, second, in_crop(seen, filmed.face, first.shape), magnitude > MOVING * magnitude.max())


def recorded(image: np.ndarray, quality: int | None) -> np.ndarray:
    """An RGB image as gray, after JPEG of that quality where one is given."""
    if quality is None:
        return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))


def sampled(flow: np.ndarray, face: crop.Rectangle, size: tuple[int, ...]) -> np.ndarray:
    """The camera's flow (2, h, w) where the crop's pixels lie: float64 (2, H, W), still in pixels of the camera.

    By cubic splines: fields are smooth over tens of pixels, so that this is exact to a few thousandths of a pixel at most.
    """
    x, y = face.source((size[0], size[1]))(positions_of((size[0], size[1])))
    return np.stack([map_coordinates(part.astype(np.float64), [y, x], order=3, mode="nearest") for part in flow])


def in_crop(flow: np.ndarray, face: crop.Rectangle, size: tuple[int, ...]) -> np.ndarray:
    """Flow in pixels of the camera -> in pixels of the crop, whose map is source(p) = A p + b: vectors are those of A^-1."""
    cos, sin = face.right
    across, down = face.width / size[1], face.height / size[0]
    matrix = np.array([[cos * across, -sin * down], [sin * across, cos * down]])
    return np.tensordot(np.linalg.inv(matrix), flow, axes=1)


def endpoint_error(flow: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(H, W): length of the difference of two flows, in pixels."""
    return np.hypot(*(flow - true))
