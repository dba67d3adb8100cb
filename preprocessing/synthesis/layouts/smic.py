"""SMIC: folders without a sheet, bitmaps, frame numbers of six digits and of eight from subject 11 on, four clips with holes.

Published: clips per subject and class of HS, lengths of HS, totals of VIS and NIR. Ours: where VIS and NIR differ from HS in their eight
subjects, and their lengths: a quarter of HS's, as their frame rate is.
"""

import dataclasses
from collections.abc import Callable, Mapping

from preprocessing.corpora.smic import INCOMPLETE
from preprocessing.synthesis.assembly import Pictures, assembled
from preprocessing.synthesis.camera import CAMERAS, Camera
from preprocessing.synthesis.casting import check_subjects, clips, digits, given, named, per_subject, reduced, without_frame
from preprocessing.synthesis.plan import Plan, PlannedClip, Settings
from preprocessing.synthesis.timing import Lengths, timed

VARIANTS = ("hs", "vis", "nir")
IMAGES = ("raw", "cropped")
LENGTHS = {
    "hs": Lengths(mean=33.7, sd=9.2, shortest=11, longest=58, apex_mean=0.69, apex_sd=0.25),
    "vis": Lengths(mean=8.4, sd=2.3, shortest=3, longest=15, apex_mean=0.69, apex_sd=0.25),
    "nir": Lengths(mean=8.4, sd=2.3, shortest=3, longest=15, apex_mean=0.69, apex_sd=0.25),
}
_CODES = {"negative": "ne", "positive": "po", "surprise": "sur"}
_SLOW = ("s11", "s12", "s13", "s14", "s15", "s18", "s19", "s20")
"""Subjects that VIS and NIR filmed too."""
_OTHERWISE = {"s14": {"negative": 4, "positive": 2, "surprise": 4}}
"""HS has 23 negative and 20 surprise clips of them, VIS and NIR 24 and 19."""
_LOST = "s18_sur_03"
_EIGHT_DIGITS_FROM = 11


def plan(settings: Settings) -> Plan:
    """The corpus of the camera that ``settings.variant`` names."""
    camera = settings.variant
    rows = timed(_cast(settings), LENGTHS[camera], settings, first=_first)
    if camera == "hs":
        rows = [
            without_frame(clip, INCOMPLETE[clip.filename], "frames are missing") if clip.filename in INCOMPLETE else clip for clip in rows
        ]
    kept = [clip for clip in reduced(rows, settings) if not (settings.with_errors and camera == "hs" and clip.filename == _LOST)]
    return assembled(
        settings, kept, _pictures(camera), files={}, options={"camera": camera},
        notes=() if camera == "hs" else ("Clip lengths, and how the 71 clips are spread over the subjects, are assumed.",),
    )  # fmt: skip


def _cast(settings: Settings) -> list[PlannedClip]:
    counts = per_subject("smic/smic_3")
    check_subjects(settings, "smic", counts)
    if settings.variant != "hs":
        counts = {subject: _OTHERWISE.get(subject, counts[subject]) for subject in _SLOW}
    cast = {subject: _names(settings, subject, numbers) for subject, numbers in counts.items()}
    return [dataclasses.replace(clip, digits=8 if digits(clip.subject) >= _EIGHT_DIGITS_FROM else 6) for clip in clips("smic", cast)]


def _names(settings: Settings, subject: str, counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Clips are numbered within a class, and their names tell it."""
    official = given(settings, "smic", subject)
    found = []
    for emotion, count in counts.items():
        own = {name: allowed for name, allowed in official.items() if emotion in allowed}
        found += named([emotion] * count, [own], _numbered(f"{subject}_{_CODES[emotion]}"), f"smic/{subject}")
    return sorted(found)


def _numbered(name: str) -> Callable[[int], str]:
    return lambda number: f"{name}_{number + 1:02d}"


def _first(clip: PlannedClip) -> tuple[int, int]:
    return (10_000_000, 20_000_000) if clip.digits == 8 else (1, 300_000)


def _pictures(camera: str) -> Mapping[str, Pictures]:
    raw = dataclasses.replace(CAMERAS["smic"], colour=camera != "nir")
    cropped = Camera(width=140, height=170, face_width=118, colour=raw.colour)
    return {
        "raw": Pictures(camera=raw, folder=lambda clip: _folder("SMIC_all_raw", camera, clip), file_name="image{n:0{clip.digits}d}.bmp"),
        "cropped": Pictures(
            camera=cropped, folder=lambda clip: _folder("SMIC_all_cropped", camera, clip), file_name="reg_image{n:0{clip.digits}d}.bmp"
        ),
    }


def _folder(archive: str, camera: str, clip: PlannedClip) -> str:
    """Neither subject nor clip are padded on disk: ``s1/micro/negative/s1_ne_01``."""
    subject = f"s{digits(clip.subject)}"
    return f"{archive}/{camera.upper()}/{subject}/micro/{clip.emotion}/{subject}_{clip.filename.split('_', 1)[1]}"
