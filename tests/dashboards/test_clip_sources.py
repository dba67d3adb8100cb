"""What a home holds of a clip: shards of a real small sweep, and faces kept by the real step."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dashboards import clip_sources
from dashboards.clip_sources import Source, trained_on, with_flow
from orchestrator.data import load_clips
from orchestrator.fold_job import Loading
from orchestrator.results import SweepResult
from preprocessing import face_frames
from preprocessing.clip import Clip, Frame
from preprocessing.intermediates import Intermediates
from preprocessing.parts import contents_of
from preprocessing.pipeline import Context
from preprocessing.shards import ClipRow
from search_spaces.recipe import Data
from tests.dashboards.small_sweep import SUBJECTS, small_recipe
from tests.orchestrator.training_examples import build_shards


def test_the_clip_is_the_one_that_was_trained_on(swept: tuple[Path, SweepResult]) -> None:
    home, result = swept
    record = result.trials[0].folds[result.fold_names[0]]
    (folder,) = (home / "shards" / "synthetic").iterdir()
    clips = load_clips(folder, Loading.of(small_recipe("stanet")))
    for place, clip in enumerate(clips.clips):
        if clip.key in record.held_out.keys:
            source = trained_on(home, record, clip.key)
            assert np.array_equal(source.tensor, clips.inputs[place].movedim(-1, -3).numpy())
            assert source.flow is not None and np.array_equal(source.flow, source.tensor)
            assert source.pictures is None and with_flow(home, source) is source


def test_a_clip_of_another_corpus_and_lost_shards_are_refused(swept: tuple[Path, SweepResult], tmp_path: Path) -> None:
    home, result = swept
    record = result.trials[0].folds[result.fold_names[0]]
    with pytest.raises(ValueError, match="'smic/s99/none' is not in"):
        trained_on(home, record, "smic/s99/none")
    with pytest.raises(ValueError, match="python -m preprocessing.build synthetic --pipeline synthetic_flow"):
        trained_on(tmp_path, record, record.held_out.keys[0])


def test_a_descriptor_borrows_the_flow_of_another_build_of_its_frames(swept: tuple[Path, SweepResult], tmp_path: Path) -> None:
    options = {"layout": "smic_hs", "max_subjects": SUBJECTS}
    build_shards(Data(corpus="synthetic", classes="synthetic3", pipeline="fdm_of_synthetic", options=options), tmp_path)
    (folder,) = (tmp_path / "shards" / "synthetic").iterdir()
    descriptor = clip_sources._source(clip_sources.open_shards(folder), swept[1].trials[0].folds[swept[1].fold_names[0]].held_out.keys[0])
    assert descriptor is not None and descriptor.images is None and with_flow(tmp_path, descriptor) is None
    shutil.copytree(swept[0] / "shards" / "synthetic", tmp_path / "shards" / "synthetic", dirs_exist_ok=True)
    found = with_flow(tmp_path, descriptor)
    assert found is not None and found.row.key == descriptor.row.key and found.flow is not None and found.flow.shape[1] == 2


def test_faces_are_found_where_the_pipeline_left_them(tmp_path: Path) -> None:
    clip, source = _clip_of_frames(tmp_path)
    assert clip_sources.face_frames(tmp_path, source) is None
    contents = contents_of({"key": clip.key, **source.provenance})
    context = Context(contents=contents, intermediates=Intermediates(tmp_path / "intermediates"))
    made = face_frames.face_frames(clip, source.manifest["constants"], context, height=16, width=16)
    found = clip_sources.face_frames(tmp_path, source)
    assert found is not None and np.array_equal(found, made)
    other = replace(source, provenance={**source.provenance, "apex": 3})
    assert clip_sources.face_frames(tmp_path, other) is None


@pytest.mark.parametrize(
    ("channels", "shape"), [(("red", "green", "blue"), (3, 4, 5)), (("gray", "u", "v", "strain"), (2, 4, 4, 5)), (("gray",), (6, 1, 4, 5))]
)
def test_pictures_are_those_channels_of_a_tensor(channels: tuple[str, ...], shape: tuple[int, ...]) -> None:
    tensor = np.linspace(0, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    pictures = _source(tensor, channels).pictures
    assert pictures is not None and pictures.dtype == np.uint8 and pictures.min() == 0
    assert pictures.shape == ((1, 4, 5, 3) if "red" in channels else (len(tensor), 4, 5))


def test_codes_of_flow_are_about_their_median() -> None:
    codes = np.full((3, 5, 5), 130, np.uint8)
    codes[2, 2, 2] = 255  # strain, v, u
    flow = _source(codes, ("strain", "v", "u")).flow
    assert flow is not None and flow.shape == (1, 2, 5, 5)
    assert flow[0, 0, 2, 2] == 125 and np.count_nonzero(flow) == 1


def _source(tensor: np.ndarray, channels: tuple[str, ...], constants: dict[str, object] | None = None) -> Source:
    row = ClipRow(key="toy/s1/c1", corpus="toy", subject="s1", filename="c1", emotion="x", split="", copy_of="", label_distribution="[]")
    provenance = {"frames": [[n, str(n)] for n in range(1, 4)], "onset": 1, "apex": 2, "offset": 3}
    return Source(
        row=row, tensor=tensor, manifest={"channels": channels, "constants": constants or {}, "corpus": "toy"}, provenance=provenance
    )


def _clip_of_frames(folder: Path) -> tuple[Clip, Source]:
    """Three gray images, cut by ``none``: only resized, no face is looked for."""
    rng = np.random.default_rng(0)
    frames = []
    for number in (1, 2, 3):
        path = folder / f"img{number}.png"
        cv2.imwrite(str(path), rng.integers(0, 255, (32, 32), np.uint8))
        frames.append(Frame(number=number, path=path))
    source = _source(np.zeros(1, np.float32), ("feature",), {"faces": "none", "size": 16})
    return Clip(corpus="toy", subject="s1", filename="c1", frames=tuple(frames), onset=1, apex=2, offset=3, emotion="x"), source
