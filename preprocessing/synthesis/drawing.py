"""Drawing: how a camera sees a face at rest.

Skin carries a fine texture of its identity, so that a face has detail at the camera's resolution (the photographs are coarser) which moves
with it. Where the face is, the picture is also drawn on a finer grid: linear interpolation on it is exact to a fraction of a grey level,
while OpenCV's cubic kernel would shift a ramp by up to half as much again (its slope at a sample is 1.5, not 1).
"""

import functools
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from preprocessing.synthesis import faces, shape
from preprocessing.synthesis.camera import REFERENCE_FACE_PX, Camera
from preprocessing.synthesis.faces import Identity
from preprocessing.synthesis.photographs import photograph

OVERSAMPLING = 4
_REACH = 0.3  # how far from its landmarks a face moves, in face widths: more than any pull's radius
_STEP = 8  # the shape's warp, which is smooth, is computed at every eighth point of a grid and interpolated
_MELANIN_RGB = (0.35, 0.55, 0.75)  # how much it darkens red, green and blue
_TEXTURE, _TEXTURE_SIGMA, _TEXTURE_SIZE = 3.0, 1.2, 768  # grey levels; pixels at the reference face; pixels until it repeats
_LARGEST = 250.0  # grey level that leaves room for noise


class Rest(NamedTuple):
    """A face at rest; images are float32 (H, W, 3) RGB or (H, W), 0-255, read-only."""

    image: np.ndarray
    fine: np.ndarray
    """The part of the image that can move, ``OVERSAMPLING`` points per pixel; its first point is pixel (rows.start, columns.start)."""
    rows: slice
    columns: slice


@functools.lru_cache(maxsize=4)
def at_rest(identity: Identity, camera: Camera) -> Rest:
    """The face at rest, about 30 MB for CASME II's camera; a process keeps the last four."""
    points = faces.landmarks(identity, camera)
    reach = _REACH * camera.face_width
    low = np.maximum(points.min(0) - reach, 0).astype(int)
    high = np.minimum(points.max(0) + reach + 1, (camera.width, camera.height)).astype(int)
    image = plain(identity, camera)
    width, height = (high - low) * OVERSAMPLING
    fine = _drawn(identity, camera, _Grid(low[0], low[1], width, height, 1 / OVERSAMPLING))
    rows, columns = slice(low[1], high[1]), slice(low[0], high[0])
    image[rows, columns] = fine[::OVERSAMPLING, ::OVERSAMPLING]
    image.flags.writeable = fine.flags.writeable = False
    return Rest(image, fine, rows, columns)


def plain(identity: Identity, camera: Camera, *, textured: bool = True) -> np.ndarray:
    """The face at rest without a finer grid: float32 (H, W, 3) RGB or (H, W), 0-255. Small pictures need no texture of the skin."""
    return _drawn(identity, camera, _Grid(0, 0, camera.width, camera.height, 1), textured=textured)


@dataclass(frozen=True)
class _Grid:
    """Points of a camera's image, ``spacing`` pixels apart, from (x, y) on."""

    x: float
    y: float
    width: int
    height: int
    spacing: float

    def cells(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """x (1, columns) and y (rows, 1) of the middles of cells of ``step`` points."""
        columns, rows = ((np.arange(-(-size // step)) + 0.5) * step - 0.5 for size in (self.width, self.height))
        return self.x + self.spacing * columns[None, :], self.y + self.spacing * rows[:, None]


def _drawn(identity: Identity, camera: Camera, grid: _Grid, *, textured: bool = True) -> np.ndarray:
    """The face at rest at the points of a grid."""
    photo = photograph(identity.photo)
    x, y = _head_positions(identity, camera, grid, 1)
    dx, dy = _warp(identity, camera, grid)
    inside = (photo.axes * ([-1, 1] if identity.mirror else [1, 1])).astype(np.float32)
    columns, rows = (inside[i, 0] * (x + dx) + inside[i, 1] * (y + dy) + np.float32(photo.origin[i]) for i in (0, 1))
    colours, head, skin = (
        cv2.remap(layer, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        for layer in (photo.colours, photo.head, photo.skin)
    )
    image = colours * _paint(identity, head, skin, x, y)
    if textured:
        image += (_texture(identity, x, y) * head)[:, :, None]
    return np.clip(image if camera.colour else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 0, _LARGEST)


def _head_positions(identity: Identity, camera: Camera, grid: _Grid, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Head coordinates (x, y) of the grid's cells of ``step`` points: float32 (rows, columns) each."""
    origin, axes = faces.pose(identity, camera)
    columns, rows = grid.cells(step)
    to_head = np.linalg.inv(axes)
    x, y = (to_head[i, 0] * (columns - origin[0]) + to_head[i, 1] * (rows - origin[1]) for i in (0, 1))
    return x.astype(np.float32), y.astype(np.float32)


def _warp(identity: Identity, camera: Camera, grid: _Grid) -> tuple[np.ndarray, np.ndarray]:
    """The shape's displacement at the points of a grid: float32 (dx, dy) in head coordinates."""
    coarse = shape.displacement(identity.shape, faces.photographed(identity), *_head_positions(identity, camera, grid, _STEP))
    dx, dy = (
        cv2.resize(part.astype(np.float32), None, fx=_STEP, fy=_STEP, interpolation=cv2.INTER_CUBIC)[: grid.height, : grid.width]
        for part in coarse
    )
    return dx, dy


def _paint(identity: Identity, head: np.ndarray, skin: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What the photograph's colours are multiplied by: skin tone, backdrop, exposure and light; float32 (rows, columns, 3)."""
    tone = np.exp(-identity.melanin * np.array(_MELANIN_RGB, dtype=np.float32))
    backdrop = np.array(identity.backdrop, dtype=np.float32)
    gain = (1 + skin[:, :, None] * (tone - 1)) * (backdrop + head[:, :, None] * (1 - backdrop))
    light = 1 + np.tanh(np.float32(identity.light[0]) * x + np.float32(identity.light[1]) * y)
    return gain * (np.float32(identity.exposure) * light)[:, :, None]


def _texture(identity: Identity, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fine detail of the skin, fixed to the head: float32 (rows, columns), grey levels."""
    drawn = identity.rng("texture").standard_normal((_TEXTURE_SIZE, _TEXTURE_SIZE), dtype=np.float32)
    smooth = cv2.GaussianBlur(drawn, (0, 0), _TEXTURE_SIGMA)
    columns, rows = (np.float32(REFERENCE_FACE_PX) * part + np.float32(_TEXTURE_SIZE / 2) for part in (x, y))
    return cv2.remap(smooth * np.float32(_TEXTURE / smooth.std()), columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
