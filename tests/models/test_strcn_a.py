from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import models
from models.strcn_a import ActivePixels
from preprocessing.steps import strcn_mask

SIZE = (8, 6)
SMALL: dict[str, Any] = {
    "in_channels": 3, "size": SIZE, "share": 0.5, "order": "column", "maps": 4, "layers": 2, "iterations": 2, "reading": "eq6",
    "pools": ((2, 1), (2, 2)),
}  # fmt: skip


def _videos(num: int = 6, frames: int = 9) -> Tensor:
    return torch.randint(256, (num, frames, 3, *SIZE), generator=torch.Generator().manual_seed(1)).float()


def _pixels(order: str = "column", share: float = 0.5, channels: int = 3) -> ActivePixels:
    return ActivePixels(SIZE, share=share, order=order, in_channels=channels)


def _build(**changes: Any) -> nn.Module:
    torch.manual_seed(0)
    return models.build("strcn_a", 3, **{**SMALL, **changes})


def test_the_papers_share_is_922_pixels() -> None:
    pixels = ActivePixels((64, 48), share=0.3, order="column", in_channels=3)
    assert pixels.num_pixels == len(pixels.chosen()) == 922


@pytest.mark.parametrize("order", ["column", "row"])
def test_pixels_are_those_of_the_preprocessing_step(order: str) -> None:
    """The same mask and the same order as ``steps/strcn_mask.py``; gray levels here are not rounded to 8 bits."""
    videos, pixels = _videos(), _pixels(order)
    gray = (videos * pixels.gray).sum(2).numpy()
    energies = [np.abs(clip - clip[0]).sum(axis=0, dtype=np.float64) for clip in gray]
    mask = strcn_mask.mask(energies, percent=50)
    for batch in videos.split(4):
        pixels.observe(batch)
    chosen = pixels.eval()(videos)  # (B, C, P, T)
    expected = strcn_mask.select(videos[0].permute(0, 2, 3, 1).numpy(), mask, order=order)  # type: ignore[arg-type]
    np.testing.assert_array_equal(chosen[0].permute(2, 1, 0).numpy(), expected)


def test_energy_is_the_mean_over_all_clips_seen_however_they_are_dealt() -> None:
    videos, whole, parts, twice = _videos().double(), _pixels().double(), _pixels().double(), _pixels().double()
    whole.observe(videos)
    for batch in videos.split(4):
        parts.observe(batch)
    for _ in range(2):
        twice.observe(videos)
    for other in (parts, twice):
        torch.testing.assert_close(other.energy, whole.energy)
    assert [int(pixels.num_clips) for pixels in (whole, parts, twice)] == [6, 6, 12]


@pytest.mark.parametrize("training", [True, False])
def test_a_batch_alone_changes_no_mask(training: bool) -> None:
    pixels = _pixels().train(training)
    pixels(_videos())
    assert pixels.num_clips == 0 and not pixels.energy.any()


def test_pixels_that_tie_are_taken_from_the_top() -> None:
    pixels = _pixels("row", share=0.25)
    assert pixels.chosen().tolist() == list(range(12))
    assert _pixels("column", share=0.25).chosen().tolist() == [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]


def test_other_channels_than_colours_count_alike() -> None:
    pixels = _pixels(channels=2)
    assert torch.equal(pixels.gray.flatten(), torch.tensor([0.5, 0.5]))


def test_a_clip_becomes_one_image_of_pixels_over_time() -> None:
    network, videos = _build(), _videos()
    network.observe(videos)  # type: ignore[operator]
    images = network.eval().pixels(videos)  # type: ignore[operator]
    assert images.shape == (6, 3, 24, 9)
    torch.testing.assert_close(network(videos), network.network(images))  # type: ignore[operator]


def test_the_chosen_pixels_are_part_of_the_weights() -> None:
    network, other, videos = _build(), _build(), _videos()
    network.observe(videos)  # type: ignore[operator]
    other.load_state_dict(network.state_dict())
    assert torch.equal(other.eval()(videos), network.eval()(videos))
    assert not torch.equal(other.pixels.chosen(), _build().pixels.chosen())  # type: ignore[union-attr, operator]


@pytest.mark.parametrize(("share", "order"), [(0.0, "row"), (1.1, "row"), (0.5, "spiral")])
def test_unknown_ways_to_choose_are_refused(share: float, order: str) -> None:
    with pytest.raises(ValueError, match=rf"share in \(0, 1\].*but got {share} and '{order}'"):
        _pixels(order, share)


def test_frames_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have \(8, 6\) pixels, but got \(6, 8\)"):
        _build()(torch.zeros(1, 9, 3, 6, 8))
