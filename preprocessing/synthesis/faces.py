"""Faces: invented identities, each a photograph with another shape, skin, light, backdrop and pose, and how a camera sees them at rest.

Skin carries a fine texture of its identity, so that a face has detail at the camera's resolution (the photographs are coarser) which moves
with it. Equal (corpus, subject, seed) give equal faces, whatever else is made.
"""

import functools
import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from preprocessing.steps.landmark_model import mirrored
from preprocessing.synthesis import shape
from preprocessing.synthesis.camera import REFERENCE_FACE_PX, Camera
from preprocessing.synthesis.photographs import PHOTOGRAPHS, photograph

OVERSAMPLING = 2
"""A face at rest is drawn on a grid that much finer than the camera's, for sampling between pixels."""
_MELANIN, _MELANIN_RGB = (-0.15, 0.75), (0.35, 0.55, 0.75)  # range; how much it darkens red, green and blue
_EXPOSURE, _LIGHT, _BACKDROP = (0.85, 1.15), 0.35, (0.55, 1.25)
_ROLL_DEGREES, _SCALE, _SHIFT = 4.0, 0.04, 0.03
_TEXTURE, _TEXTURE_SIGMA, _TEXTURE_SIZE = 3.0, 1.2, 768  # grey levels; pixels at the reference face; pixels until it repeats
_LARGEST = 250.0  # grey level that leaves room for noise
_STEP = 8  # smooth fields are computed at every eighth point and interpolated


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An invented person in front of the camera; made by ``identity``."""

    corpus: str
    subject: str
    seed: int
    photo: str
    """One of ``photographs.PHOTOGRAPHS``."""
    mirror: bool
    shape: tuple[float, ...]
    """Amount of each of ``shape.TRAITS``."""
    melanin: float
    """Skin tone against the photograph's: darker above 0."""
    exposure: float
    """Brightness of the picture against the photograph's."""
    light: tuple[float, float]
    """How much brighter the face grows towards (right, bottom), per face width."""
    backdrop: tuple[float, float, float]
    """Gain of the surroundings' red, green and blue."""
    roll_degrees: float
    scale: float
    shift: tuple[float, float]
    """Place of the face against the picture's centre, in face widths."""

    def rng(self, *names: str) -> np.random.Generator:
        """A generator of this identity for what is named: independent of all others, equal on every machine."""
        return _rng(self.seed, self.corpus, self.subject, *names)


def identity(corpus: str, subject: str, seed: int = 0) -> Identity:
    """The invented person behind a corpus' subject."""
    rng = _rng(seed, corpus, subject, "identity")
    around = rng.uniform(-1, 1, (len(shape.TRAITS),))
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, _LIGHT)
    return Identity(
        corpus=corpus,
        subject=subject,
        seed=seed,
        photo=sorted(PHOTOGRAPHS)[int(rng.integers(len(PHOTOGRAPHS)))],
        mirror=bool(rng.integers(2)),
        shape=tuple(float(share * most) for share, most in zip(around, shape.TRAITS.values(), strict=True)),
        melanin=float(rng.uniform(*_MELANIN)),
        exposure=float(rng.uniform(*_EXPOSURE)),
        light=(float(strength * np.cos(angle)), float(strength * np.sin(angle))),
        backdrop=(float(rng.uniform(*_BACKDROP)), float(rng.uniform(*_BACKDROP)), float(rng.uniform(*_BACKDROP))),
        roll_degrees=float(rng.uniform(-_ROLL_DEGREES, _ROLL_DEGREES)),
        scale=float(rng.uniform(1 - _SCALE, 1 + _SCALE)),
        shift=(float(rng.uniform(-_SHIFT, _SHIFT)), float(rng.uniform(-_SHIFT, _SHIFT))),
    )


def landmarks(identity: Identity, camera: Camera) -> np.ndarray:
    """Where the face's 68 landmarks are, from the photograph's and the warp: float64 (68, 2) = (x, y), pixels of the camera."""
    points = _landmarks(identity)
    centre, axes = _pose(identity, camera)
    return centre + shape.invert(identity.shape, points, points) @ axes.T


@functools.lru_cache(maxsize=4)
def neutral(identity: Identity, camera: Camera) -> np.ndarray:
    """The face at rest on a fine grid, of which every ``OVERSAMPLING``-th point is a pixel of the camera.

    Returns float32 (OVERSAMPLING * H, OVERSAMPLING * W, 3) RGB, without the last axis for a camera without colour; 0-255, read-only.
    """
    photo = photograph(identity.photo)
    x, y = _head_positions(identity, camera, 1)
    dx, dy = _warp(identity, camera, x.shape)
    inside = photo.axes * ([-1, 1] if identity.mirror else [1, 1])
    columns, rows = (
        np.float32(photo.origin[i]) + np.float32(inside[i, 0]) * (x + dx) + np.float32(inside[i, 1]) * (y + dy) for i in (0, 1)
    )
    colours, head, skin = (
        cv2.remap(layer, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        for layer in (photo.colours, photo.head, photo.skin)
    )
    image = colours * _paint(identity, head, skin, x, y) + (_texture(identity, x, y) * head)[:, :, None]
    image = np.clip(image if camera.colour else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 0, _LARGEST)
    image.flags.writeable = False
    return image


def _rng(seed: int, *names: str) -> np.random.Generator:
    text = "\n".join((f"losotune-face:{seed}", *names))
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")))


def _landmarks(identity: Identity) -> np.ndarray:
    """The photograph's landmarks in head coordinates, mirrored where the identity is: (68, 2)."""
    points = photograph(identity.photo).landmarks
    return mirrored(points, 0) if identity.mirror else points


def _pose(identity: Identity, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Origin (2,) and axes (2, 2) of the head coordinates in pixels of the camera."""
    cos, sin = np.cos(np.radians(identity.roll_degrees)), np.sin(np.radians(identity.roll_degrees))
    centre = np.array([camera.width - 1, camera.height - 1]) / 2 + np.array(identity.shift) * camera.face_width
    return centre, camera.face_width * identity.scale * np.array([[cos, -sin], [sin, cos]])


def _head_positions(identity: Identity, camera: Camera, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Head coordinates (x, y) of the fine grid, or of the middles of its cells of ``step`` points: float32 (rows, columns) each."""
    centre, axes = _pose(identity, camera)
    columns, rows = (
        ((np.arange(-(-size * OVERSAMPLING // step)) + 0.5) * step - 0.5) / OVERSAMPLING - middle
        for size, middle in zip((camera.width, camera.height), centre, strict=True)
    )
    to_head = np.linalg.inv(axes)
    x, y = (to_head[i, 0] * columns[None, :] + to_head[i, 1] * rows[:, None] for i in (0, 1))
    return x.astype(np.float32), y.astype(np.float32)


def _warp(identity: Identity, camera: Camera, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The shape's displacement on the fine grid: float32 (dx, dy) in head coordinates."""
    coarse = shape.displacement(identity.shape, _landmarks(identity), *_head_positions(identity, camera, _STEP))
    dx, dy = (cv2.resize(part, None, fx=_STEP, fy=_STEP, interpolation=cv2.INTER_CUBIC)[: size[0], : size[1]] for part in coarse)
    return dx.astype(np.float32), dy.astype(np.float32)


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
    columns, rows = (
        (x * REFERENCE_FACE_PX + _TEXTURE_SIZE / 2).astype(np.float32),
        (y * REFERENCE_FACE_PX + _TEXTURE_SIZE / 2).astype(np.float32),
    )
    return cv2.remap(smooth * np.float32(_TEXTURE / smooth.std()), columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
