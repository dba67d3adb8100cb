"""The flow descriptors' pipelines: a photographed face that moves, a coded flow image, planted motion."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing import pipelines
from preprocessing.clip import Clip, Frame
from preprocessing.corpora import synthetic
from preprocessing.flow_sources import of_image
from preprocessing.options import Plain
from preprocessing.pipeline import Context
from preprocessing.steps.bi_woof import bi_woof
from preprocessing.steps.strain import strain
from tests.preprocessing.steps.photographs import photograph

SIZES = {"bi_woof": (200,), "fhofo": (600,), "fdm": (294,), "mdmo": (72,), "mdmo_atoms": (4, 72)}
"""Of frames; five of them for the atoms."""
PLANTED = Context(options=synthetic.OPTIONS)


def write(path: Path, image: np.ndarray) -> Frame:
    cv2.imwrite(str(path), image)
    return Frame(number=int(path.stem), path=path)


def clip_of(*frames: Frame) -> Clip:
    return Clip(corpus="smic", subject="s01", filename="a", frames=frames, onset=0, apex=4, offset=4, emotion="positive", fps=100.0)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """A face that moves right by .6 pixels a frame."""
    folder, image = tmp_path_factory.mktemp("moving"), np.ascontiguousarray(photograph("astronaut")[:280, 60:400, ::-1])
    shifts = [np.array([[1, 0, 0.6 * number], [0, 1, 0]]) for number in range(5)]
    images = [cv2.warpAffine(image, shift, image.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE) for shift in shifts]
    return clip_of(*(write(folder / f"{number}.png", each) for number, each in enumerate(images)))


def tensor(name: str, clip: Clip, context: Context | None = None, **constants: Plain) -> np.ndarray:
    pipeline = pipelines.load(name)
    return pipeline.tensor(clip, {**pipeline.constants, **constants}, context or Context())


@pytest.mark.parametrize("name", sorted(SIZES))
def test_a_moving_face_gives_one_vector_of_the_stated_length(name: str, moving: Clip) -> None:
    got = tensor(name, moving, flow="dis", num_frames=5) if name == "mdmo_atoms" else tensor(name, moving, flow="dis")
    assert got.dtype == np.float32 and got.shape == SIZES[name] and got.any()


def test_histograms_and_regions_show_where_it_moves(moving: Clip) -> None:
    woof = tensor("bi_woof", moving, flow="dis", whole="none").reshape(25, 8).sum(axis=0)
    fuzzy = tensor("fhofo", moving, flow="dis").reshape(-1, 8).sum(axis=0)
    assert woof[[0, 7]].sum() > 0.9 * woof.sum() and fuzzy[[0, 7]].sum() > 0.6 * fuzzy.sum()
    u, v = tensor("mdmo", moving, flow="dis", form="cartesian", steady=False).reshape(2, 36)
    assert (u > 0.05).sum() >= 34 and np.abs(v).mean() < 0.2 * u.mean()


def test_the_dynamics_map_does_not_see_a_head_that_moves_as_a_whole(moving: Clip) -> None:
    """Between frames it moves by about a pixel of the crop."""
    assert np.abs(tensor("fdm", moving, flow="dis")).mean() < 0.2


def test_an_image_is_read_about_the_code_of_no_motion(tmp_path: Path) -> None:
    codes = np.full((28, 28, 3), 90, np.uint8)  # strain, v, u as cv2 has them
    codes[:10, :10, 2], codes[:10, :10, 0] = 250, 255
    clip = clip_of(write(tmp_path / "0.png", codes))
    motion = of_image(clip, {"size": 28, "zero": "median"}, Context())
    assert motion.flow.shape == (1, 2, 28, 28) and not motion.flow[0, 1].any() and motion.points().shape == (68, 2)
    assert (motion.flow[0, 0, :10, :10] == 160).all() and not motion.flow[0, 0, 10:].any()
    assert (motion.strain[0, :10, :10] == 255).all()
    assert of_image(clip, {"size": 28, "zero": "middle"}, Context()).flow.max() == 122.5
    assert np.allclose(tensor("bi_woof_of_image", clip), bi_woof(motion.flow[0], codes[..., 0], rows=5, cols=5, bins=8))
    for name, length in {"bi_woof": 200, "fhofo": 200, "fdm": 98, "mdmo": 72}.items():
        assert tensor(f"{name}_of_image", clip).shape == (length,) and tensor(f"{name}_of_image", clip).any()
    assert tensor("mdmo_atoms_of_image", clip).shape == (1, 72)


def test_planted_motion_is_seen_at_its_peak() -> None:
    clips = [clip for clip in synthetic.read(None, max_subjects=1) if clip.emotion == "surprise"]  # the brows go up
    flow, clip = max(((tensor("synthetic_flow", clip, PLANTED), clip) for clip in clips), key=lambda each: np.abs(each[0]).max())
    woof = tensor("bi_woof_of_synthetic", clip, PLANTED)
    strengths = [np.abs(frame[1, 6:12]).mean() for frame in flow]
    assert np.allclose(woof, bi_woof(flow[np.argmax(strengths)], strain(flow[np.argmax(strengths)]), rows=5, cols=5, bins=8))
    brows = tensor("fdm_of_synthetic", clip, PLANTED, unit=True).reshape(2, 7, 7)[:, 1:3]
    assert brows[1].min() < -0.9
    length, angle = 2 * tensor("mdmo_of_synthetic", clip, PLANTED).reshape(2, 36)
    longest = int(length.argmax())
    assert longest % 18 < 10 and angle[longest] == pytest.approx(-np.pi / 2, abs=0.4)  # above the tip of the nose, upwards
    assert tensor("fhofo_of_synthetic", clip, PLANTED).shape == (200,)
    assert tensor("mdmo_atoms_of_synthetic", clip, PLANTED).shape == (8, 72)


def test_a_clip_keeps_all_its_frames_unless_a_number_is_given(moving: Clip) -> None:
    with pytest.raises(ValueError, match="'num_frames' must be a whole number of at least 1"):
        tensor("mdmo_atoms", moving, num_frames=0)
    assert tensor("mdmo_atoms", moving, flow="dis", num_frames=7).shape == (6, 72)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("bi_woof_of_image", {"zero": "mean"}), ("bi_woof_of_synthetic", {"local": "area"}), ("mdmo_of_synthetic", {"form": "round"})],
)
def test_a_constant_of_a_wrong_kind_says_how_to_pass_it(name: str, wrong: dict[str, Plain], tmp_path: Path) -> None:
    image = clip_of(write(tmp_path / "0.png", np.zeros((28, 28, 3), np.uint8)))
    clip, context = (image, Context()) if name.endswith("image") else (synthetic.read(None, max_subjects=1)[0], PLANTED)
    with pytest.raises(ValueError, match="Pass it as --option"):
        tensor(name, clip, context, **wrong)


def test_planted_motion_needs_the_corpus_synthetic() -> None:
    with pytest.raises(ValueError, match="must get the corpus 'synthetic'"):
        tensor("bi_woof_of_synthetic", synthetic.read(None, max_subjects=1)[0])
