"""Plan: what a synthetic corpus will hold, decided before a picture is drawn. Clips with their truth, folders of frames, tables.

Equal settings give equal plans; every draw is seeded by the settings' seed and the name of what is drawn.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from preprocessing.options import Plain
from preprocessing.synthesis.camera import Camera

SIZES = {"full": 1.0, "half": 0.5, "quarter": 0.25}
"""Name -> scale of the corpus' pictures."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides the bytes of a synthetic corpus."""

    corpus: str
    variant: str
    """One of the layout's ``VARIANTS``."""
    images: str
    """One of the layout's ``IMAGES``, or ``both``."""
    seed: int = 0
    subjects: int = 0
    """0: all."""
    clips_per_subject: int = 0
    """0: all."""
    max_frames: int = 0
    """Frames from onset to offset at most; 0: as long as the corpus' clips are."""
    size: str = "full"
    quality: int = 95
    """Of JPEG images."""
    with_errors: bool = False
    """Whether the sheet has the errors that the official one is known for."""
    names: tuple[tuple[str, str, str, str], ...] = ()
    """(corpus, subject, clip, class) of clips whose official names are to be used, as in MEGC's ground truth."""

    def rng(self, *names: str) -> np.random.Generator:
        """A generator for what the names say, independent of all others and equal on every machine."""
        text = "\n".join((f"losotune-synthesize:{self.seed}", *names))
        return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")))

    def camera(self, camera: Camera) -> Camera:
        """The corpus' camera at the wanted size."""
        scale = SIZES[self.size]
        width, height, face = (round(pixels * scale) for pixels in (camera.width, camera.height, camera.face_width))
        return Camera(width=width, height=height, face_width=face, colour=camera.colour)

    def kinds(self, offered: tuple[str, ...]) -> tuple[str, ...]:
        """The kinds of images to write."""
        return offered if self.images == "both" else (self.images,)


@dataclass(frozen=True, kw_only=True)
class PlannedClip:
    """One expression: its truth, and what the sheet says of it."""

    corpus: str
    subject: str
    """As the corpus' reader spells it, like ``filename``."""
    filename: str
    emotion: str
    """As the sheet spells it."""
    shown: str = ""
    """The emotion that the face shows, where the sheet's text is not one."""
    photo: str = ""
    """The photograph behind the face, where it is not the one drawn for the person (``auditions.py``)."""
    onset: int = 0
    apex: int = 0
    offset: int = 0
    """True frame numbers."""
    amplitude_px: float | None = None
    """Largest displacement at the apex, in pixels of a face of 280x340; None: a micro-expression's, drawn for the clip."""
    missing: tuple[int, ...] = ()
    """Frames that are not on disk."""
    cells: Mapping[str, str] = field(default_factory=dict)
    """Field of ``sheets.Row`` -> what the sheet says instead of the truth."""
    video: str = ""
    """The long video that it is part of."""
    digits: int = 0
    """What its frames' numbers are padded to; 0: they are not."""
    quirk: str = ""
    """What is unusual about it, for the truth file."""
    has_row: bool = True

    @property
    def key(self) -> str:
        return f"{self.corpus}/{self.subject}/{self.filename}"

    @property
    def num_frames(self) -> int:
        return self.offset - self.onset + 1

    @property
    def numbers(self) -> tuple[int, ...]:
        """The frames on disk."""
        return tuple(n for n in range(self.onset, self.offset + 1) if n not in self.missing)

    def cell(self, name: str) -> int | str:
        """What the sheet has in a field: numbers as numbers."""
        text = self.cells.get(name, str(getattr(self, name)))
        return int(text) if text.isdigit() else text


class Unit(Protocol):
    """A piece of work that is on disk whole or not at all."""

    @property
    def num_clips(self) -> int: ...

    def is_finished(self, root: Path) -> bool: ...

    def write(self, root: Path, settings: Settings) -> None: ...


class Last(Protocol):
    """What is written once all units are."""

    def finish(self, root: Path) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A synthetic corpus as it will lie on disk."""

    settings: Settings
    clips: tuple[PlannedClip, ...]
    units: tuple[Unit, ...]
    files: Mapping[str, bytes]
    """Path -> sheets and tables that need no pictures."""
    cameras: Mapping[str, Camera]
    """Corpus and kind of images (``casme2 raw``) -> camera."""
    options: Mapping[str, Plain] = field(default_factory=dict)
    """Options with which the corpus' reader reads it."""
    notes: tuple[str, ...] = ()
    """What differs from the official corpus, in sentences."""
    table: Last | None = None

    @property
    def num_frames(self) -> int:
        return sum(len(clip.numbers) for clip in self.clips)
