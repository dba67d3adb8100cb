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
from preprocessing.pixel_csv import SIDE
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
_UNDECIDED = "undecided"


def plan(settings: Settings) -> Plan:
    """Votes and images as ``settings.variant`` says; parts count as subjects."""
    rows = in_parts({usage: _rows(usage) for usage in FOLDERS}, settings)
    clips = tuple(_clip(row, usage, name) for row, (usage, name) in enumerate(rows))
    nine = next((clip for clip in clips if clip.quirk == _UNDECIDED), None)
    votes = [_votes(clip, row, num_votes=NUM_VOTES - (clip is nine)) for row, clip in enumerate(clips)]
    lines = [_line(clip, counts) for clip, counts in zip(clips, votes, strict=True)]
    files = {"fer2013new.csv": _csv([["Usage", "Image name", *EMOTIONS, "unknown", "NF"], *lines])}
    if settings.variant == "folders":
        folders = {usage: f"data/{name}" for usage, name in FOLDERS.items()}
        files |= {f"{folder}/label.csv": _csv(_boxed(clips, votes, usage)) for usage, folder in folders.items()}
        return Plan(settings=settings, clips=clips, units=image_files(folders, clips), files=files, cameras={})
    table = Table(name=_TABLE, header=HEADERS["fer2013"], labels=tuple(_labels(clips)))
    return Plan(settings=settings, clips=clips, units=table_parts(_TABLE, clips), files=files, cameras={}, table=table)


def _rows(usage: str) -> list[str]:
    """``strict fear``: an image that the strict rule keeps as fear; ``half``: only the half rule does; ``undecided``: neither."""
    strict, half = (per_subject(f"{task}/ferplus_8")[usage] for task in ("ferplus", "ferplus_half"))
    num_images = sum(per_subject("fer2013/fer2013_7")[usage].values())
    counts = {f"strict {name}": strict[name] for name in EMOTIONS} | {f"half {name}": half[name] - strict[name] for name in EMOTIONS}
    counts[NOT_A_FACE] = _NOT_FACES[usage]
    counts[f"{_UNDECIDED} neutral"] = num_images - sum(counts.values())
    return interleaved(counts)


def _clip(row: int, usage: str, name: str) -> PlannedClip:
    emotion = "neutral" if name == NOT_A_FACE else name.split()[1]
    quirk = name if name == NOT_A_FACE else name.split()[0]
    return PlannedClip(corpus="ferplus", subject=usage, filename=f"fer{row:07d}", emotion=emotion, quirk=quirk)


def _votes(clip: PlannedClip, row: int, *, num_votes: int) -> list[int]:
    """The counts: the eight emotions, unknown, not a face."""
    if clip.quirk == NOT_A_FACE:
        return [*([0] * len(EMOTIONS)), 0, num_votes]
    main, second, third = ((EMOTIONS.index(clip.emotion) + step) % len(EMOTIONS) for step in (0, 1, 2))
    unknown = row % 3 if clip.quirk == "strict" else 0
    most = {"strict": 6 + row % 4 - unknown // 2, "half": 6, _UNDECIDED: 4}[clip.quirk]
    votes = [0] * (len(EMOTIONS) + 2)
    votes[main], votes[-2], votes[-1] = min(most, num_votes - unknown), unknown, int(clip.quirk == "half")
    votes[second] = 3 if clip.quirk == _UNDECIDED else num_votes - sum(votes)
    votes[third] = num_votes - sum(votes)
    return votes


def _boxed(clips: Sequence[PlannedClip], votes: Sequence[Sequence[int]], usage: str) -> list[list[str | int]]:
    """Lines of Microsoft's ``label.csv``: file, box, votes."""
    own = [(clip, counts) for clip, counts in zip(clips, votes, strict=True) if clip.subject == usage and clip.quirk != NOT_A_FACE]
    return [[f"{clip.filename}.png", f"(0, 0, {SIDE}, {SIDE})", *counts] for clip, counts in own]


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
