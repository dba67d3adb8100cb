"""Video frames: a video file as numbered image files, which is what pipelines read. Frames are counted from 0.

Webcams record as fast as light and disk allow: where the frames' times are uneven, frames at even times are blended of their neighbours
(as STANet and STRCN bring clips to one length), so that nothing seems to speed up. Images are PNG: no second loss. Damage that
FFmpeg's decoder conceals is not seen; what it cannot read, cut short or not, is missing from the count.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from preprocessing.clip import Frame
from preprocessing.steps.decode import read_image

WHOLE = 0.9
"""Share of the frames that a file announces which must come out of it; how many it announces is an estimate for some formats."""
UNEVEN = 1.5
"""Frames are uneven in time where the longest interval is more than this many median ones: a frame late by half an interval."""
FPS = (1.0, 2000.0)
"""Frame rates that are believed."""


@dataclass(frozen=True, kw_only=True)
class VideoFrames:
    """The frames of a video, as files."""

    frames: tuple[Frame, ...]
    fps: float | None
    """None: the file does not tell a rate that can be true."""
    slowest_s: float
    """The longest interval between frames."""
    is_evened: bool
    """Whether the frames were uneven in time and are blended."""
    moved: Mapping[int, int]
    """A frame's number in the video -> its number here, nearest in time."""


def extract(path: Path, folder: Path, *, first: int | None = None, last: int | None = None, most: int) -> VideoFrames:
    """Write the frames ``first`` to ``last`` (default: all) of a video into an empty folder.

    Raises:
        ValueError: it cannot be read, is cut short, lacks these frames, or has more than ``most``.
    """
    frames: list[Frame] = []
    times: list[float] = []
    with _opened(path) as video:
        announced, fps = int(video.get(cv2.CAP_PROP_FRAME_COUNT)), float(video.get(cv2.CAP_PROP_FPS))
        num_frames = 0
        for number, (time_s, image) in islice(enumerate(_decoded(video)), None if last is None else last + 1):
            num_frames = number + 1
            if number < (first or 0):
                continue
            if len(frames) == most:
                raise ValueError(
                    f"A clip must have at most {most} frames, but {path} has more from frame {first or 0} on. "
                    "Name the expression's own: --onset N --offset N."
                )
            frames.append(_written(image, folder, number))
            times.append(time_s)
    if not frames or (last is not None and num_frames <= last):
        raise ValueError(
            f"The frames asked for must be in the video, but {path} has {num_frames} readable ones, counted from 0, and frame "
            f"{first or 0 if last is None else last} was asked for. Correct --onset and --offset, or record the clip again."
        )
    if last is None and num_frames < WHOLE * announced:
        raise ValueError(
            f"A video must be whole, but {path} announces {announced} frames and only {num_frames} can be read. Copy or record it again."
        )
    return _evened(frames, np.array(times), folder, fps if FPS[0] <= fps <= FPS[1] else None)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what FFmpeg says of a damaged file, we say ourselves
    logging: Any = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    video = cv2.VideoCapture(str(path))
    try:
        if not video.isOpened():
            raise ValueError(
                f"A clip must be a video that OpenCV reads (MP4, AVI, WebM), but {path} is none or damaged. Copy or export it again."
            )
        yield video
    finally:
        video.release()
        logging.setLogLevel(level)


def _decoded(video: Any) -> Iterator[tuple[float, np.ndarray]]:
    """(time in seconds, image in cv2's channel order) of each frame that can be read."""
    while True:
        is_read, image = video.read()
        if not is_read:
            return
        yield video.get(cv2.CAP_PROP_POS_MSEC) / 1000, image


def _written(image: np.ndarray, folder: Path, number: int) -> Frame:
    path = folder / f"frame{number:06d}.png"
    cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return Frame(number=number, path=path)


def _evened(frames: list[Frame], times: np.ndarray, folder: Path, fps: float | None) -> VideoFrames:
    """The frames as they are, or blended at the median interval; they keep their numbering from the first one on."""
    intervals, numbers = np.diff(times), [frame.number for frame in frames]
    same = dict(zip(numbers, numbers, strict=True))
    if not len(intervals) or intervals.min() <= 0:  # one frame, or a format without times
        return VideoFrames(frames=tuple(frames), fps=fps, slowest_s=1 / fps if fps else 0.0, is_evened=False, moved=same)
    step, slowest = float(np.median(intervals)), float(intervals.max())
    if slowest <= UNEVEN * step:
        return VideoFrames(frames=tuple(frames), fps=1 / step, slowest_s=slowest, is_evened=False, moved=same)
    even = np.arange(times[0], times[-1] + step / 2, step).clip(max=times[-1])
    made = folder / "even"
    made.mkdir()
    blended = [_written(_blend(frames, times, time), made, frames[0].number + at) for at, time in enumerate(even)]
    for frame in frames:
        frame.path.unlink()
    moved = dict(zip(numbers, (numbers[0] + np.rint((times - times[0]) / step).astype(int)).tolist(), strict=True))
    return VideoFrames(frames=tuple(blended), fps=1 / step, slowest_s=slowest, is_evened=True, moved=moved)


def _blend(frames: list[Frame], times: np.ndarray, time: float) -> np.ndarray:
    """The image at a time between frames, in cv2's channel order."""
    after = int(np.searchsorted(times, time).clip(1, len(times) - 1))
    share = (time - times[after - 1]) / (times[after] - times[after - 1])
    before, behind = (read_image(frames[at].path, colour=True, where=frames[at].path.name).astype(np.float64) for at in (after - 1, after))
    return np.rint((1 - share) * before + share * behind).astype(np.uint8)[..., ::-1]
