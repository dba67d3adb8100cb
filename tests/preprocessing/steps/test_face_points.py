"""Points that follow a cut, against landmarks that are found in it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing.clip import Clip, Frame
from preprocessing.steps.face_points import face_points
from preprocessing.steps.faces import CUTS, faces
from preprocessing.steps.landmarks import eyes, landmarks
from tests.preprocessing.steps.photographs import face, photograph, turned

SIZE = (440, 360)
"""(height, width): large enough for the detector."""


def clip_of(path: Path, degrees: float = 0.0) -> Clip:
    image = turned(photograph("astronaut"), degrees)[0]
    cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1]))
    return Clip(
        corpus="smic", subject="s01", filename="a", frames=(Frame(number=0, path=path),), onset=0, apex=0, offset=0, emotion="positive"
    )


@pytest.mark.parametrize("cut", [cut for cut in CUTS if cut != "crop_literal"])  # which cuts the brows off: no face to find
def test_points_lie_where_landmarks_are_found_in_the_cut(cut: str, tmp_path: Path) -> None:
    clip = clip_of(tmp_path / "0.png", degrees=8.0)
    got = face_points(clip, cut=cut, height=SIZE[0], width=SIZE[1])
    found = landmarks(faces(clip, cut=cut, height=SIZE[0], width=SIZE[1], colour=False)[0], where=cut)
    left, right = eyes(found)
    assert got.shape == (68, 2) and np.linalg.norm(got - found, axis=1).mean() < 0.06 * np.linalg.norm(right - left)


def test_the_literal_crop_begins_on_the_eye_line(tmp_path: Path) -> None:
    left, _ = eyes(face_points(clip_of(tmp_path / "0.png"), cut="crop_literal", height=220, width=180))
    assert abs(left[1]) < 12  # of 220 pixels: the printed margins, which the roll of the head moves a little


def test_an_image_as_it_is_keeps_its_landmarks(tmp_path: Path) -> None:
    height, width = photograph("astronaut").shape[:2]
    got = face_points(clip_of(tmp_path / "0.png"), cut="none", height=height, width=width)
    assert np.abs(got - face("astronaut")).mean() < 1  # gray by another path
    half = face_points(clip_of(tmp_path / "0.png"), cut="none", height=height // 2, width=width // 2)
    assert np.allclose(half + 0.5, (got + 0.5) / 2)


def test_a_clip_without_frames_is_refused() -> None:
    clip = Clip(corpus="smic", subject="s01", filename="a", frames=(), onset=0, apex=0, offset=0, emotion="positive")
    with pytest.raises(ValueError, match="must have frames, but got none for 'smic/s01/a'"):
        face_points(clip, cut="crop", height=9, width=9)
