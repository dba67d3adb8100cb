"""Timing: where clips begin, peak and end, drawn from a corpus' published statistics and bound by its published corrections."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from preprocessing.patches import Correction, Patch
from preprocessing.synthesis.plan import PlannedClip, Settings

_NUMBERS = ("onset", "apex", "offset")


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Frames from onset to offset, and where between them the apex lies (0 to 1)."""

    mean: float
    sd: float
    shortest: int
    longest: int
    apex_mean: float = 0.5
    apex_sd: float = 0.16

    def draw(self, rng: np.random.Generator, max_frames: int) -> tuple[int, int]:
        """(number of frames, index of the apex): at least 3 frames, the apex inside."""
        length = 0
        while not self.shortest <= length <= self.longest:
            length = round(rng.normal(self.mean, self.sd))
        length = max(min(length, max_frames or length), 3)
        return length, min(max(round(rng.normal(self.apex_mean, self.apex_sd) * (length - 1)), 1), length - 2)


def timed(
    clips: Sequence[PlannedClip], lengths: Lengths | Mapping[str, Lengths], settings: Settings, *,
    first: Callable[[PlannedClip], tuple[int, int]], patches: Sequence[Correction] = (),
) -> list[PlannedClip]:  # fmt: skip
    """The clips with onset, apex and offset; ``clips`` are all rows of the full sheet, in order.

    ``lengths`` may depend on the emotion, under "" for those not named. ``first`` gives the range of the onset. Where a published
    correction names a frame number, the clip has it, so that the error can be planted and its correction tells the truth.
    """
    return [_timed(clip, lengths, settings, first(clip), bound(clip, at, len(clips), patches)) for at, clip in enumerate(clips)]


def in_sequence(clips: Sequence[PlannedClip], *, gap: int) -> list[PlannedClip]:
    """Clips of one video one after another, ``gap`` frames apart."""
    ends: dict[tuple[str, str], int] = {}
    found = []
    for clip in clips:
        later = max(0, ends.get((clip.subject, clip.video), -gap) + gap - clip.onset)
        moved = dataclasses.replace(clip, onset=clip.onset + later, apex=clip.apex + later, offset=clip.offset + later)
        ends[clip.subject, clip.video] = moved.offset
        found.append(moved)
    return found


def bound(clip: PlannedClip, row: int, num_rows: int, patches: Sequence[Correction]) -> dict[str, int]:
    """Field -> the frame number that corrections of this clip, in that row of a sheet of that length, give it."""
    return {patch.field: patch.number for patch in corrections_of(clip, row, num_rows, patches) if patch.number is not None}


def corrections_of(clip: PlannedClip, row: int, num_rows: int, patches: Sequence[Correction]) -> list[Patch]:
    """The corrections of single cells that address a clip."""

    def addressed(patch: Patch) -> bool:
        if patch.row is None:
            return (patch.subject, patch.filename) == (clip.subject, clip.filename)
        return (patch.row, patch.num_rows) == (row, num_rows)

    return [patch for patch in patches if isinstance(patch, Patch) and addressed(patch)]


def _timed(
    clip: PlannedClip, lengths: Lengths | Mapping[str, Lengths], settings: Settings, first: tuple[int, int], fixed: Mapping[str, int]
) -> PlannedClip:
    rng = settings.rng("timing", clip.key)
    chosen = lengths if isinstance(lengths, Lengths) else lengths.get(clip.emotion, lengths[""])
    length, apex = chosen.draw(rng, settings.max_frames)
    start = int(rng.integers(first[0], first[1] + 1))
    times = _around(fixed, length, apex) if fixed else None
    onset, apex, offset = (
        times if times and times[2] - times[0] < (settings.max_frames or 10**6) else (start, start + apex, start + length - 1)
    )
    return dataclasses.replace(clip, onset=onset, apex=apex, offset=offset)


def _around(fixed: Mapping[str, int], length: int, apex: int) -> tuple[int, int, int] | None:
    """Onset, apex and offset with the fixed ones as they are; None: they are impossible together."""
    onset = fixed.get("onset")
    if onset is None:
        latest = min(fixed[name] for name in _NUMBERS if name in fixed) - 1
        wanted = fixed["offset"] - length + 1 if "offset" in fixed else fixed["apex"] - apex
        onset = max(1, min(wanted, latest))
    offset = fixed.get("offset", max(onset + length - 1, fixed.get("apex", 0) + 1))
    peak = fixed.get("apex", onset)
    peak = peak if peak > onset else max(min(onset + apex, offset - 1), onset + 1)  # no motion peaks on its onset, whatever a sheet says
    return (onset, peak, offset) if onset < peak <= offset else None
