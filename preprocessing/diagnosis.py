"""Diagnosis: everything that can be known of a corpus before it is built. Reads sheet, folders and images, and changes nothing."""

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preprocessing import classes, corpora
from preprocessing.counts import CountReport, check, counted_as, tasks
from preprocessing.inspection import ClipImages, image_problems, inspect
from preprocessing.options import Plain
from preprocessing.subsets import Subset, subsets
from preprocessing.survey import Problem, Survey


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What was found."""

    corpus: str
    root: Path | None
    options: Mapping[str, Plain]
    survey: Survey
    refusal: str = ""
    """Why the corpus cannot be read at all; empty: it can."""
    problems: tuple[Problem, ...] = ()
    """Those of sheet and folders, then of images."""
    images: Mapping[str, int] | None = None
    """Size -> number of images that were decoded; None: images were not read."""
    counts: tuple[CountReport, ...] = ()
    subsets: tuple[Subset, ...] = ()
    num_usable: int = 0
    """Labelled clips of which every image can be read."""

    @property
    def given(self) -> dict[str, Plain]:
        """The options that are not the corpus' defaults."""
        defaults = corpora.load(self.corpus).OPTIONS
        return {name: value for name, value in self.options.items() if value != defaults[name]}

    @property
    def usable(self) -> bool:
        """Whether a build takes the corpus and leaves no clip out."""
        return not self.refusal and not any(problem.is_loss for problem in self.problems)

    @property
    def reads(self) -> bool:
        """Whether a build takes the corpus at all."""
        return not self.refusal and not any(problem.fatal for problem in self.problems)

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values; clips by number only."""
        return {
            "corpus": self.corpus, "root": None if self.root is None else str(self.root), "options": dict(self.options),
            "usable": self.usable, "refusal": self.refusal, "facts": dict(self.survey.facts), "num_clips": len(self.survey.clips),
            "num_usable": self.num_usable, "images": None if self.images is None else dict(self.images),
            "problems": [dataclasses.asdict(problem) | {"loses_clips": problem.is_loss} for problem in self.problems],
            "corrections": dict(self.survey.patches),
            "counts": [dataclasses.asdict(report) | {"official": report.official} for report in self.counts],
            "papers": [dataclasses.asdict(subset) | {"complete": subset.complete} for subset in self.subsets],
        }  # fmt: skip


def diagnose(corpus: str, *, root: Path | None, options: Mapping[str, Plain], images: bool = True, progress: bool = False) -> Diagnosis:
    """Survey a corpus, decode its images unless told not to, and compare it with what is published. ``options`` are complete."""
    try:
        survey = _survey(corpus, root, options)
    except ValueError as error:
        return _refused(corpus, root, options, str(error))
    except OSError as error:
        return _refused(corpus, root, options, f"{error.filename} cannot be read ({type(error).__name__}). Check --root and permissions.")
    inspected = inspect([clip for clip in survey.clips if clip.frames], progress=progress) if images else []
    problems = (*survey.problems, *_unknown_emotions(survey), *_without_apex(survey), *image_problems(inspected))
    lost = _lost(survey, inspected)
    name = counted_as(corpus, options)
    return Diagnosis(
        corpus=corpus, root=root, options=options, survey=survey, problems=problems,
        images=_sizes(inspected) if images else None,
        counts=tuple(check(name, scheme, survey.clips) for scheme in class_schemes(corpus, name)),
        subsets=tuple(subsets(name, survey, lost)), num_usable=len(survey.clips) - len(lost),
    )  # fmt: skip


def _refused(corpus: str, root: Path | None, options: Mapping[str, Plain], why: str) -> Diagnosis:
    return Diagnosis(corpus=corpus, root=root, options=options, survey=Survey(corpus=corpus, clips=()), refusal=why)


def class_schemes(corpus: str, name: str) -> list[str]:
    """The class schemes of a corpus that is counted as ``name``: those that carry its name, and those that counts are published for."""
    own = {scheme for scheme in classes.names() if re.fullmatch(rf"{corpus}_\d+", scheme)}
    return sorted(own | set(tasks(name)))


def _survey(corpus: str, root: Path | None, options: Mapping[str, Plain]) -> Survey:
    """Corpora of one kind of file, without sheet corrections, have no survey: their reader refuses what is wrong."""
    module = corpora.load(corpus)
    if hasattr(module, "survey"):
        return module.survey(root, **options)
    return Survey(corpus=corpus, clips=tuple(module.read(root, **options)))


def _lost(survey: Survey, inspected: list[ClipImages]) -> set[str]:
    """Keys of clips that a build leaves out: without images on disk, unreadable, or of several sizes."""
    lost = {images.clip.key for images in inspected if images.unreadable or len(images.sizes) > 1}
    on_disk = hasattr(corpora.load(survey.corpus), "survey")  # the synthetic corpus is rendered
    return lost | {clip.key for clip in survey.clips if on_disk and not clip.frames}


def _sizes(inspected: list[ClipImages]) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for images in inspected:
        sizes.update(images.sizes)
    return dict(sorted(sizes.items(), key=lambda entry: (-entry[1], entry[0])))


def _unknown_emotions(survey: Survey) -> list[Problem]:
    """Labels that no class scheme of the corpus knows: misspelt, or never used in a published experiment."""
    schemes = [classes.scheme(name) for name in class_schemes(survey.corpus, survey.corpus)]
    if not schemes:
        return []
    unknown = [clip for clip in survey.clips if all(scheme.index(clip.emotion) is None for scheme in schemes)]
    names = ", ".join(scheme.name for scheme in schemes)
    return [Problem(kind="emotion", where=clip.key, what=f"'{clip.emotion}' is in none of the class schemes {names}.") for clip in unknown]


def _without_apex(survey: Survey) -> list[Problem]:
    """Clips whose sheet has no apex, where other clips of their corpus have one."""
    with_apex = {clip.corpus for clip in survey.clips if clip.apex is not None}
    told = {problem.where.split(" (row ")[0] for problem in survey.problems if problem.kind in ("apex", "number", "range")}
    return [
        Problem(kind="no apex", where=clip.key, what=f"It has an onset ({clip.onset}) and an offset ({clip.offset}), but no apex.")
        for clip in survey.clips
        if clip.apex is None and clip.onset is not None and clip.corpus in with_apex and clip.key not in told
    ]  # fmt: skip
