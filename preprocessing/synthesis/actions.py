"""Facial actions: which part of the face each of FACS' action units moves, and which of them an emotion shows.

Directions are (out, down): away from the midline of the face and towards the chin, so that a pull describes both sides. What an emotion
shows follows the coding of CASME II (Yan et al., PLoS ONE 2014, Table 2) and EMFACS; each emotion moves one or two of six regions.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Pull:
    """One smooth displacement on each side of the face."""

    left: tuple[int, ...]
    """Landmarks (dlib, from 0) whose mean is the centre on the image's left."""
    right: tuple[int, ...]
    direction: tuple[float, float]
    """(out, down); its length is the strength, relative to the emotion's other pulls."""
    radius: float
    """Where the displacement has faded to nothing, as a share of the face's width."""


_INNER_BROW, _OUTER_BROW = ((20, 21), (22, 23)), ((17, 18, 19), (24, 25, 26))
_CHEEK, _LOWER_LID, _UPPER_LID = ((36, 48), (45, 54)), ((40, 41), (46, 47)), ((37, 38), (43, 44))
_NOSE_WING, _NOSE_ROOT = ((31, 31, 39), (35, 35, 42)), ((21, 27), (22, 27))
_LIP_CORNER, _UPPER_LIP, _LOWER_LIP = ((48,), (54,)), ((50,), (52,)), ((58,), (56,))


def _pull(anchor: tuple[tuple[int, ...], tuple[int, ...]], out: float, down: float, radius: float) -> Pull:
    return Pull(left=anchor[0], right=anchor[1], direction=(out, down), radius=radius)


ACTION_UNITS: dict[int, tuple[Pull, ...]] = {
    1: (_pull(_INNER_BROW, 0.0, -1.0, 0.20),),  # inner brow raiser
    2: (_pull(_OUTER_BROW, 0.0, -1.0, 0.22),),  # outer brow raiser
    4: (_pull(_INNER_BROW, -0.5, 0.85, 0.20),),  # brow lowerer
    6: (_pull(_CHEEK, 0.1, -0.5, 0.26),),  # cheek raiser
    7: (_pull(_LOWER_LID, 0.0, -0.8, 0.14), _pull(_UPPER_LID, 0.0, 0.4, 0.10)),  # lid tightener
    9: (_pull(_NOSE_WING, 0.1, -1.0, 0.22), _pull(_NOSE_ROOT, -0.2, 0.4, 0.16)),  # nose wrinkler
    10: (_pull(_UPPER_LIP, 0.0, -0.8, 0.18),),  # upper lip raiser
    12: (_pull(_LIP_CORNER, 0.75, -0.65, 0.26),),  # lip corner puller
    14: (_pull(_LIP_CORNER, 0.9, -0.1, 0.22),),  # dimpler
    15: (_pull(_LIP_CORNER, 0.1, 1.0, 0.24),),  # lip corner depressor
    20: (_pull(_LIP_CORNER, 1.0, 0.15, 0.26),),  # lip stretcher
    24: (_pull(_LOWER_LIP, -0.3, -1.0, 0.20), _pull(_UPPER_LIP, -0.3, 0.5, 0.16)),  # lip pressor
}
"""Number -> pulls at full strength."""

EMOTIONS: dict[str, tuple[int, ...]] = {
    "neutral": (),
    "happiness": (6, 12),
    "positive": (6, 12),
    "surprise": (1, 2),
    "disgust": (9, 10),
    "repression": (24,),
    "tense": (7,),
    "others": (4,),
    "negative": (4, 9),
    "fear": (1, 20),
    "sadness": (1, 15),
    "anger": (4, 24),
    "contempt": (14,),
}
"""Emotion -> action units."""
ONE_SIDED = frozenset({14})
"""Action units that show on one side of the face only: contempt's dimple."""
_SPELLINGS = {"other": "others", "happy": "happiness", "sad": "sadness", "angry": "anger"}


def action_units(emotion: str) -> tuple[int, ...]:
    """The action units of an emotion as any corpus spells it: ``Other``, ``happy``, ``Happiness``."""
    name = _SPELLINGS.get(emotion.lower(), emotion.lower())
    if name not in EMOTIONS:
        raise ValueError(f"An emotion must be one of {', '.join(sorted(EMOTIONS))}, but got '{emotion}'. Add it to synthesis/actions.py.")
    return EMOTIONS[name]
