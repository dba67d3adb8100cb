from typing import Any

import pytest
import torch
from torch import Tensor, nn

import models
from models.layers import noise_shapes
from models.region_cnn_lstm import PARAMETERS, REGIONS, SMALL
from preprocessing.pipelines import region as pipeline
from preprocessing.steps import regions as steps
from tests.models.stacking import assert_equal_to_a_loop

PAPER, _ = PARAMETERS["RGBA"]


def _build(**changes: Any) -> nn.Module:
    torch.manual_seed(0)
    return models.build("region_cnn_lstm", 3, **{**SMALL, **changes}).eval()


def _video(num_frames: int = 4, side: int = 44) -> Tensor:
    return torch.randn(2, num_frames, 2, side, side, generator=torch.Generator().manual_seed(1))


def _padded(video: Tensor, num_frames: int) -> Tensor:
    return torch.cat([video, video.new_zeros(len(video), num_frames, *video.shape[2:])], 1)


def test_the_mosaic_is_the_pipelines() -> None:
    sizes = [(box.y1 - box.y0, box.x1 - box.x0) for box in steps.BOXES]
    assert list(REGIONS.values()) == [(*corner, *size) for corner, size in zip(pipeline.MOSAIC, sizes, strict=True)]


def test_counts_of_the_two_stages() -> None:
    network = models.build("region_cnn_lstm", **PAPER)
    counts = [sum(p.numel() for p in network.get_submodule(stage).parameters()) for stage in ("features", "head")]
    assert counts == [641_112, 452_419]


def test_regions_are_cut_where_the_pipeline_put_them() -> None:
    network = models.build("region_cnn_lstm", **PAPER)
    mosaic = torch.zeros(1, 4, 220, 220)
    for number, (top, left, height, width) in enumerate(REGIONS.values(), 1):
        mosaic[..., top : top + height, left : left + width] = number
    for number, part in enumerate(network.features.parts(mosaic), 1):  # type: ignore[union-attr, operator]
        assert (part == number).all() and part.numel() == 4 * (mosaic[0, 0] == number).sum()


def test_not_me() -> None:
    relabel = dict(zip(REGIONS, _build().relabel, strict=True))  # type: ignore[arg-type]
    assert relabel["left_eye"] == relabel["right_eye"] == (0, 3, 2)
    assert relabel["nose"] == (0, 3, 3)  # the paper's example: a happy nose is not me
    assert relabel["left_cheek"] == relabel["right_cheek"] == (3, 1, 3)
    assert relabel["mouth"] == (0, 1, 2)
    assert _build(not_me=False).relabel == ((0, 1, 2),) * 6


@pytest.mark.parametrize(("regions", "not_me", "labels"), [(("nose", "mouth"), True, 4), (("mouth",), True, 3), (("nose",), False, 3)])
def test_there_are_as_many_labels_as_the_regions_are_taught(regions: tuple[str, ...], not_me: bool, labels: int) -> None:
    network, frames = _build(regions=regions, not_me=not_me), _video()[0]
    assert network.features(frames).shape == (4, len(regions), labels)  # type: ignore[operator]
    assert network.features.embed(frames).shape == (4, 20 * len(regions))  # type: ignore[union-attr, operator]
    assert network(_video()).shape == (2, 3)


def test_the_network_is_its_head_on_the_embeddings() -> None:
    network, video = _build(), _video()
    embedded = network.features.embed(video.flatten(0, 1)).unflatten(0, (2, 4))  # type: ignore[union-attr, operator]
    torch.testing.assert_close(network(video), network.head(torch.cat([embedded, torch.ones(2, 4, 1)], 2)))  # type: ignore[operator]


@pytest.mark.parametrize("bidirectional", [False, True])
def test_masked_padding_changes_nothing(bidirectional: bool) -> None:
    network, video = _build(mask_padding=True, bidirectional=bidirectional), _video()
    torch.testing.assert_close(network(_padded(video, 5)), network(video))


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_papers_padding_does(bidirectional: bool) -> None:
    network, video = _build(mask_padding=False, bidirectional=bidirectional), _video()
    assert (network(_padded(video, 5)) - network(video)).abs().min() > 1e-4


@pytest.mark.parametrize("mask_padding", [False, True])
def test_what_stands_in_padding_has_no_effect(mask_padding: bool) -> None:
    head, sequence = _build(mask_padding=mask_padding).get_submodule("head"), torch.randn(2, 4, 121)
    sequence[..., -1] = torch.tensor([1.0, 1.0, 1.0, 0.0])
    other = sequence.clone()
    other[:, 3, :-1] = 7
    assert torch.equal(head(sequence), head(other))
    other[:, 2, :-1] = 7
    assert not torch.equal(head(sequence), head(other))


def test_both_directions_see_the_whole_clip() -> None:
    network, video = _build(bidirectional=True), _video().requires_grad_()
    network.head.lstms.weight_input[:6].data.zero_()  # type: ignore[union-attr, index]
    network(video).sum().backward()
    assert video.grad is not None and (video.grad[:, 0].abs().sum((1, 2, 3)) > 0).all()  # through the second six alone


def test_smaller_mosaics_are_cut_at_the_same_shares() -> None:
    parts = _build().features.parts(torch.zeros(1, 2, 44, 44))  # type: ignore[union-attr, operator]
    assert [tuple(part.shape[-2:]) for part in parts] == [(16, 20), (16, 20), (16, 24), (12, 12), (12, 12), (12, 32)]
    assert _build()(_video(side=32)).shape == (2, 3)


@pytest.mark.parametrize("stage", ["features", "head"])
def test_stacked_stages_equal_a_loop(stage: str) -> None:
    """The two stages are trained apart: each under vmap, with its gradients."""
    folds = []
    for seed in range(2):
        torch.manual_seed(seed)
        folds.append(models.build("region_cnn_lstm", 3, **SMALL).get_submodule(stage).double())
    x = torch.randn(2, 3, 2, 44, 44).double() if stage == "features" else torch.rand(2, 3, 4, 121).double()
    noise = {path: torch.rand(2, *shape).double() for path, shape in noise_shapes(folds[0], x[0]).items()}
    assert_equal_to_a_loop(folds, x, noise)
    assert all(p.grad is not None and p.grad.any() for fold in folds for p in fold.parameters())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"regions": ()}, r"Regions must be some of left_eye.*but got \(\)"),
        ({"regions": ("nose", "nose")}, "each once"),
        ({"regions": ("ear",)}, "but got .'ear'"),
    ],
)
def test_unknown_regions_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _build(**changes)


def test_not_me_needs_the_papers_classes() -> None:
    with pytest.raises(ValueError, match=r"but got 5 classes\. Set model\.not_me=False"):
        models.build("region_cnn_lstm", 5, **SMALL)


@pytest.mark.parametrize("size", [(44, 48), (20, 20)])
def test_other_pictures_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"mosaic of regions must be square.*pipeline 'region'"):
        _build()(torch.zeros(1, 2, 2, *size))
