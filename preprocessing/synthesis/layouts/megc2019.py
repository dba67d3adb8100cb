"""MEGC 2019 composite: CASME II, SMIC-HS and SAMM side by side, each in its own layout, 442 clips of 68 subjects in three classes.

Counts are the official ones. The official clip names are licence-bound: with a list of them (``settings.names``) the clips are the official
442, without it names are made up and the sample-set check says so.
"""

import dataclasses

from preprocessing.synthesis.layouts import casme2, samm, smic
from preprocessing.synthesis.plan import Plan, Settings
from preprocessing.synthesis.takes import Take

VARIANTS = casme2.VARIANTS
IMAGES = casme2.IMAGES
_PARTS = {"casme2": casme2, "smic": smic, "samm": samm}


def plan(settings: Settings) -> Plan:
    """The three corpora in folders of their names; ``settings.variant`` is CASME II's, numbers of subjects and clips count for each."""
    parts = {}
    for name, layout in _PARTS.items():
        images = settings.images if settings.images in layout.IMAGES or len(layout.IMAGES) > 1 else layout.IMAGES[0]
        variant = settings.variant if name == "casme2" else layout.VARIANTS[0]
        parts[name] = layout.plan(dataclasses.replace(settings, corpus=name, variant=variant, images=images))
    return Plan(
        settings=settings, clips=tuple(clip for part in parts.values() for clip in part.clips),
        units=tuple(_moved(unit, name) for name, part in parts.items() for unit in part.units),
        files={f"{name}/{path}": data for name, part in parts.items() for path, data in part.files.items()},
        cameras={camera: of for part in parts.values() for camera, of in part.cameras.items()},
        options={"images": settings.kinds(IMAGES)[0]}, notes=tuple(note for part in parts.values() for note in part.notes),
    )  # fmt: skip


def _moved(unit: object, folder: str) -> Take:
    assert isinstance(unit, Take), "the three corpora are folders of frames"
    return dataclasses.replace(unit, folder=f"{folder}/{unit.folder}")
