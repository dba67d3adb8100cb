"""Faces: invented identities, each a photograph with another shape, skin, light, backdrop and pose.

Equal (corpus, subject, seed) give equal faces, whatever else is made. ``drawing.py`` shows how a camera sees them.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from preprocessing.steps.landmark_model import mirrored
from preprocessing.synthesis import shape
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.photographs import PHOTOGRAPHS, photograph

_MELANIN, _EXPOSURE, _LIGHT = (-0.15, 0.75), (0.85, 1.15), 0.35
_BACKDROP, _TINT = (0.5, 1.2), 0.15
_ROLL_DEGREES, _SCALE, _SHIFT = 4.0, 0.04, 0.03
_PLIANCY = {"collins": 1.0, "hopper": 0.5}
"""Share of the traits' limits that a photograph is warped by. At times dlib gives Hopper a box that is half as large again as her face, and
landmarks to match, the more often the stronger the warp: ``auditions.py``."""


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
    backdrop: tuple[float, ...]
    """Gain of the surroundings' red, green and blue."""
    roll_degrees: float
    scale: float
    shift: tuple[float, float]
    """Place of the face against the picture's centre, in face widths."""

    def rng(self, *names: str) -> np.random.Generator:
        """A generator of this identity for what is named: independent of all others, equal on every machine."""
        return _rng(self.seed, self.corpus, self.subject, *names)


def identity(corpus: str, subject: str, seed: int = 0, *, photo: str = "") -> Identity:
    """The invented person behind a corpus' subject; without ``photo``, one of the photographs is drawn."""
    rng = _rng(seed, corpus, subject, "identity")
    drawn = sorted(PHOTOGRAPHS)[int(rng.integers(len(PHOTOGRAPHS)))]
    photo = photo or drawn
    amounts = _PLIANCY[photo] * rng.uniform(-1, 1, len(shape.TRAITS)) * list(shape.TRAITS.values())
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, _LIGHT)
    return Identity(
        corpus=corpus,
        subject=subject,
        seed=seed,
        photo=photo,
        mirror=bool(rng.integers(2)),
        shape=tuple(amounts.tolist()),
        melanin=float(rng.uniform(*_MELANIN)),
        exposure=float(rng.uniform(*_EXPOSURE)),
        light=(float(strength * np.cos(angle)), float(strength * np.sin(angle))),
        backdrop=tuple((rng.uniform(*_BACKDROP) * rng.uniform(1 - _TINT, 1 + _TINT, 3)).tolist()),
        roll_degrees=float(rng.uniform(-_ROLL_DEGREES, _ROLL_DEGREES)),
        scale=float(rng.uniform(1 - _SCALE, 1 + _SCALE)),
        shift=(float(rng.uniform(-_SHIFT, _SHIFT)), float(rng.uniform(-_SHIFT, _SHIFT))),
    )


def landmarks(identity: Identity, camera: Camera) -> np.ndarray:
    """Where the face's 68 landmarks are, from the photograph's and the warp: float64 (68, 2) = (x, y), pixels of the camera."""
    points = photographed(identity)
    centre, axes = pose(identity, camera)
    return centre + shape.invert(identity.shape, points, points) @ axes.T


def photographed(identity: Identity) -> np.ndarray:
    """The photograph's landmarks in head coordinates, mirrored where the identity is: (68, 2)."""
    points = photograph(identity.photo).landmarks
    return mirrored(points, 0) if identity.mirror else points


def pose(identity: Identity, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Origin (2,) and axes (2, 2) of the head coordinates in pixels of the camera."""
    cos, sin = np.cos(np.radians(identity.roll_degrees)), np.sin(np.radians(identity.roll_degrees))
    centre = np.array([camera.width - 1, camera.height - 1]) / 2 + np.array(identity.shift) * camera.face_width
    return centre, camera.face_width * identity.scale * np.array([[cos, -sin], [sin, cos]])


def _rng(seed: int, *names: str) -> np.random.Generator:
    text = "\n".join((f"losotune-face:{seed}", *names))
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")))
