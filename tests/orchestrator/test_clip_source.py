"""Clips that people bring: which frames are taken, and what is said of their frame rate."""

from pathlib import Path

import pytest

from orchestrator.clip_source import Span, nearest_frames, open_source, rate_note
from preprocessing.clip import Clip, Frame


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Frames 46 to 55, padded as it came, and what file systems leave."""
    made = tmp_path / "EP02"
    made.mkdir()
    for number in range(46, 56):
        (made / f"img{number:0{2 + number % 2}d}.jpg").touch()
    (made / "Thumbs.db").touch()
    return made


def numbers(clip: Clip) -> list[int]:
    return [frame.number for frame in clip.frames]


def test_a_folder_gives_the_frames_of_the_span(folder: Path, tmp_path: Path) -> None:
    whole = open_source(folder, Span(), fps=None, scratch=tmp_path).clip
    assert numbers(whole) == list(range(46, 56)) and (whole.onset, whole.apex, whole.offset) == (46, None, 55)
    part = open_source(folder, Span(onset=48, apex=50, offset=52), fps=200, scratch=tmp_path).clip
    assert numbers(part) == [48, 49, 50, 51, 52] and (part.apex, part.fps) == (50, 200)


@pytest.mark.parametrize(
    ("span", "words"), [(Span(onset=90), "frames 46 to 55, none of them"), (Span(apex=60), "one of the clip's frames 46 to 55, but got 60")]
)
def test_frames_that_are_not_there_are_refused(folder: Path, tmp_path: Path, span: Span, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        open_source(folder, span, fps=None, scratch=tmp_path)


def test_two_files_of_one_number_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "img0046.jpg").touch()
    with pytest.raises(ValueError, match="are number 46. Remove one"):
        open_source(folder, Span(), fps=None, scratch=tmp_path)


@pytest.mark.parametrize(
    ("fps", "trained", "words"),
    [
        (200.0, [200.0], None), (190.0, [200.0], None), (100.0, [100.0, 200.0], None), (30.0, [], None),
        (None, [200.0], "unknown"), (30.0, [200.0], "6 frames here, there in 40"), (240.0, [100.0], "steps are smaller"),
    ],
)  # fmt: skip
def test_frame_rates_are_compared(fps: float | None, trained: list[float], words: str | None) -> None:
    frames = (Frame(number=0, path=Path("0.png")),)
    clip = Clip(corpus="new", subject="clip", filename="c", frames=frames, onset=0, apex=None, offset=0, emotion="", fps=fps)
    note = rate_note(clip, trained)
    assert note is None if words is None else note is not None and words in note


def test_moments_are_spread_and_end_at_the_last_frame() -> None:
    assert nearest_frames(5, 4).tolist() == [1, 2, 3, 4]
    assert nearest_frames(5, 1).tolist() == [4] and nearest_frames(10, 3).tolist() == [3, 6, 9]
