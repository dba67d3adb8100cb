"""Survey: what a corpus' sheet and folders hold and everything that is wrong with them. A reader's clips are those of a survey.

``preprocessing.doctor`` prints it. Each licensed corpus has ``survey(root, **options) -> Survey`` beside ``read``.
"""

from dataclasses import dataclass
from typing import Literal

from preprocessing.clip import Clip

Kind = Literal[
    "apex", "clip name", "duplicate", "emotion", "image", "image size", "label", "missing frames", "no apex", "no folder", "no frames",
    "number", "path", "range", "same image", "same number", "sheet", "unlabelled folder",
]  # fmt: skip
LOSES_A_CLIP: frozenset[Kind] = frozenset({"clip name", "image", "image size", "label", "no folder", "no frames", "range"})
"""Kinds of problem that leave a clip out of a build."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong, and where."""

    kind: Kind
    where: str
    """A clip's key, or a path."""
    what: str
    fatal: bool = False
    """Whether ``read`` refuses the corpus until it is repaired."""

    @property
    def is_loss(self) -> bool:
        """Whether a build refuses the corpus or leaves a clip out."""
        return self.fatal or self.kind in LOSES_A_CLIP

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A corpus as it lies on disk."""

    corpus: str
    clips: tuple[Clip, ...]
    """Sorted by key. A clip whose frames are missing or whose bounds are impossible has no frames: a build puts it into quarantine."""
    problems: tuple[Problem, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """What was found, by name: sheet, variant, images."""
    patches: tuple[tuple[str, str], ...] = ()
    """Name of each known correction and what became of it."""

    def of_kind(self, kind: Kind) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.kind == kind)

    def checked(self) -> list[Clip]:
        """The clips, if nothing fatal is wrong."""
        fatal = [problem for problem in self.problems if problem.fatal]
        if fatal:
            more = f" (and {len(fatal) - 1} more)" if len(fatal) > 1 else ""
            raise ValueError(f"Corpus '{self.corpus}' must be free of contradictions, but got {fatal[0]}{more}")
        return list(self.clips)


def duplicates(clips: list[Clip]) -> list[Problem]:
    """Clips that share a key: all but the first of each. Two that differ contradict each other; two equal ones count once."""
    first: dict[str, Clip] = {}
    problems = []
    for clip in clips:
        if clip.key in first:
            same = clip == first[clip.key]
            what = "It has two equal rows; they count once." if same else "A clip must occur once, but has two that differ. Keep one."
            problems.append(Problem(kind="duplicate", where=clip.key, what=what, fatal=not same))
        first.setdefault(clip.key, clip)
    return problems


def sorted_unique(clips: list[Clip]) -> tuple[Clip, ...]:
    """By key; the first of those that share one."""
    by_key: dict[str, Clip] = {}
    for clip in clips:
        by_key.setdefault(clip.key, clip)
    return tuple(by_key[key] for key in sorted(by_key))
