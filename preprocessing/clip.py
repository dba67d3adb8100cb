"""Clip: one labelled video of a corpus, as its sheet and folders describe it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One image file and its absolute frame number (parsed from the file name, never formatted)."""

    number: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One labelled video. ``(corpus, subject, filename)`` is its key: clip names repeat between subjects, subjects between corpora."""

    corpus: str
    """The source corpus, also inside a composite: ``casme2``."""
    subject: str
    """As the corpus spells it: ``sub17``. Qualified form: ``casme2/sub17``."""
    filename: str
    frames: tuple[Frame, ...]
    onset: int | None
    apex: int | None
    offset: int | None
    emotion: str
    """As the sheet spells it."""
    action_units: str = ""
    fps: float | None = None
    split: str = ""
    """``train``, ``validation`` or ``test`` where the corpus fixes them, else empty."""
    label_distribution: tuple[tuple[str, float], ...] = ()
    """(emotion, share of the votes) where several people labelled it, in the corpus' fixed order; shares may add up to less than 1."""
    copy_of: str = ""
    """The key of the clip that this one is an augmented copy of, else empty; copies never leave their clip's fold."""

    @property
    def qualified_subject(self) -> str:
        return f"{self.corpus}/{self.subject}"

    @property
    def key(self) -> str:
        return f"{self.corpus}/{self.subject}/{self.filename}"
