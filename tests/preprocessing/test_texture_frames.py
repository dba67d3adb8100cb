import dataclasses
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from preprocessing import pipelines
from preprocessing.clip import Clip, Frame
from preprocessing.corpora import synthetic
from preprocessing.intermediates import Intermediates
from preprocessing.pipeline import Context
from preprocessing.steps.interpolation import linear, tim
from preprocessing.steps.magnification import magnify
from preprocessing.texture_frames import CONSTANTS, texture_frames

PLANTED = Context(options=synthetic.OPTIONS)
SMALL: dict[str, Any] = {"faces": "synthetic", "face_height": 48, "face_width": 40}
LENGTHS = {
    "lbp": 5 * 5 * 59, "lbp_top": 5 * 5 * 3 * 59, "lbp_sip": 5 * 5 * 20, "stlbp_ip": 4 * 630, "higo": 8 * 8 * 2 * 3 * 8,
    "hog_top": 8 * 8 * 2 * 3 * 8, "hog": 2 * 1 * 4 * 9,
}  # fmt: skip


def planted() -> Clip:
    return synthetic.read(None, max_subjects=1)[0]


def on_disk(folder: Path, num_frames: int = 8) -> Clip:
    """A clip of images that are resized only."""
    for t, image in enumerate(texture_frames(planted(), {**CONSTANTS, **SMALL}, PLANTED)[:num_frames]):
        cv2.imwrite(str(folder / f"{t}.png"), image)
    frames = tuple(Frame(number=t, path=folder / f"{t}.png") for t in range(num_frames))
    return dataclasses.replace(planted(), frames=frames, fps=100.0)


@pytest.mark.parametrize("name", LENGTHS)
def test_every_descriptor_is_one_vector_of_the_stated_length(name: str) -> None:
    pipeline = pipelines.load(name)
    smaller: dict[str, Any] = {"rows": 2, "columns": 2} if name == "stlbp_ip" else {}
    vector = pipeline.tensor(planted(), {**pipeline.constants, **SMALL, **smaller}, PLANTED)
    assert vector.shape == (LENGTHS[name],) and vector.dtype == np.float32 and vector.min() >= 0


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("lbp", {"radius": 2}), ("lbp", {"uniform": False}), ("lbp_top", {"radius_t": 1}), ("lbp_top", {"neighbours": 4}),
        ("lbp_top", {"num_frames": 12}), ("lbp_sip", {"radius_x": 1}), ("lbp_sip", {"rows": 3}), ("stlbp_ip", {"mask": 5}),
        ("higo", {"bins": 6}), ("higo", {"planes": "xyot"}), ("higo", {"vote": "magnitude"}), ("higo", {"alpha": 4.0}),
        ("hog", {"cell": 8}),
    ],
)  # fmt: skip
def test_every_constant_counts(name: str, changes: dict[str, Any]) -> None:
    pipeline = pipelines.load(name)
    constants = {**pipeline.constants, **SMALL, **({"rows": 2, "columns": 2} if name == "stlbp_ip" else {})}
    assert changes.keys() <= constants.keys()
    before, after = (pipeline.tensor(planted(), c, PLANTED) for c in (constants, {**constants, **changes}))
    assert before.shape != after.shape or not np.array_equal(before, after)


def test_frames_are_magnified_then_interpolated(tmp_path: Path) -> None:
    clip, constants = on_disk(tmp_path), {**CONSTANTS, **SMALL, "faces": "none"}
    plain = texture_frames(clip, constants, Context())
    assert np.array_equal(plain, texture_frames(planted(), {**CONSTANTS, **SMALL}, PLANTED)[:8])
    magnified = texture_frames(clip, {**constants, "alpha": 8.0}, Context())
    assert np.array_equal(magnified, magnify(plain, alpha=8.0)) and not np.array_equal(magnified, plain)
    for name, bring in (("tim", tim), ("linear", linear)):
        both = texture_frames(clip, {**constants, "alpha": 8.0, "num_frames": 5, "interpolation": name}, Context())
        assert np.array_equal(both, bring(magnified, 5, rounded=True))


def test_faces_and_magnified_faces_are_kept(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    clip, kept = on_disk(tmp_path / "clip"), Context(contents="abc", intermediates=Intermediates(tmp_path / "kept"))
    constants = {**CONSTANTS, **SMALL, "faces": "none", "alpha": 8.0}
    first = texture_frames(clip, constants, kept)
    assert len(list((tmp_path / "kept").rglob("*.npy"))) == 2
    for frame in clip.frames:
        frame.path.unlink()
    assert np.array_equal(texture_frames(clip, constants, kept), first)


def test_planted_frames_are_magnified_but_never_kept(tmp_path: Path) -> None:
    """What is kept is named by a clip's files; planted clips have none."""
    kept = dataclasses.replace(PLANTED, contents="abc", intermediates=Intermediates(tmp_path))
    assert texture_frames(planted(), {**CONSTANTS, **SMALL, "alpha": 8.0}, kept).shape == (16, 48, 40)
    assert not list(tmp_path.rglob("*.npy"))


def test_a_clip_that_cannot_be_described_is_named(tmp_path: Path) -> None:
    clip, pipeline = on_disk(tmp_path, num_frames=4), pipelines.load("lbp_top")
    with pytest.raises(ValueError, match=f"more than .6, 6, 6. frames.*Clip: '{clip.key}'"):
        pipeline.tensor(clip, {**pipeline.constants, **SMALL, "faces": "none"}, Context())
    with pytest.raises(ValueError, match="must be of the corpus 'synthetic'"):
        pipeline.tensor(clip, {**pipeline.constants, **SMALL}, Context())
