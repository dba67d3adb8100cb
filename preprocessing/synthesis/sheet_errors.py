"""Sheet errors: what official sheets say wrongly, planted where their published corrections find it."""

import dataclasses
from collections.abc import Sequence

from preprocessing.patches import Correction, Patch
from preprocessing.sheets import ABSENT
from preprocessing.synthesis.plan import PlannedClip
from preprocessing.synthesis.timing import corrections_of

_FAR = 20  # frames that a wrong number lies outside the clip


def planted(clips: Sequence[PlannedClip], patches: Sequence[Correction], *, errors: bool) -> list[PlannedClip]:
    """The clips of a full sheet, in order, with what it lacks (an apex written as ``/``) and, with ``errors``, its wrong cells.

    A wrong number that was not published is one that cannot be: an onset behind the offset, an apex behind it, an offset before the onset.
    A correction that the clip's truth does not agree with (frames were limited) is left out.
    """
    return [_planted(clip, corrections_of(clip, at, len(clips), patches), errors) for at, clip in enumerate(clips)]


def _planted(clip: PlannedClip, corrections: Sequence[Patch], errors: bool) -> PlannedClip:
    wrong: dict[str, str] = {
        patch.field: _wrong(clip, patch) for patch in corrections if _is_true(clip, patch) and (errors or patch.old in ABSENT)
    }
    if not wrong:
        return clip
    told = ", ".join(f"{field} as {text}" for field, text in wrong.items())
    quirk = f"{clip.quirk}; the sheet has the {told}" if clip.quirk else f"the sheet has the {told}"
    return dataclasses.replace(clip, cells={**clip.cells, **wrong}, quirk=quirk)


def _is_true(clip: PlannedClip, patch: Patch) -> bool:
    return patch.number is None or getattr(clip, patch.field) == patch.number


def _wrong(clip: PlannedClip, patch: Patch) -> str:
    if patch.old is not None:
        return patch.old
    if patch.field == "action_units":
        return "4 or 7"
    return str(max(clip.onset - _FAR, 0) if patch.field == "offset" else clip.offset + _FAR)
