"""Motion: smooth displacement fields of facial actions, placed by a face's landmarks, and their course over time.

A field is a sum of bumps (1 - r^2/R^2)^4 for r < R: bell-shaped like a Gaussian of standard deviation .35 R, smooth enough for
second derivatives of flow, and exactly zero outside, so that only the region of the action moves.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from preprocessing.synthesis.actions import ACTION_UNITS, ONE_SIDED, Pull, action_units

_PRECISION_PX, _MOST_ITERATIONS = 1e-5, 100
_TURN_DEGREES, _SIZE, _WEAKER_SIDE = 12.0, 0.1, 0.8  # what differs from clip to clip: direction, radius, the weaker side's share


@dataclass(frozen=True, eq=False)
class Field:
    """A displacement field: bumps with centre (K, 2), radius (K,) and vector (K, 2), in pixels."""

    centres: np.ndarray
    radii: np.ndarray
    vectors: np.ndarray

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The displacement at positions of any shape: float64 (2, *shape)."""
        total = np.zeros((2, *np.broadcast_shapes(x.shape, y.shape)))
        for (cx, cy), radius, (u, v) in zip(self.centres, self.radii, self.vectors, strict=True):
            bump = np.maximum(1 - ((x - cx) ** 2 + (y - cy) ** 2) / radius**2, 0) ** 2
            bump *= bump  # a power of 4 takes numpy ten times as long
            total[0] += u * bump
            total[1] += v * bump
        return total

    def box(self, width: int, height: int) -> tuple[slice, slice]:
        """(rows, columns) of an image outside which nothing moves."""
        if not len(self.radii):
            return slice(0, 0), slice(0, 0)
        low = np.maximum(np.floor((self.centres - self.radii[:, None]).min(0)), 0).astype(int)
        high = np.minimum(np.ceil((self.centres + self.radii[:, None]).max(0)) + 1, (width, height)).astype(int)
        return slice(low[1], high[1]), slice(low[0], high[0])

    def scaled(self, factor: float) -> "Field":
        return Field(self.centres, self.radii, self.vectors * factor)


def field(emotion: str, landmarks: np.ndarray, peak_px: float, rng: np.random.Generator) -> Field:
    """How the face has moved at the apex, as a field over the apex image (see ``clips.py``) whose largest displacement is ``peak_px``.

    Clips of an emotion differ a little in direction, extent and symmetry. A neutral face has no bumps.
    """
    bumps = list(_bumps(emotion, landmarks, rng))
    if not bumps:
        return Field(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 2)))
    centres, radii, vectors = (np.array(part, dtype=np.float64) for part in zip(*bumps, strict=True))
    found = Field(centres, radii, vectors)
    return found.scaled(peak_px / _peak(found))


def forward(field: Field, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The flow f at positions before the motion, f(x) = D(x + f(x)), where D is given after it: float64 (2, *shape), to 1e-5 pixels."""
    flow = np.zeros((2, *x.shape))
    for _ in range(_MOST_ITERATIONS):
        following = field.at(x + flow[0], y + flow[1])
        if np.abs(following - flow).max(initial=0.0) < _PRECISION_PX:
            return following
        flow = following
    raise ValueError("A displacement must change by less than its own length, but the field folds the face. Lower its amplitude.")


def course(num_frames: int, apex: int) -> np.ndarray:
    """How far the motion has gone at each frame: float64 (T,), a raised cosine from 0 at onset to 1 at the apex and 0 at the offset.

    Where the apex is the last frame, the clip ends there.
    """
    time = np.arange(num_frames, dtype=np.float64)
    fall = (time - apex) / max(num_frames - 1 - apex, 1)
    return 0.5 + 0.5 * np.cos(np.pi * np.where(time <= apex, time / apex - 1, fall))


def _bumps(emotion: str, landmarks: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, float, np.ndarray]]:
    """(centre, radius, vector) of each pull on each side; the face's width and axes come from its landmarks."""
    width = float(np.linalg.norm(landmarks[16] - landmarks[0]))
    across = landmarks[42:48].mean(0) - landmarks[36:42].mean(0)
    across /= np.linalg.norm(across)
    weaker, turn, size = int(rng.integers(2)), np.radians(_TURN_DEGREES), rng.uniform(1 - _SIZE, 1 + _SIZE)
    share = rng.uniform(_WEAKER_SIDE, 1)
    angle = rng.uniform(-turn, turn)
    for unit in action_units(emotion):
        for pull in ACTION_UNITS[unit]:
            for side in (0, 1):
                strength = 1.0 if side != weaker else 0.0 if unit in ONE_SIDED else share
                if strength:
                    yield _centre(pull, side, landmarks), pull.radius * width * size, strength * _vector(pull, side, across, angle)


def _centre(pull: Pull, side: int, landmarks: np.ndarray) -> np.ndarray:
    return landmarks[list((pull.left, pull.right)[side])].mean(0)


def _vector(pull: Pull, side: int, across: np.ndarray, angle: float) -> np.ndarray:
    """The pull's direction in the image; ``angle`` turns both sides as mirror images of each other."""
    out, down = pull.direction
    out, down = out * np.cos(angle) - down * np.sin(angle), out * np.sin(angle) + down * np.cos(angle)
    return (out if side else -out) * across + down * np.array([-across[1], across[0]])


def _peak(found: Field) -> float:
    """The largest displacement, on a grid of 256x256 points over the moving region."""
    low, high = (found.centres - found.radii[:, None]).min(0), (found.centres + found.radii[:, None]).max(0)
    x, y = np.linspace(low[0], high[0], 256)[None, :], np.linspace(low[1], high[1], 256)[:, None]
    return float(np.linalg.norm(found.at(x, y), axis=0).max())
