"""Material: the photographs and synthesized clips that figures are made of, and how large they are drawn."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
import skimage.data

from docs.figures.endpoint_error import METHODS
from preprocessing.steps.decode import read_image
from preprocessing.synthesis import clips, faces
from preprocessing.synthesis.camera import CAMERAS, Camera
from preprocessing.synthesis.clips import SyntheticClip

PHOTOGRAPHS = ("astronaut", "hopper")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How large figures are and how long they take."""

    dpi: int = 125
    camera: Camera = CAMERAS["casme2_cropped"]
    num_frames: int = 48
    """Of the clips that are shown over time."""
    flow: str = "tvl1"
    """Method behind the figures of what comes after flow."""
    methods: tuple[str, ...] = METHODS
    """Methods that are compared."""


TINY = Scale(dpi=40, camera=Camera(width=140, height=170, face_width=115), num_frames=8, flow="dis", methods=("farneback", "dis"))
"""As fast as it goes, for tests."""


def photograph(name: str) -> np.ndarray:
    """RGB (H, W, 3): scikit-image's astronaut, Eileen Collins, or matplotlib's Grace Hopper; both in the public domain."""
    if name == "astronaut":
        return np.asarray(skimage.data.astronaut())
    return read_image(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg", colour=True, where=name)


def person(photograph: str) -> str:
    """The first subject whose face is made from a photograph, ``collins`` or ``hopper``."""
    subjects = (f"sub{number:02d}" for number in range(1, 100))
    return next(subject for subject in subjects if faces.identity("casme2", subject).photo == photograph)


def clip(subject: str, emotion: str, *, amplitude_px: float, num_frames: int = 2, apex: int | None = None) -> SyntheticClip:
    """A clip of an invented person; its apex is in the middle, of two frames the second."""
    return clips.make_clip(
        faces.identity("casme2", subject), f"{emotion}_{amplitude_px:g}", emotion, num_frames=num_frames,
        apex=num_frames // 2 if apex is None else apex, amplitude_px=amplitude_px,
    )  # fmt: skip


@lru_cache(maxsize=4)
def frames(of: SyntheticClip, camera: Camera) -> np.ndarray:
    """RGB uint8 (T, H, W, 3), read-only; the last few are remembered."""
    drawn = clips.render(of, camera)
    drawn.setflags(write=False)
    return drawn
