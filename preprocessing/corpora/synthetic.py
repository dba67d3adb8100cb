"""A licence-free corpus without files: planted motion or planted identity in the official layouts (subjects and class counts).

The tensors are rendered by the pipelines ``synthetic_flow`` and ``synthetic_flow_image`` from (options, clip key, emotion); see
``preprocessing/steps/synthetic_flow.py`` for what is planted. Counts: published ones, ``preprocessing/data/synthetic_layouts.json``.
"""

import functools
import json
from importlib import resources
from pathlib import Path
from typing import Any

from preprocessing.clip import Clip
from preprocessing.options import Plain

PIPELINE = "synthetic_flow"
OPTIONS: dict[str, Plain] = {
    "signal": True,  # motion predicts the emotion: an honest model scores high
    "identity": False,  # a texture per (subject, class) predicts it: only a model that has seen the subject scores above chance
    "layout": "smic_hs",  # smic_hs, casme2_5class, samm_3class or megc2019_cde
    "max_subjects": 0,  # 0 keeps all; else the subjects with most clips, so that sizes stay unequal
    "seed": 0,
}


def read(
    root: Path | None, *, signal: bool = True, identity: bool = False, layout: str = "smic_hs", max_subjects: int = 0, seed: int = 0
) -> list[Clip]:
    """The clips of a layout, sorted by key. ``root``, ``signal``, ``identity`` and ``seed`` do not change the list, only the tensors."""
    if layout not in layouts():
        raise ValueError(f"The layout must be one of {', '.join(layouts())}, but got '{layout}'. Pass --option layout=smic_hs.")
    if max_subjects < 0:
        raise ValueError(f"max_subjects must be at least 0 (all), but got {max_subjects} for 'synthetic'. Pass --option max_subjects=0.")
    classes, counts = layouts()[layout]["classes"], layouts()[layout]["clips_per_subject"]
    subjects = [(corpus, subject, numbers) for corpus, by_subject in counts.items() for subject, numbers in by_subject.items()]
    subjects.sort(key=lambda row: (-sum(row[2]), row[0], row[1]))
    clips = [
        _clip(corpus, subject, emotion, number)
        for corpus, subject, numbers in subjects[: max_subjects or None]
        for emotion, count in zip(classes, numbers, strict=True)
        for number in range(1, count + 1)
    ]
    return sorted(clips, key=lambda clip: clip.key)


@functools.cache
def layouts() -> dict[str, Any]:
    """layout -> {classes in order, clips_per_subject: corpus -> subject -> count per class}."""
    return json.loads((resources.files("preprocessing") / "data" / "synthetic_layouts.json").read_text(encoding="utf-8"))


def _clip(corpus: str, subject: str, emotion: str, number: int) -> Clip:
    return Clip(
        corpus=corpus, subject=subject, filename=f"{emotion}_{number:02d}", frames=(), onset=None, apex=None, offset=None, emotion=emotion
    )
