from typing import Any

import pytest
import torch
from torch import nn

import models

TINY: dict[str, Any] = {
    "in_channels": 3,
    "streams": ((1, 2), (0,)),
    "backbone": "tiny",
    "cell": "lstm",
    "hidden": 6,
    "layers": 2,
    "dense": 5,
    "dropout": 0.0,
}


def _build(**changes: Any) -> Any:
    torch.manual_seed(0)
    return models.build("cnn_rnn", 3, **{**TINY, **changes}).eval()


def test_the_gru_is_torchs() -> None:
    torch.manual_seed(1)
    own = models.module("cnn_rnn").GRU(4, 5)
    torch.manual_seed(1)
    theirs = nn.GRU(4, 5, batch_first=True)
    assert all(torch.equal(own.state_dict()[name], tensor) for name, tensor in theirs.state_dict().items())
    x = torch.randn(3, 7, 4)
    torch.testing.assert_close(own(x), theirs(x)[0])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_padding_behind_a_clip_changes_nothing(cell: str) -> None:
    model, clip = _build(cell=cell), torch.randn(2, 4, 3, 32, 32)
    padded = torch.cat([clip, torch.zeros(2, 3, 3, 32, 32)], dim=1)
    torch.testing.assert_close(model(padded), model(clip))
    assert not torch.allclose(model(clip[:, :-1]), model(clip), atol=1e-5)  # the last frame counts


def test_clips_of_a_batch_may_end_at_different_frames() -> None:
    model, clip = _build(), torch.randn(2, 4, 3, 32, 32)
    clip[1, 2:] = 0
    torch.testing.assert_close(model(clip)[1:], model(clip[1:, :2]))


def test_each_stream_has_its_own_cnn_and_classifier() -> None:
    model, frames = _build(), torch.randn(5, 3, 32, 32)
    features = model.features
    logits, embedded = features(frames), features.embed(frames)
    assert logits.shape == (5, 2, 3) and embedded.shape == (5, 64) and model.relabel == ((0, 1, 2), (0, 1, 2))
    torch.testing.assert_close(logits[:, 0], features.classifiers[0](embedded[:, :32]))
    changed = frames.clone()
    changed[:, 0] += 1
    torch.testing.assert_close(features(changed)[:, 0], logits[:, 0])
    assert not torch.allclose(features(changed)[:, 1], logits[:, 1])


def test_unknown_cells_and_backbones_are_refused() -> None:
    with pytest.raises(ValueError, match="one of lstm, gru, but got 'rnn'.*model.cell"):
        _build(cell="rnn")
    with pytest.raises(ValueError, match="one of vgg16, .*but got 'vgg19'.*model.backbone"):
        _build(backbone="vgg19")
