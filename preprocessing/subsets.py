"""Subsets: which clips of a corpus each paper's experiment consists of, and how many of them can be used as they lie on disk.

Sources: STANet Sec. 4, SHCNN Sec. 4, REGION Sec. 3 (the MEGC 2019 composite), STRCN Sec. IV; numbers in ``data/published_counts.json``.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from preprocessing.classes import scheme
from preprocessing.clip import Clip
from preprocessing.corpora import megc2019
from preprocessing.counts import published_counts
from preprocessing.sample_set import check_megc2019
from preprocessing.survey import Survey

_PAPERS = (
    ("STANet", "casme", "casme_4"),
    ("STANet", "casme2", "casme2_5"),
    ("STANet", "smic", "smic_3"),
    ("SHCNN", "casme", "casme_5"),
    ("SHCNN", "casme2", "casme2_5"),
    ("SHCNN", "samm", "samm_3"),
    ("SHCNN", "fer2013", "fer2013_7"),
    ("SHCNN", "ferplus", "ferplus_8"),
    ("REGION", "megc2019", "megc3"),
    ("REGION", "megc2019_flow", "megc3"),
    ("STRCN", "smic", "smic_3"),
    ("STRCN", "casme2", "casme2_4"),
    ("STRCN", "samm", "samm_4"),
)
"""(paper, corpus as it is counted, class scheme)."""


@dataclass(frozen=True, kw_only=True)
class Subset:
    """What one paper's experiment will find."""

    paper: str
    class_scheme: str
    published: int
    """Clips as the paper has them."""
    num_clips: int
    """Labelled clips that the class scheme knows."""
    num_usable: int
    """Those among them whose images can be read."""
    sample_set: tuple[str, ...] | None = None
    """How the usable clips differ from MEGC 2019's official list by name and label; None: there is no official list."""

    @property
    def complete(self) -> bool:
        return self.num_usable == self.published and not self.sample_set

    def __str__(self) -> str:
        labelled = "" if self.num_usable == self.num_clips else f" ({self.num_clips} labelled)"
        verdict = (
            "" if self.sample_set is None else ", not those of the official list" if self.sample_set else ", those of the official list"
        )
        return f"{self.paper}, {self.class_scheme}: {self.num_usable} of {self.published} clips{labelled}{verdict}"


def subsets(counted_as: str, survey: Survey, lost: Collection[str]) -> list[Subset]:
    """What each paper will find in a corpus; ``lost`` holds the keys of clips that cannot be used."""
    found = [
        _subset(paper, name, published_counts(corpus, name)["classes"].values(), survey.clips, lost)
        for paper, corpus, name in _PAPERS
        if corpus == counted_as
    ]
    return [*found, *([_part_of_megc(survey, lost)] if counted_as in megc2019.SCHEMES else [])]


def _subset(paper: str, name: str, published: Collection[int], clips: Sequence[Clip], lost: Collection[str]) -> Subset:
    known = [clip for clip in clips if scheme(name).index(clip.emotion) is not None]
    usable = [clip for clip in known if clip.key not in lost]
    return Subset(
        paper=paper, class_scheme=name, published=sum(published), num_clips=len(known), num_usable=len(usable),
        sample_set=_official(usable, megc2019.SCHEMES) if name == "megc3" else None,
    )  # fmt: skip


def _part_of_megc(survey: Survey, lost: Collection[str]) -> Subset:
    """What of a raw corpus goes into the composite that REGION is evaluated on."""
    known = megc2019.merged(survey)
    usable = [clip for clip in known if clip.key not in lost]
    subjects = published_counts("megc2019", "megc3")["subjects"]
    published = sum(sum(numbers) for subject, numbers in subjects.items() if subject.startswith(f"{survey.corpus}/"))
    return Subset(
        paper="REGION, its part of MEGC 2019", class_scheme=megc2019.SCHEMES[survey.corpus], published=published, num_clips=len(known),
        num_usable=len(usable), sample_set=_official(usable, [survey.corpus]),
    )  # fmt: skip


def _official(clips: Sequence[Clip], corpora: Iterable[str]) -> tuple[str, ...]:
    """How clips differ from MEGC 2019's list as far as it is of these corpora."""
    report = check_megc2019(clips)
    missing = [line for line in report.missing if any(f" of {corpus}/" in line for corpus in corpora)]
    parts = {"missing": missing, "extra": report.extra, "another label": report.relabelled}
    return tuple(f"{name}: {line}" for name, lines in parts.items() for line in lines)
