"""Sample set: whether a list of clips is the official 442 of the MEGC 2019 composite, and if not, how it differs.

The ground truth is licence-bound, so no list of clips is kept here: ``data/megc2019_hashes.txt`` holds, per subject and class, eight hex
digits of each clip's salted sha256. Canonical line: ``corpus,subject,clip,label`` as in MEGC's ``combined_3class_gt.csv`` (SAMM subjects
without leading zeros).
"""

import functools
import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from preprocessing.classes import scheme
from preprocessing.clip import Clip

OFFICIAL_DIGEST = "9a801111d325f23931162d54e465c96e6e6fe8c1e0ab17900017c586bc99d318"
"""sha256 of the 442 canonical lines, sorted, one per line."""
_SALT = "losotune-megc2019:"


@dataclass(frozen=True, kw_only=True)
class SampleSetReport:
    """How a list of clips compares with the official 442."""

    num_clips: int
    digest: str
    """sha256 of its canonical lines."""
    extra: tuple[str, ...] = ()
    """Keys of clips that are not among the 442, or that occur twice."""
    missing: tuple[str, ...] = ()
    """What lacks, by subject and class."""
    relabelled: tuple[str, ...] = ()
    """Clips of the 442 under another label."""

    @property
    def official(self) -> bool:
        return self.digest == OFFICIAL_DIGEST

    def __str__(self) -> str:
        if self.official:
            return "this is the official 442 of MEGC 2019: 68 subjects, 250 negative, 109 positive, 83 surprise"
        parts = [f"{name}: {', '.join(items)}" for name in ("missing", "extra", "relabelled") if (items := getattr(self, name))]
        return f"these {self.num_clips} clips are not the official 442 of MEGC 2019; " + "; ".join(parts)


def check_megc2019(clips: Iterable[Clip]) -> SampleSetReport:
    """Compare clips with the official 442 by key and label."""
    clips = list(clips)
    official = {short: group for group, hashes in _official_hashes().items() for short in hashes}
    seen: set[str] = set()
    extra, relabelled = [], []
    for clip in clips:
        label = scheme("megc3").index(clip.emotion)
        matches = {other: short for other in range(3) if (short := short_hash(canonical_line(clip, other))) in official}
        if not matches or seen & set(matches.values()):
            extra.append(clip.key)
            continue
        seen |= set(matches.values())
        if label not in matches:
            relabelled.append(f"{clip.key} is {clip.emotion} here and {scheme('megc3').classes[min(matches)]} there")
    lines = sorted(canonical_line(clip, scheme("megc3").index(clip.emotion)) for clip in clips)
    return SampleSetReport(
        num_clips=len(clips), digest=hashlib.sha256("\n".join(lines).encode()).hexdigest(), extra=tuple(sorted(extra)),
        missing=_missing(official, seen), relabelled=tuple(sorted(relabelled)),
    )  # fmt: skip


def canonical_line(clip: Clip, label: int | None) -> str:
    """``corpus,subject,clip,label`` as the ground truth spells them, however the corpus on disk does."""
    digits = re.sub(r"\D", "", clip.subject) or "0"
    subject = {"casme2": f"sub{int(digits):02d}", "smic": f"s{int(digits):02d}", "samm": str(int(digits))}.get(clip.corpus, clip.subject)
    filename = re.sub(r"^s(\d)_", r"s0\1_", clip.filename) if clip.corpus == "smic" else clip.filename
    return f"{clip.corpus},{subject},{filename},{'' if label is None else label}"


def short_hash(line: str) -> str:
    """Eight hex digits that stand for one canonical line."""
    return hashlib.sha256((_SALT + line).encode()).hexdigest()[:8]


def _missing(official: dict[str, str], seen: set[str]) -> tuple[str, ...]:
    lacking = Counter(group for short, group in official.items() if short not in seen)
    hashes = {group: ", ".join(sorted(s for s, g in official.items() if g == group and s not in seen)) for group in lacking}
    return tuple(f"{count} {group} (hash {hashes[group]})" for group, count in sorted(lacking.items()))


@functools.cache
def _official_hashes() -> dict[str, tuple[str, ...]]:
    """``negative clip(s) of casme2/sub01`` -> hashes."""
    text = (resources.files("preprocessing") / "data" / "megc2019_hashes.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {f"{emotion} clip(s) of {subject}": tuple(hashes) for subject, emotion, *hashes in rows}
