"""FER2013: 35,887 posed faces of 48x48 in one table, under either of its names and spellings of the header.

Published: images per part and class. Ours: their order within a part. Each image is of a person of its own.
"""

from preprocessing.corpora.fer2013 import EMOTIONS
from preprocessing.synthesis.casting import interleaved, per_subject
from preprocessing.synthesis.pixel_tables import Table, in_parts, table_parts
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings

VARIANTS = ("fer2013", "icml_face_data")
IMAGES = ("raw",)
HEADERS = {"fer2013": ("emotion", "pixels", "Usage"), "icml_face_data": ("emotion", " Usage", " pixels")}


def plan(settings: Settings) -> Plan:
    """The table in the spelling that ``settings.variant`` names; parts count as subjects."""
    rows = in_parts({usage: interleaved(counts) for usage, counts in per_subject("fer2013/fer2013_7").items()}, settings)
    clips = tuple(
        PlannedClip(corpus="fer2013", subject=usage, filename=f"fer{row:07d}", emotion=emotion) for row, (usage, emotion) in enumerate(rows)
    )
    name = f"{settings.variant}.csv"
    table = Table(name=name, header=HEADERS[settings.variant], labels=tuple((EMOTIONS.index(c.emotion), c.subject) for c in clips))
    return Plan(settings=settings, clips=clips, units=table_parts(name, clips), files={}, cameras={}, table=table)
