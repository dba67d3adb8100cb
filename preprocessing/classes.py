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
    return _grouped(name, **{c: (c,) for c in classes})


def _grouped(name: str, **groups: tuple[str, ...]) -> ClassScheme:
    """Classes with the emotions of each, and by their own names; sheets capitalise some (SAMM's ``Other``, CAS(ME)^3's ``Others``)."""
    emotions = {spelling: c for c, members in groups.items() for emotion in (c, *members) for spelling in (emotion, emotion.capitalize())}
    return ClassScheme(name=name, classes=tuple(groups), emotions=emotions)


_MEGC3 = ("negative", "positive", "surprise")
_UNPLEASANT = ("anger", "contempt", "disgust", "fear", "sadness")

_SCHEMES = {
    s.name: s
    for s in (
        # MEGC 2019: 0 negative, 1 positive, 2 surprise, as words or as the ground truth's digits. It knows no raw corpus' emotions: which
        # of them are negative depends on the corpus, so that the composite's reader merges them by the three schemes of its corpora.
        ClassScheme(name="megc3", classes=_MEGC3, emotions={c: c for c in _MEGC3} | {str(i): c for i, c in enumerate(_MEGC3)}),
        _grouped("casme2_3", negative=("disgust", "repression"), positive=("happiness",), surprise=("surprise",)),
        _grouped("samm_3", negative=_UNPLEASANT, positive=("happiness",), surprise=("surprise",)),  # SHCNN: 133 clips
        _spelled_alike("smic_3", *_MEGC3),
        _spelled_alike("casme_4", "disgust", "repression", "surprise", "tense"),  # STANet Sec. 4: 171 clips
        _spelled_alike("casme_5", "tense", "happiness", "repression", "surprise", "disgust"),  # SHCNN: 180 clips
        _spelled_alike("casme2_5", "happiness", "surprise", "disgust", "repression", "others"),  # SHCNN, STANet: 246 clips
        # every emotion of the sheets, to compare whole corpora with what is published of them
        _spelled_alike("casme_8", "tense", "disgust", "repression", "surprise", "happiness", "sadness", "fear", "contempt"),
        _spelled_alike("casme2_7", "others", "disgust", "happiness", "repression", "surprise", "sadness", "fear"),
        _spelled_alike("samm_8", "anger", "other", "happiness", "surprise", "contempt", "disgust", "fear", "sadness"),
        # STRCN Sec. IV: tense and repression are other; 256 clips of CASME II, 159 of SAMM
        _grouped(
            "casme2_4", positive=("happiness",), negative=_UNPLEASANT, surprise=("surprise",), other=("repression", "tense", "others")
        ),
        _grouped("samm_4", positive=("happiness",), negative=_UNPLEASANT, surprise=("surprise",), other=("other",)),
        _spelled_alike("samm_5", "anger", "contempt", "happiness", "surprise", "other"),  # the usual five: 136 clips
        _spelled_alike("fer2013_7", "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"),
        _spelled_alike("ferplus_8", "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
        _grouped(
            "casme3_7", disgust=("disgust",), surprise=("surprise",), others=("others",), fear=("fear",), anger=("anger",),
            sadness=("sad", "sadness"), happiness=("happy", "happiness"),
        ),
        _grouped("casme3_3", negative=("disgust", "fear", "anger", "sad"), positive=("happy",), surprise=("surprise",)),  # 699 clips
        _spelled_alike("casme_squared_4", "negative", "positive", "surprise", "others"),
        _spelled_alike("casme_squared_3", *_MEGC3),
        _grouped(
            "mmew_7", happiness=(), surprise=(), disgust=(), fear=(), anger=(), sadness=(), others=("repression",)
        ),  # MEB names the sheet's `others` repression
        _grouped("mmew_3", negative=("disgust", "fear", "anger", "sadness"), positive=("happiness",), surprise=("surprise",)),
        _spelled_alike("fourdme_5", "negative", "positive", "surprise", "repression", "others"),
        _spelled_alike("fourdme_3", *_MEGC3),
        _spelled_alike("synthetic3", *_MEGC3),
        _spelled_alike("synthetic5", "happiness", "surprise", "disgust", "repression", "others"),  # CASME II's five, in SHCNN's order
    )
}  # fmt: skip
