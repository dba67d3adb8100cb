"""A corpus in memory: the shards' tensors, scaled and laid out once, whatever their type."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from orchestrator import data
from orchestrator.data import ClipTensors, Loading, load_clips
from preprocessing import classes
from preprocessing.shards import open_shards
from search_spaces.recipe import Data
from tests.orchestrator.training_examples import CLASSES, build_shards, labelled

CPU = torch.device("cpu")
IMAGES = Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image", options={"max_subjects": 3}, scale=1 / 255)
LOADING = Loading(classes="synthetic3", scale=1 / 255, frames=False, pad_to=None)
CHOSEN = torch.tensor([4, 0, 2])


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_shards(IMAGES, tmp_path_factory.mktemp("home"))


def toy(dtype: torch.dtype, scale: float) -> ClipTensors:
    clips = labelled((3, 3))
    inputs = torch.arange(6 * 4 * 4 * 3).reshape(6, 4, 4, 3).to(dtype)
    return ClipTensors(clips, CLASSES, inputs, scale, "toy")


def test_clips_are_the_shards_rows_with_their_labels(shards: Path) -> None:
    loaded, stored = load_clips(shards, LOADING), open_shards(shards)
    assert [clip.key for clip in loaded.clips] == [row.key for row in stored.rows] == sorted(row.key for row in stored.rows)
    assert [loaded.classes[clip.label] for clip in loaded.clips] == [row.emotion for row in stored.rows]
    assert {clip.subject for clip in loaded.clips} == set(stored.subjects) and loaded.digest == stored.digest
    batch = loaded.to(CPU, torch.float64).batch(CHOSEN, torch.float64)
    np.testing.assert_allclose(batch, stored.tensors(CHOSEN.tolist()) / 255, rtol=1e-12)


def test_a_corpus_is_loaded_once_per_process(shards: Path) -> None:
    assert load_clips(shards, LOADING) is load_clips(shards, LOADING)


def test_a_scheme_that_knows_no_emotion_of_the_corpus_is_refused(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(classes._SCHEMES, "moods", classes.ClassScheme(name="moods", classes=("calm",), emotions={"calm": "calm"}))
    with pytest.raises(
        ValueError, match=r"'moods' must know some emotion of the corpus, but the shards in .* have \['negative', 'positive'"
    ):
        load_clips(shards, dataclasses.replace(LOADING, classes="moods"))


def test_clips_outside_of_the_scheme_are_left_out(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two = classes.ClassScheme(name="two", classes=("surprise", "positive"), emotions={"surprise": "surprise", "positive": "positive"})
    monkeypatch.setitem(classes._SCHEMES, "two", two)
    loaded, stored = load_clips(shards, dataclasses.replace(LOADING, classes="two", scale=1.0)), open_shards(shards)
    kept = [position for position, row in enumerate(stored.rows) if row.emotion != "negative"]
    assert [clip.key for clip in loaded.clips] == [stored.rows[position].key for position in kept]
    assert 0 < len(kept) < len(stored) and loaded.classes == ("surprise", "positive")
    np.testing.assert_array_equal(loaded.inputs.movedim(-1, -3), stored.tensors(kept))


@pytest.mark.parametrize("stored", (torch.uint8, torch.float32))
@pytest.mark.parametrize("wanted", (torch.float32, torch.float64))
@pytest.mark.parametrize("fits", (True, False))
def test_batches_are_scaled_once_whether_or_not_the_corpus_fits_in_memory(
    stored: torch.dtype, wanted: torch.dtype, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fits:
        monkeypatch.setattr(data, "IN_MEMORY_BYTES", 0)
    clips = toy(stored, 0.5)
    batch = clips.to(CPU, wanted).batch(CHOSEN, wanted)
    assert batch.dtype == wanted and batch.shape == (3, 3, 4, 4)
    torch.testing.assert_close(batch, (clips.inputs[CHOSEN].to(wanted) * 0.5).movedim(-1, -3))


def test_batches_are_channels_last_in_memory() -> None:
    assert toy(torch.float32, 1.0).to(CPU, torch.float32).batch(CHOSEN, torch.float32).is_contiguous(memory_format=torch.channels_last)
