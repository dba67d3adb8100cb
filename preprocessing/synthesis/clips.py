"""Clips: frames of one invented micro-expression, and the true flow behind them.

Frame t is the neutral face sampled at displaced positions, frame_t(y) = neutral(y - a(t) D(y)), with the course a(t) and the field D of
``motion.py``: what is given exactly is the displacement by which skin has arrived at y. The flow that a method must find starts at the
onset's pixel x: f(x) = a(t) D(x + f(x)), solved by fixed-point iteration to 1e-5 pixels. Onset (frame 0) is the neutral face.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from preprocessing.synthesis import faces, motion, noise
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.drawing import OVERSAMPLING, at_rest, plain
from preprocessing.synthesis.faces import Identity

PEAK_PX = (0.2, 2.0)
"""Displacement at the apex, in pixels of a face of 280x340."""
STATIC_PEAK_PX = (6.0, 12.0)
"""The same for the posed expressions of static corpora."""
NOISE = 1.0
"""Standard deviation of the sensor's noise, in grey levels of 255."""
_STATIC_FACE = 0.82  # of the image's width, as in FER2013's tight crops
_STATIC_OVERSAMPLING = 4


@dataclass(frozen=True, kw_only=True)
class SyntheticClip:
    """One micro-expression of an identity, from onset (frame 0) over the apex to the offset (last frame)."""

    identity: Identity
    name: str
    """The clip's file name; with the identity it decides all that is drawn."""
    emotion: str
    """As the corpus spells it: ``happiness``, ``Other``."""
    amplitude_px: float
    """The largest displacement at the apex, in pixels of a face of 280x340."""
    num_frames: int
    apex: int
    """Index of the frame where the motion is largest, counted from 0."""
    noise: float = NOISE
    """Standard deviation of each frame's sensor noise, in grey levels; 0: none."""

    def __post_init__(self) -> None:
        if not 0 < self.apex < self.num_frames:
            raise ValueError(
                f"An apex must lie behind the onset and inside the clip, but got frame {self.apex} of {self.num_frames} for '{self.key}'. "
                "Move the apex or add frames."
            )

    @property
    def key(self) -> str:
        return f"{self.identity.corpus}/{self.identity.subject}/{self.name}"

    @property
    def action_units(self) -> str:
        """The facial actions as annotation sheets write them: ``6+12``."""
        return "+".join(str(number) for number in motion.action_units(self.emotion))


def make_clip(
    identity: Identity,
    name: str,
    emotion: str,
    *,
    num_frames: int,
    apex: int,
    amplitude_px: float | None = None,
    noise: float = NOISE,
) -> SyntheticClip:
    """A clip; an amplitude that is not given is drawn from ``PEAK_PX``, equally for equal identity and name.

    Raises ValueError for an emotion without facial actions and for an apex outside the clip.
    """
    motion.action_units(emotion)
    drawn = float(identity.rng("amplitude", name).uniform(*PEAK_PX))
    amplitude_px = drawn if amplitude_px is None else amplitude_px
    return SyntheticClip(
        identity=identity, name=name, emotion=emotion, amplitude_px=amplitude_px, num_frames=num_frames, apex=apex, noise=noise
    )


def frames(clip: SyntheticClip, camera: Camera) -> Iterator[np.ndarray]:
    """The clip's frames one by one: uint8 (H, W, 3) RGB, or (H, W) for a camera without colour."""
    rest = at_rest(clip.identity, camera)
    field = _field(clip, camera)
    rows, columns = field.box(camera.width, camera.height)
    x, y = np.meshgrid(np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop))
    displacement, still = field.at(x, y), np.stack([x - rest.columns.start, y - rest.rows.start])
    rng = clip.identity.rng("noise", clip.name)
    for extent in motion.course(clip.num_frames, clip.apex):
        noise_of_frame = noise.window(rest.image.shape, rng)
        frame = _exposed(rest.image, noise_of_frame, clip.noise)
        if x.size:
            moved = _sampled(rest.fine, still - extent * displacement)
            frame[rows, columns] = _exposed(moved, noise_of_frame[rows, columns], clip.noise)
        yield frame


def render(clip: SyntheticClip, camera: Camera) -> np.ndarray:
    """All frames of the clip: uint8 (T, H, W, 3) RGB, or (T, H, W) for a camera without colour."""
    return np.stack(list(frames(clip, camera)))


def true_flow(clip: SyntheticClip, camera: Camera, frame: int) -> np.ndarray:
    """The flow from onset to a frame: float32 (2, H, W), pixels of the camera, onset(x) ~ frame(x + flow(x))."""
    field = _field(clip, camera).scaled(motion.course(clip.num_frames, clip.apex)[frame])
    flow = np.zeros((2, camera.height, camera.width), dtype=np.float32)
    rows, columns = field.box(camera.width, camera.height)
    x, y = np.meshgrid(np.arange(columns.start, columns.stop, dtype=np.float64), np.arange(rows.start, rows.stop, dtype=np.float64))
    flow[:, rows, columns] = motion.forward(field, x, y)
    return flow


def render_static(identity: Identity, name: str, emotion: str, *, size: int = 48) -> np.ndarray:
    """A posed expression as in FER2013: uint8 grey (size, size), the face filling the image; ``neutral`` is an emotion here too."""
    side = size * _STATIC_OVERSAMPLING
    camera = Camera(width=side, height=side, face_width=round(_STATIC_FACE * side), colour=False)
    amplitude = float(identity.rng("static amplitude", name).uniform(*STATIC_PEAK_PX))
    field = _field(make_clip(identity, name, emotion, num_frames=2, apex=1, amplitude_px=amplitude), camera)
    posed = plain(identity, camera, textured=False)
    rows, columns = field.box(side, side)
    if rows.stop:
        still = np.stack(np.meshgrid(np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)))
        x, y = (still - field.at(*still)).astype(np.float32)
        posed[rows, columns] = cv2.remap(posed.copy(), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    noise_of_image = noise.window(posed.shape, identity.rng("noise", name))
    return cv2.resize(_exposed(posed, noise_of_image, _STATIC_OVERSAMPLING * NOISE), (size, size), interpolation=cv2.INTER_AREA)


def _field(clip: SyntheticClip, camera: Camera) -> motion.Field:
    """How the skin moves until the apex, in pixels of the camera."""
    points = faces.landmarks(clip.identity, camera)
    return motion.field(clip.emotion, points, clip.amplitude_px * camera.scale, clip.identity.rng("motion", clip.name))


def _sampled(fine: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The fine image at positions (2, H, W) = (x, y), in pixels from its first point."""
    columns, rows = (positions * OVERSAMPLING).astype(np.float32)
    return cv2.remap(fine, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _exposed(image: np.ndarray, noise_of_frame: np.ndarray, sigma: float) -> np.ndarray:
    """What the sensor records: noise added, rounded to 8 bits."""
    return cv2.addWeighted(image, 1.0, noise_of_frame, sigma, 0.0, dtype=cv2.CV_8U)
