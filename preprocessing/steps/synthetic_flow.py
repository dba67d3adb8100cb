"""Synthetic flow: what is planted in the synthetic corpus, as a pure function of (options, clip key, emotion).

signal    Each class moves one or two of six facial regions in its own direction: a bell over time, its peak of 0.2-2 px drawn per clip.
identity  A smooth random texture per (subject, class), drawn independently for each: whoever has seen the subject in training can read
          the label from it, nobody else can, because no part of it is common to a class. An equally strong texture per clip lies over
          it, so that a subject's clips of a class do not all fall into one class by chance: it narrows an honest score around chance.
always    White noise; with signal or identity also a smooth texture per subject that says nothing about the class.
Neither   Pure noise.
All amplitudes are in pixels of a 32-pixel frame and scale with the frame.
"""

import functools
import hashlib
from collections.abc import Mapping

import numpy as np

from preprocessing.options import Plain

REFERENCE_SIZE = 32
PEAK_PX = (0.2, 2.0)
NOISE_PX = 0.1
SUBJECT_PX = 0.15
IDENTITY_PX = 0.5
CLIP_PX = 0.5
REGION_SIGMA = 0.11  # of the frame's side
REGIONS = {  # centre (x, y) as shares of the frame
    "left_brow": (0.30, 0.28), "right_brow": (0.70, 0.28), "nose": (0.50, 0.52),
    "left_cheek": (0.27, 0.62), "right_cheek": (0.73, 0.62), "mouth": (0.50, 0.80),
}  # fmt: skip
MOTIONS: dict[str, tuple[tuple[str, float, float], ...]] = {  # class -> (region, u, v) at the apex; v points down the image
    "negative": (("left_brow", 0.6, 0.8), ("right_brow", -0.6, 0.8)),
    "positive": (("left_cheek", -0.6, -0.8), ("right_cheek", 0.6, -0.8)),
    "happiness": (("left_cheek", -0.6, -0.8), ("right_cheek", 0.6, -0.8)),
    "surprise": (("left_brow", 0.0, -1.0), ("right_brow", 0.0, -1.0)),
    "disgust": (("nose", 0.0, -1.0),),
    "repression": (("mouth", 0.0, -1.0),),
    "others": (("left_brow", 0.6, 0.8), ("right_brow", -0.6, 0.8)),
}
_NUM_WAVES = 4  # cosine waves per axis of a smooth texture


def render(options: Mapping[str, Plain], key: str, emotion: str, num_frames: int, size: int) -> np.ndarray:
    """The clip's flow from onset to each frame: float32 (T, 2, H, W) = (u, v), pixels of that frame size."""
    rng = _rng(options, "clip", key)
    flow = NOISE_PX * rng.standard_normal((num_frames, 2, size, size), dtype=np.float32)
    subject = key.rpartition("/")[0]
    if options["signal"] or options["identity"]:
        flow += SUBJECT_PX * _texture(_rng(options, "subject", subject), size)
    if options["identity"]:
        flow += IDENTITY_PX * _texture(_rng(options, "identity", subject, emotion), size)
        flow += CLIP_PX * _texture(_rng(options, "clip texture", key), size)
    if options["signal"]:
        peak = _rng(options, "peak", key).uniform(*PEAK_PX)
        flow += peak * time_course(options, key, num_frames)[:, None, None, None] * _motion(emotion, size)
    return np.asarray(flow * (size / REFERENCE_SIZE), dtype=np.float32)


def time_course(options: Mapping[str, Plain], key: str, num_frames: int) -> np.ndarray:
    """How far the motion has gone at each frame: float32 (T,), a bell around the clip's apex, at most 1."""
    apex = np.clip(_rng(options, "apex", key).normal(0.5, 0.15), 0.3, 0.8)
    time = np.arange(1, num_frames + 1, dtype=np.float32) / num_frames
    return np.exp(-0.5 * ((time - np.float32(apex)) / np.float32(0.2)) ** 2)


def _rng(options: Mapping[str, Plain], *names: str) -> np.random.Generator:
    """A generator seeded by the corpus' seed and what is drawn: independent for every name, equal on every machine."""
    seed = hashlib.sha256("\n".join((f"losotune-synthetic:{options['seed']}", *names)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(seed[:16], "little")))


def _texture(rng: np.random.Generator, size: int) -> np.ndarray:
    """A smooth random flow field of unit root mean square: float32 (2, H, W)."""
    waves = _waves(size)  # (H, waves)
    field = waves @ rng.standard_normal((2, _NUM_WAVES, _NUM_WAVES), dtype=np.float32) @ waves.T
    return field / np.sqrt(np.mean(field**2))


@functools.cache
def _waves(size: int) -> np.ndarray:
    position = (np.arange(size, dtype=np.float32) + 0.5) / size
    return np.cos(np.pi * position[:, None] * np.arange(1, _NUM_WAVES + 1, dtype=np.float32))


@functools.cache
def _motion(emotion: str, size: int) -> np.ndarray:
    """A class's motion at the apex, peak 1: float32 (2, H, W)."""
    if emotion not in MOTIONS:
        raise ValueError(f"The synthetic corpus must plant one of {', '.join(sorted(MOTIONS))}, but got '{emotion}'. Add it to MOTIONS.")
    position = (np.arange(size, dtype=np.float32) + 0.5) / size
    field = np.zeros((2, size, size), dtype=np.float32)
    for region, u, v in MOTIONS[emotion]:
        x, y = REGIONS[region]
        blob = np.exp(-((position[None, :] - x) ** 2 + (position[:, None] - y) ** 2) / (2 * REGION_SIGMA**2))
        field += np.array([u, v], dtype=np.float32)[:, None, None] * blob
    return field
