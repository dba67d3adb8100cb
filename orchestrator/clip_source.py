"""Clip source: a clip that somebody brings, a video file, a folder of frames or one image, as pipelines read it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from preprocessing.clip import Clip, Frame
from preprocessing.frame_files import IMAGE_SUFFIXES, frames_in, repeated_numbers
from preprocessing.video_frames import extract

MOST_FRAMES = 600
"""Three seconds at 200 frames per second, twenty of a webcam: a micro-expression lasts less than half of one."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which frames are the expression's, by the numbers in a folder's file names, or counted from 0 in a video."""

    onset: int | None = None
    """None: the first frame."""
    apex: int | None = None
    """None: spotted by the pipeline, if it needs one."""
    offset: int | None = None
    """None: the last frame."""

    def __post_init__(self) -> None:
        given = [number for number in (self.onset, self.apex, self.offset) if number is not None]
        if given != sorted(given):
            raise ValueError(
                f"Frames must be in the order onset, apex, offset, but got {', '.join(map(str, given))}. Correct --onset, --apex, --offset."
            )


@dataclass(frozen=True, kw_only=True)
class Source:
    """A clip and what there is to say about how it was recorded."""

    clip: Clip
    notes: tuple[str, ...]


def open_source(path: Path, span: Span, *, fps: float | None, scratch: Path) -> Source:
    """The frames of a clip from onset to offset. ``fps`` is the user's word, else the file's; ``scratch`` takes a video's frames.

    Raises:
        ValueError: there is nothing to read, or not these frames.
    """
    if path.is_dir():
        return Source(clip=_clip(path, _frames_of(path, span), span, fps), notes=())
    if not path.is_file():
        raise ValueError(f"A clip must be a video file, a folder of frames or an image, but there is nothing at {path}. Correct the path.")
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return Source(clip=_clip(path, (Frame(number=0, path=path),), span, fps), notes=())
    video = extract(path, scratch, first=span.onset, last=span.offset, most=MOST_FRAMES)
    notes = [
        f"The frames were uneven in time (up to {1000 * video.slowest_s:.0f} ms apart): they were blended to even times."
    ] if video.is_evened else []  # fmt: skip
    moved = replace(span, onset=None, offset=None, apex=None if span.apex is None else video.moved.get(span.apex, span.apex))
    return Source(clip=_clip(path, video.frames, moved, fps or video.fps), notes=tuple(notes))


def rate_note(clip: Clip, trained: list[float]) -> str | None:
    """What is to be said of a clip's frame rate beside those of the training clips, if anything."""
    if not trained or any(clip.fps is not None and abs(clip.fps / rate - 1) <= 0.1 for rate in trained):
        return None
    theirs = " or ".join(f"{rate:g}" for rate in trained)
    if clip.fps is None:
        return f"The clip's frame rate is unknown; the training clips have {theirs} frames per second. State it: --fps N."
    tells = "steps of motion between frames are larger than any it was trained on" if clip.fps < min(trained) else "steps are smaller"
    return (
        f"Wrong frame rate: the clip has {clip.fps:g} frames per second, the training clips {theirs}. A micro-expression of a fifth of a "
        f"second shows in {max(1, round(clip.fps / 5))} frames here, there in {round(min(trained) / 5)}; {tells}. Record at {theirs}, or "
        "trust the answer less."
    )


def _frames_of(folder: Path, span: Span) -> tuple[Frame, ...]:
    found = frames_in(folder)
    if repeated := repeated_numbers(found):
        raise ValueError(f"Frames must have different numbers, but two files of {folder} are number {repeated[0]}. Remove one.")
    frames = tuple(
        frame
        for frame in found
        if (span.onset is None or frame.number >= span.onset) and (span.offset is None or frame.number <= span.offset)
    )
    if not frames:
        what = (
            "no image with a number in its name" if not found else f"frames {found[0].number} to {found[-1].number}, none of them asked for"
        )
        raise ValueError(
            f"A folder of frames must hold the images img1.jpg, img2.jpg, ..., but {folder} has {what}. Correct path or --onset."
        )
    if len(frames) > MOST_FRAMES:
        raise ValueError(
            f"A clip must have at most {MOST_FRAMES} frames, but {folder} has {len(frames)}. Name the expression's own: --onset, --offset."
        )
    return frames


def _clip(path: Path, frames: tuple[Frame, ...], span: Span, fps: float | None) -> Clip:
    if span.apex is not None and not frames[0].number <= span.apex <= frames[-1].number:
        raise ValueError(
            f"The apex must be one of the clip's frames {frames[0].number} to {frames[-1].number}, but got {span.apex} for {path}. "
            "Correct --apex."
        )
    return Clip(
        corpus="new", subject="clip", filename=path.name, frames=frames, onset=frames[0].number, apex=span.apex, offset=frames[-1].number,
        emotion="", fps=fps,
    )  # fmt: skip


def nearest_frames(num_frames: int, wanted: int) -> np.ndarray:
    """Indices of the frames that so many evenly spaced tensors of a clip lead to; the last one always."""
    return np.linspace(0, num_frames - 1, wanted + 1).round().astype(int)[1:] if wanted > 1 else np.array([num_frames - 1])
