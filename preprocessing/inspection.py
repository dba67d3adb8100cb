"""Inspection: decodes every image of a corpus' clips and says what is wrong with them. Changes nothing.

Decoding releases Python's lock, so that threads share the work; of an image only its size and, of first frames, its hash are kept.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from preprocessing.clip import Clip, Frame
from preprocessing.pixel_csv import read_pixels
from preprocessing.progress import clip_progress
from preprocessing.steps.decode import read_image
from preprocessing.survey import Problem

_MAX_NAMED = 4


@dataclass(frozen=True, kw_only=True)
class ClipImages:
    """One clip's images."""

    clip: Clip
    sizes: Mapping[str, int]
    """``640x480`` (width x height, pixels) -> number of images."""
    unreadable: tuple[str, ...]
    """Why, per image that cannot be decoded."""
    first: str
    """sha256 of the first frame's gray pixels; empty where it cannot be read."""


def inspect(clips: Sequence[Clip], *, progress: bool = False) -> list[ClipImages]:
    """Decode every image of every clip, in threads, with a progress bar on a terminal; one result per clip, in order."""
    inspected = []
    pool = ThreadPoolExecutor()
    try:
        with clip_progress(len(clips), show=progress) as advance:
            for images in _in_order(pool, clips):
                inspected.append(images)
                advance(1)
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupted doctor ends at once
    return inspected


def _in_order(pool: ThreadPoolExecutor, clips: Sequence[Clip]) -> Iterator[ClipImages]:
    yield from map(_inspect, clips[:1])  # a table of pixels is parsed once, before threads ask for it
    yield from pool.map(_inspect, clips[1:])


def _inspect(clip: Clip) -> ClipImages:
    sizes: Counter[str] = Counter()
    unreadable: list[str] = []
    first = ""
    for frame in clip.frames:
        try:
            image = _read(frame, clip.key)
        except ValueError as error:
            unreadable.append(str(error))
            continue
        sizes[f"{image.shape[1]}x{image.shape[0]}"] += 1
        if frame is clip.frames[0]:
            first = hashlib.sha256(repr(image.shape).encode() + image.tobytes()).hexdigest()
    return ClipImages(clip=clip, sizes=dict(sizes), unreadable=tuple(unreadable), first=first)


def _read(frame: Frame, where: str) -> np.ndarray:
    """Gray (H, W): what a file shows, or a row of FER2013's table."""
    return read_pixels(frame) if frame.path.suffix.lower() == ".csv" else read_image(frame.path, colour=False, where=where)


def image_problems(inspected: Sequence[ClipImages]) -> list[Problem]:
    """Images that cannot be decoded or differ in size within a clip, and different files with one content that open two clips."""
    problems = []
    for images in inspected:
        if images.unreadable:
            what = f"{len(images.unreadable)} of {len(images.clip.frames)} images cannot be read: {images.unreadable[0]}"
            problems.append(Problem(kind="image", where=images.clip.key, what=what))
        if len(images.sizes) > 1:
            sizes = ", ".join(f"{size} ({count})" for size, count in sorted(images.sizes.items()))
            problems.append(Problem(kind="image size", where=images.clip.key, what=f"A clip's images must have one size, but are {sizes}."))
    return [*problems, *_same_first_frames(inspected)]


def _same_first_frames(inspected: Sequence[ClipImages]) -> list[Problem]:
    """Groups of clips that open with one picture from different files, those that cross subjects first."""
    groups: dict[str, dict[Frame, Clip]] = defaultdict(dict)
    for images in inspected:
        if images.first:
            groups[images.first].setdefault(images.clip.frames[0], images.clip)  # clips of one long video may open with one file
    found: list[tuple[bool, Problem]] = []
    for clips in (list(group.values()) for group in groups.values() if len(group) > 1):
        within = len({clip.qualified_subject for clip in clips}) == 1
        more = f" and {len(clips) - 1 - _MAX_NAMED} more" if len(clips) - 1 > _MAX_NAMED else ""
        others = ", ".join(clip.key for clip in clips[1 : _MAX_NAMED + 1]) + more
        what = f"Its first frame shows the same as that of {others}{'' if within else ': another subject'}."
        found.append((within, Problem(kind="same image", where=clips[0].key, what=what)))
    return [problem for _, problem in sorted(found, key=lambda entry: (entry[0], entry[1].where))]
