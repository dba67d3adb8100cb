"""Counts: whether a corpus' clips are as many as published, per class and per subject, and where they differ.

The numbers are plain published counts (``data/published_counts.json``), not annotations: CASME (SHCNN, STANet), CASME II (SHCNN, STANet,
STRCN), SMIC, SAMM, MEGC 2019, CAS(ME)^3, FER2013 and FERPlus. Of CAS(ME)^2 and MMEW only totals are published in what we could read.
"""

import functools
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from preprocessing.classes import scheme
from preprocessing.clip import Clip
from preprocessing.options import Plain

_CHOOSES = {"smic": ("camera", "hs"), "ferplus": ("rule", "strict"), "casme_squared": ("expressions", "micro")}
"""Corpus -> the option that chooses its clips, and the choice that goes by the corpus' own name."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One count that is not the published one."""

    what: str
    """A class, a qualified subject, or a class of a subject."""
    found: int
    published: int

    def __str__(self) -> str:
        return f"{self.what} {self.found} instead of {self.published}"


@dataclass(frozen=True, kw_only=True)
class CountReport:
    """A corpus' clips within a class scheme beside the published counts."""

    task: str
    """``casme2/casme2_5``."""
    source: str
    """Who published the counts; empty: nobody."""
    num_clips: int
    published: int | None
    """Clips in the task; None: not published."""
    classes: Mapping[str, int]
    subjects: Mapping[str, int]
    differences: tuple[Difference, ...]
    """Per class, then per subject, then per subject and class, as far as published."""

    @property
    def official(self) -> bool:
        """Whether every published count is met."""
        return self.published is not None and not self.differences

    def __str__(self) -> str:
        found = f"{self.task}: {self.num_clips} clips, {len(self.subjects)} subjects"
        if self.published is None:
            return f"{found}; no counts are published"
        if self.official:
            return f"{found}: the official {self.published} ({self.source})"
        return f"{found}, not the official {self.published} ({self.source}): {'; '.join(map(str, self.differences))}"


def tasks(corpus: str) -> list[str]:
    """The class schemes that counts are published for, of a corpus."""
    return sorted(task.split("/")[1] for task in _published() if task.split("/")[0] == corpus)


def counted_as(corpus: str, options: Mapping[str, Plain]) -> str:
    """Under which name a corpus is counted: with another camera, rule or kind of expression it has other clips (``smic_vis``)."""
    option, usual = _CHOOSES.get(corpus, ("", None))
    chosen = options.get(option, usual)
    return corpus if chosen == usual else f"{corpus}_{chosen}"


def check(corpus: str, class_scheme: str, clips: Iterable[Clip]) -> CountReport:
    """Count the clips that the class scheme knows and compare; ``corpus`` is a name of ``counted_as``."""
    task, known = f"{corpus}/{class_scheme}", scheme(class_scheme)
    labelled = [(clip, index) for clip in clips if not clip.copy_of and (index := known.index(clip.emotion)) is not None]
    classes = Counter(known.classes[index] for _, index in labelled)
    subjects = Counter(clip.qualified_subject for clip, _ in labelled)
    pairs = Counter(f"{clip.qualified_subject} {known.classes[index]}" for clip, index in labelled)
    published = _published().get(task, {})
    per_subject = published.get("subjects", {})
    totals = {subject: sum(numbers) if isinstance(numbers, list) else numbers for subject, numbers in per_subject.items()}
    per_pair = {
        f"{subject} {name}": count
        for subject, numbers in per_subject.items() if isinstance(numbers, list)
        for name, count in zip(published["classes"], numbers, strict=True)
    }  # fmt: skip
    differences = [*_differences(classes, published.get("classes", {})), *_differences(subjects, totals), *_differences(pairs, per_pair)]
    if (count := published.get("num_clips")) not in (None, len(labelled)):
        differences.append(Difference(what="clips", found=len(labelled), published=count))
    if (count := published.get("num_subjects")) not in (None, len(subjects)):
        differences.append(Difference(what="subjects", found=len(subjects), published=count))
    return CountReport(
        task=task, source=published.get("source", ""), num_clips=len(labelled), classes={name: classes[name] for name in known.classes},
        published=published.get("num_clips") or sum(published.get("classes", {}).values()) or None, subjects=dict(sorted(subjects.items())),
        differences=tuple(differences),
    )  # fmt: skip


def published_counts(corpus: str, class_scheme: str) -> dict[str, Any]:
    """``{source, classes: class -> count, subjects: qualified subject -> count or counts per class, num_subjects}``; empty: none known.

    Where no classes are published, ``num_clips`` stands in their place.
    """
    return dict(_published().get(f"{corpus}/{class_scheme}", {}))


def _differences(found: Mapping[str, int], published: Mapping[str, int]) -> list[Difference]:
    names = [*published, *sorted(set(found) - set(published))] if published else []
    return [
        Difference(what=name, found=found.get(name, 0), published=published.get(name, 0))
        for name in names if found.get(name, 0) != published.get(name, 0)
    ]  # fmt: skip


@functools.cache
def _published() -> dict[str, Any]:
    return json.loads((resources.files("preprocessing") / "data" / "published_counts.json").read_text(encoding="utf-8"))
