"""SMIC: 164 clips of 16 subjects (HS, 100 frames a second), 71 of 8 (VIS and NIR, 25); three classes, no apex.

No sheet: folders are the index.

Raw      `SMIC_all_raw/HS/s1/micro/negative/s1_ne_01/image000123.bmp`, numbers of six to eight digits.
Cropped  `SMIC_all_cropped/HS/s1/micro/negative/s1_ne_01/reg_image000123.bmp`.
Names here are those of MEGC's ground truth: subject `s01`, clip `s01_ne_01`. A clip's onset and offset are its first and last frame.
Defects  Some copies of HS lack s18_sur_03, and frames of four other clips: `INCOMPLETE`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from preprocessing.clip import Clip, Frame
from preprocessing.frame_files import frames_in, image_facts, image_folder, numbered, repeated_numbers, subfolders
from preprocessing.options import Plain
from preprocessing.survey import Problem, Survey, duplicates, sorted_unique

OPTIONS: dict[str, Plain] = {
    "camera": "hs",  # or vis, nir
    "images": "raw",  # or cropped
}
FPS = {"hs": 100.0, "vis": 25.0, "nir": 25.0}
IMAGES = {"raw": ("SMIC_all_raw",), "cropped": ("SMIC_all_cropped",)}
EMOTIONS = {"ne": "negative", "po": "positive", "sur": "surprise"}
CAMERAS = "HS|VIS|NIR"
INCOMPLETE = {"s03_po_08": 2, "s03_sur_01": 1, "s03_sur_05": 1, "s03_ne_16": 1}
"""Clip of HS -> how many frames some copies lack."""
_LACKING = "s18_sur_03"
_CLIP = re.compile(r"s0*(\d+)_(ne|po|sur)_0*(\d+)", re.IGNORECASE)


def read(root: Path | None, *, camera: str = "hs", images: str = "raw") -> list[Clip]:
    """The clips of one camera, sorted by key."""
    return survey(root, camera=camera, images=images).checked()


def survey(root: Path | None, *, camera: str = "hs", images: str = "raw") -> Survey:
    """Everything that the folders say, with what is wrong."""
    if root is None:
        raise ValueError("smic must be read from a folder, but got none. Name it: --root DIR.")
    if camera not in FPS:
        raise ValueError(f"Option camera must be one of {', '.join(FPS)}, but got '{camera}' for smic. Pass --option camera=hs.")
    archive = image_folder(root, IMAGES, images, CAMERAS)
    part = next((folder for folder in subfolders(archive) if folder.name.lower() == camera), None)
    if part is None:
        there = ", ".join(folder.name for folder in subfolders(archive))
        raise ValueError(f"The camera's folder must be {camera.upper()}, but {archive} has {there}. Pass another --option camera.")
    clips: list[Clip] = []
    problems: list[Problem] = []
    for subject, folder in sorted(numbered(part, r"s(\d+)").items()):
        try:
            folders = _clip_folders(folder)
        except OSError as error:
            problems.append(_unreadable(Path(error.filename or folder), error))
            continue
        for clip, wrong in (_clip(subject, clip_folder, FPS[camera]) for clip_folder in folders):
            clips += [clip] if clip else []
            problems += wrong
    problems += [*duplicates(clips), *(_lacking(clips) if camera == "hs" else ())]
    facts = (
        ("sheet", "none: indexed from folders"), *image_facts(root, IMAGES, images, archive, CAMERAS),
        ("camera", f"{camera.upper()}; there are {', '.join(folder.name for folder in subfolders(archive))}"),
    )  # fmt: skip
    return Survey(corpus="smic", clips=sorted_unique(clips), problems=tuple(problems), facts=facts)


def _lacking(clips: Iterable[Clip]) -> list[Problem]:
    """The one clip that whole copies are known to lack: told where clips around it are there."""
    names = {clip.filename for clip in clips}
    if _LACKING in names or not any(name > _LACKING and name.startswith(_LACKING[:8]) for name in names):
        return []
    what = "It is not on disk, as in some copies of the corpus, which has 164 clips; ask its authors for it."
    return [Problem(kind="no folder", where=f"smic/s18/{_LACKING}", what=what)]


def _clip_folders(subject: Path) -> list[Path]:
    """``micro/<emotion>/<clip>``; a sibling such as ``non_micro`` holds no micro-expressions."""
    return [clip for emotion in subfolders(subject / "micro") for clip in subfolders(emotion)]


def _clip(subject: int, folder: Path, fps: float) -> tuple[Clip | None, list[Problem]]:
    match, emotion = _CLIP.fullmatch(folder.name), folder.parent.name.lower()
    if match is None:
        return None, [Problem(kind="clip name", where=str(folder), what="It is not named like s1_ne_01 and is left out.")]
    if int(match[1]) != subject or EMOTIONS[match[2].lower()] != emotion:
        what = f"A clip's name must agree with its folders, but this lies under subject {subject}, {emotion}. Move it to where it belongs."
        return None, [Problem(kind="label", where=str(folder), what=what, fatal=True)]
    name = f"s{subject:02d}_{match[2].lower()}_{int(match[3]):02d}"
    frames, problems = _frames(folder, name)
    clip = Clip(
        corpus="smic", subject=f"s{subject:02d}", filename=name, frames=frames, onset=frames[0].number if frames else None, apex=None,
        offset=frames[-1].number if frames else None, emotion=emotion, fps=fps,
    )  # fmt: skip
    return clip, problems


def _frames(folder: Path, clip: str) -> tuple[tuple[Frame, ...], list[Problem]]:
    try:
        frames = frames_in(folder)
    except OSError as error:
        return (), [_unreadable(folder, error)]
    if not frames:
        return (), [Problem(kind="no frames", where=str(folder), what="It holds no images.")]
    problems = []
    if twice := repeated_numbers(frames):
        what = f"Frame numbers must be unique, but {twice[0]} occurs twice. Keep one file of each."
        problems.append(Problem(kind="same number", where=str(folder), what=what, fatal=True))
    num_missing = frames[-1].number - frames[0].number + 1 - len({frame.number for frame in frames})
    if num_missing:
        known = f"; some copies lack {INCOMPLETE[clip]} there" if clip in INCOMPLETE else ""
        what = f"{num_missing} frames between first and last are not on disk{known}."
        problems.append(Problem(kind="missing frames", where=str(folder), what=what))
    return frames, problems


def _unreadable(folder: Path, error: OSError) -> Problem:
    return Problem(kind="no folder", where=str(folder), what=f"It cannot be read ({type(error).__name__}). Check its permissions.")
