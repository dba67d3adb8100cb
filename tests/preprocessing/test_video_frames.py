"""Videos are read whole or not at all, at even times."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from preprocessing.video_frames import VideoFrames, extract


def brightness(number: int) -> np.ndarray:
    return np.full((64, 64, 3), 5 * number, np.uint8)


def write(path: Path, num_frames: int, fps: float = 50.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 64))
    for number in range(num_frames):
        writer.write(brightness(number))
    writer.release()
    return path


def levels(video: VideoFrames) -> list[float]:
    return [float(np.mean(np.asarray(cv2.imread(str(frame.path))))) for frame in video.frames]


def read(path: Path, folder: Path, first: int | None = None, last: int | None = None, most: int = 100) -> VideoFrames:
    folder.mkdir()
    return extract(path, folder, first=first, last=last, most=most)


def test_frames_come_in_order_with_their_numbers_and_rate(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.avi", 12)
    whole, part = read(path, tmp_path / "whole"), read(path, tmp_path / "part", 3, 7)
    assert [frame.number for frame in whole.frames] == list(range(12)) and [frame.number for frame in part.frames] == [3, 4, 5, 6, 7]
    assert whole.fps == pytest.approx(50) and not whole.is_evened
    np.testing.assert_allclose(levels(whole), [5 * number for number in range(12)], atol=3)
    np.testing.assert_allclose(levels(part), levels(whole)[3:8])


def test_uneven_times_are_evened(tmp_path: Path) -> None:
    """As a webcam that lost a frame in the dark: brightness that grows evenly in time still does."""
    times_ms = np.array([0, 40, 80, 200, 240, 280])
    pictures = [Image.fromarray(np.full((64, 64, 3), time // 2, np.uint8)) for time in times_ms]
    path = tmp_path / "webcam.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[*np.diff(times_ms).tolist(), 40], loop=0)
    video = read(path, tmp_path / "frames")
    assert video.is_evened and video.fps == pytest.approx(25) and video.slowest_s == pytest.approx(0.12)
    np.testing.assert_allclose(levels(video), np.arange(0, 281, 40) / 2, atol=3)
    assert [frame.number for frame in video.frames] == list(range(8))
    assert video.moved == {0: 0, 1: 1, 2: 2, 3: 5, 4: 6, 5: 7}, "frame 3 came 120 ms after frame 2"


def test_what_is_not_whole_or_not_there_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.avi", 40)
    cut, text = tmp_path / "cut.avi", tmp_path / "text.mp4"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    text.write_text("no video")
    for given, limits, words in (
        (cut, {}, "must be whole"),
        (text, {}, "must be a video that OpenCV reads"),
        (path, {"last": 90}, "has 40 readable ones, counted from 0, and frame 90"),
        (path, {"first": 50}, "frame 50 was asked for"),
        (path, {"most": 20}, "at most 20 frames"),
    ):
        with pytest.raises(ValueError, match=words):
            read(given, tmp_path / f"{given.name}-{len(list(tmp_path.iterdir()))}", **limits)
