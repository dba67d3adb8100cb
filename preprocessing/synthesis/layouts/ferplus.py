"""FERPlus: ten votes for each of FER2013's images, beside its table or with the images in Microsoft's folders.

Published: what the strict and the half rule keep per part and class, images that are not faces, one row of nine votes. Ours: the votes that
lead there, the images' order, and which of FER2013's labels an image has (as near to its votes as FER2013's own counts allow).
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence

from preprocessing.corpora.fer2013 import EMOTIONS as LABELS
from preprocessing.corpora.ferplus import EMOTIONS, FOLDERS, NUM_VOTES
from preprocessing.synthesis.casting import interleaved, per_subject
from preprocessing.synthesis.layouts.fer2013 import HEADERS
from preprocessing.synthesis.pixel_tables import NOT_A_FACE, Table, image_files, in_parts, table_parts
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings

VARIANTS = ("table", "folders")
IMAGES = ("raw",)
_NOT_FACES = {"Training": 148, "PublicTest": 10, "PrivateTest": 15}
_LABEL = {"happiness": "happy", "sadness": "sad", "anger": "angry", "contempt": "neutral"}
"""FER2013's label of an emotion, where it has another name."""
_TABLE = "fer2013.csv"


def plan(settings: Settings) -> Plan:
    """Votes and images as ``settings.variant`` says; parts count as subjects."""
    rows = in_parts({usage: _rows(usage) for usage in FOLDERS}, settings)
    clips = tuple(_clip(row, usage, name) for row, (usage, name) in enumerate(rows))
    votes = [_votes(clip, row, nine=row == _first_undecided(clips)) for row, clip in enumerate(clips)]
    files = {
        "fer2013new.csv": _csv(
            [["Usage", "Image name", *EMOTIONS, "unknown", "NF"], *(_line(c, v) for c, v in zip(clips, votes, strict=True))]
        )
    }
    if settings.variant == "folders":
        folders = {usage: f"data/{name}" for usage, name in FOLDERS.items()}
        for usage, folder in folders.items():
            own = [[f"{c.filename}.png", "(0, 0, 48, 48)", *v] for c, v in zip(clips, votes, strict=True) if c.subject == usage]
            files |= {f"{folder}/label.csv": _csv(own)} if own else {}
        return Plan(settings=settings, clips=clips, units=image_files(folders, clips), files=files, cameras={})
    table = Table(name=_TABLE, header=HEADERS["fer2013"], labels=tuple(_labels(clips)))
    return Plan(settings=settings, clips=clips, units=table_parts(_TABLE, clips), files=files, cameras={}, table=table)


def _rows(usage: str) -> list[str]:
    """``strict fear``: an image that the strict rule keeps as fear; ``half``: only the half rule does; ``undecided``: neither."""
    strict, half = (per_subject(f"{task}/ferplus_8")[usage] for task in ("ferplus", "ferplus_half"))
    num_images = sum(per_subject("fer2013/fer2013_7")[usage].values())
    counts = {f"strict {name}": strict[name] for name in EMOTIONS} | {f"half {name}": half[name] - strict[name] for name in EMOTIONS}
    counts[NOT_A_FACE] = _NOT_FACES[usage]
    counts["undecided neutral"] = num_images - sum(counts.values())
    return interleaved(counts)


def _clip(row: int, usage: str, name: str) -> PlannedClip:
    emotion = "neutral" if name == NOT_A_FACE else name.split()[1]
    quirk = name if name == NOT_A_FACE else name.split()[0]
    return PlannedClip(corpus="ferplus", subject=usage, filename=f"fer{row:07d}", emotion=emotion, quirk=quirk)


def _first_undecided(clips: Sequence[PlannedClip]) -> int | None:
    return next((row for row, clip in enumerate(clips) if clip.quirk == "undecided"), None)


def _votes(clip: PlannedClip, row: int, *, nine: bool) -> list[int]:
    """Ten counts, or nine votes: the eight emotions, unknown, not a face."""
    if clip.quirk == NOT_A_FACE:
        return [*([0] * len(EMOTIONS)), 0, NUM_VOTES]
    main, second, third = ((EMOTIONS.index(clip.emotion) + step) % len(EMOTIONS) for step in (0, 1, 2))
    unknown = row % 3 if clip.quirk == "strict" else 0
    most = {"strict": 6 + row % 4 - unknown // 2, "half": 6, "undecided": 4}[clip.quirk]
    votes = [0] * (len(EMOTIONS) + 2)
    votes[main] = min(most, NUM_VOTES - unknown)
    votes[-2], votes[-1] = unknown, int(clip.quirk == "half")
    left = NUM_VOTES - sum(votes)
    votes[second], votes[third] = (left, 0) if clip.quirk != "undecided" else (3, 2 if nine else 3)
    return votes


def _line(clip: PlannedClip, votes: Sequence[int]) -> list[str | int]:
    return [clip.subject, "" if clip.quirk == NOT_A_FACE else f"{clip.filename}.png", *votes]


def _labels(clips: Sequence[PlannedClip]) -> list[tuple[int, str]]:
    """(FER2013's label, usage): the one nearest to the votes while FER2013 has it, else the one that is left most."""
    left = {usage: Counter(counts) for usage, counts in per_subject("fer2013/fer2013_7").items()}
    found = []
    for clip in clips:
        wanted = _LABEL.get(clip.emotion, clip.emotion)
        label = wanted if left[clip.subject][wanted] else left[clip.subject].most_common(1)[0][0]
        left[clip.subject][label] -= 1
        found.append((LABELS.index(label), clip.subject))
    return found


def _csv(rows: Sequence[Sequence[str | int]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode()
