from pathlib import Path

import cv2
import numpy as np

from preprocessing.clip import Clip, Frame
from preprocessing.inspection import image_problems, inspect


def clip(filename: str, *paths: Path, subject: str = "s1") -> Clip:
    frames = tuple(Frame(number=at, path=path) for at, path in enumerate(paths))
    return Clip(corpus="c", subject=subject, filename=filename, frames=frames, onset=0, apex=None, offset=len(paths), emotion="x")


def picture(path: Path, value: int, *, width: int = 5) -> Path:
    cv2.imwrite(str(path), np.full((4, width), value, np.uint8))
    return path


def test_every_image_is_decoded_and_clips_keep_their_order(tmp_path: Path) -> None:
    images = [picture(tmp_path / f"{at}.png", at) for at in range(40)]
    clips = [clip(f"c{at}", *images[at : at + 4]) for at in range(0, 40, 4)]
    inspected = inspect(clips)
    assert [entry.clip for entry in inspected] == clips and all(entry.sizes == {"5x4": 4} for entry in inspected)
    assert len({entry.first for entry in inspected}) == 10 and not image_problems(inspected) and inspect([]) == []


def test_what_is_wrong_is_told_per_clip(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no image")
    clips = [
        clip("a", tmp_path / "a.png", tmp_path / "gone.png"),
        clip("b", picture(tmp_path / "1.png", 1), picture(tmp_path / "2.png", 1, width=9)),
    ]
    unreadable, sizes = image_problems(inspect(clips))
    assert unreadable.kind == "image" and unreadable.what.startswith("2 of 2 images cannot be read: An image must be ")
    assert sizes.kind == "image size" and sizes.what.endswith("5x4 (1), 9x4 (1).")
    assert unreadable.is_loss and sizes.is_loss


def test_clips_of_one_video_may_open_with_one_file_but_not_with_copies_of_it(tmp_path: Path) -> None:
    first, copy, other = picture(tmp_path / "1.png", 1), picture(tmp_path / "copy.png", 1), picture(tmp_path / "2.png", 2)
    same_file = [clip("a", first, other), clip("b", first)]
    assert not image_problems(inspect(same_file))
    (within,) = image_problems(inspect([*same_file, clip("c", copy)]))
    assert (within.where, within.what, within.is_loss) == ("c/s1/a", "Its first frame shows the same as that of c/s1/c.", False)
    (across,) = image_problems(inspect([clip("a", first), clip("a", copy, subject="s2")]))
    assert across.what == "Its first frame shows the same as that of c/s2/a: another subject."
