"""Auditions: before a corpus is drawn, dlib looks at each of its people through each of their cameras.

dlib seeks faces of sizes a fifth apart. In between, its box for Hopper (glasses, collar) is at times the next larger one, and the landmarks
are spread over neck and shoulders: 1 of 30 people at CASME II's size, 1 of 3 where a face is 158 pixels wide. Such a person gets the
other photograph, with the same traits. Collins' was never misplaced, in any corpus.
"""

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from preprocessing.synthesis import drawing, faces, truth
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.faces import Identity
from preprocessing.synthesis.photographs import PHOTOGRAPHS
from preprocessing.synthesis.plan import Plan, PlannedClip
from preprocessing.synthesis.takes import Take
from preprocessing.synthesis.workers import each

LARGEST_ERROR = 0.035
"""Median distance of landmarks from where they are, in face widths; where the box fits it is below .03."""
Role = tuple[str, str, tuple[Camera, ...]]
"""Corpus, subject, cameras."""


def cast(plan: Plan, root: Path, num_workers: int = 1) -> Plan:
    """The plan with a photograph that dlib understands behind each person. What an earlier run in the folder decided, holds."""
    if not plan.cameras:
        return plan  # small images without landmarks
    if (root / truth.FILE).is_file():
        photos = {(clip.corpus, clip.subject): clip.photo for clip in truth.load(root).clips.values()}
    else:
        roles = _roles(plan)
        chosen = each(partial(photograph_for, seed=plan.settings.seed), roles, num_workers)
        photos = {(corpus, subject): photo for (corpus, subject, _), photo in zip(roles, chosen, strict=True)}

    def known(clips: Sequence[PlannedClip]) -> tuple[PlannedClip, ...]:
        return tuple(dataclasses.replace(clip, photo=photos.get((clip.corpus, clip.subject), "")) for clip in clips)

    units = tuple(dataclasses.replace(unit, clips=known(unit.clips)) if isinstance(unit, Take) else unit for unit in plan.units)
    return dataclasses.replace(plan, clips=known(plan.clips), units=units)


def photograph_for(role: Role, seed: int) -> str:
    """Which photograph shall stand in for the one drawn for a person; empty: none, or no other is any better."""
    corpus, subject, cameras = role
    drawn = faces.identity(corpus, subject, seed).photo
    for photo in sorted(PHOTOGRAPHS, key=lambda name: name != drawn):
        person = faces.identity(corpus, subject, seed, photo=photo)
        if all(error(person, camera) <= LARGEST_ERROR for camera in cameras):
            return photo if photo != drawn else ""
    return ""


def error(person: Identity, camera: Camera) -> float:
    """How far dlib's landmarks are from the person's, the median in face widths; infinite where it finds no face."""
    from preprocessing.steps.landmarks import landmarks as find  # dlib: here, so that --help stays quick

    image = np.rint(drawing.plain(person, camera)).astype(np.uint8)
    try:
        found = find(image, where=f"{person.corpus}/{person.subject}")
    except ValueError:
        return float("inf")
    return float(np.median(np.linalg.norm(found - faces.landmarks(person, camera), axis=1)) / camera.face_width)


def _roles(plan: Plan) -> list[Role]:
    people = dict.fromkeys((clip.corpus, clip.subject) for clip in plan.clips)
    cameras = {corpus: tuple(of for name, of in plan.cameras.items() if name.split()[0] == corpus) for corpus, _ in people}
    return [(corpus, subject, cameras[corpus]) for corpus, subject in people]
