"""Class schemes: emotion -> class index in a fixed order, separate from the corpus and never the order of rows in a sheet."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ClassScheme:
    """A classification task: its classes in index order and which spelling of an emotion belongs to which."""

    name: str
    classes: tuple[str, ...]
    emotions: Mapping[str, str]
    """Emotion as a corpus spells it -> class. An emotion that is absent is not part of the task."""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.emotions.values()) - set(self.classes))
        if unknown:
            raise ValueError(f"Emotions must map to the classes {self.classes}, but got {unknown} in '{self.name}'. Fix classes.py.")

    def index(self, emotion: str) -> int | None:
        """The class index of an emotion; None: the clip is not in this task."""
        name = self.emotions.get(emotion)
        return None if name is None else self.classes.index(name)


def names() -> list[str]:
    """The known schemes."""
    return sorted(_SCHEMES)


def scheme(name: str) -> ClassScheme:
    """The scheme of that name."""
    if name not in _SCHEMES:
        raise ValueError(f"A class scheme must be one of {', '.join(names())}, but got '{name}'. Add it to preprocessing/classes.py.")
    return _SCHEMES[name]


def _spelled_alike(name: str, *classes: str) -> ClassScheme:
    return ClassScheme(name=name, classes=classes, emotions={c: c for c in classes})


_MEGC3 = ("negative", "positive", "surprise")

_SCHEMES = {
    s.name: s
    for s in (
        # MEGC 2019: 0 negative, 1 positive, 2 surprise, as words or as the ground truth's digits.
        ClassScheme(name="megc3", classes=_MEGC3, emotions={c: c for c in _MEGC3} | {str(i): c for i, c in enumerate(_MEGC3)}),
        _spelled_alike("synthetic3", *_MEGC3),
        _spelled_alike("synthetic5", "happiness", "surprise", "disgust", "repression", "others"),  # CASME II's five, in SHCNN's order
    )
}
