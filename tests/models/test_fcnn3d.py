from typing import Any

import torch
from torch import nn

import models

TINY: dict[str, Any] = {"in_channels": 3, "streams": (2, 0), "widths": (2, 3), "features": 5, "dropout": 0.0}


def _build(**changes: Any) -> Any:
    torch.manual_seed(0)
    return models.build("fcnn3d", 3, **{**TINY, **changes}).double()


def test_the_grouped_convolutions_are_exactly_separate_streams() -> None:
    model, clip = _build(), torch.randn(4, 5, 3, 12, 12).double()
    (first, norm1, _), (second, norm2, _) = model.convolutions

    def stream(i: int, channel: int) -> torch.Tensor:
        x = clip[:, :, channel : channel + 1].transpose(1, 2)
        for conv, norm, width in ((first, norm1, 2), (second, norm2, 3)):
            own = slice(i * width, (i + 1) * width)
            x = nn.functional.max_pool3d(x, 2) if conv is second else x
            x = nn.functional.conv3d(x, conv.weight[own], padding=1)
            x = nn.functional.batch_norm(x, None, None, norm.weight[own], norm.bias[own], training=True).relu()
        return x.mean((2, 3, 4))

    features = torch.cat([stream(0, 2), stream(1, 0)], 1)
    torch.testing.assert_close(model(clip), model.head(model.features(features).relu()))


def test_one_frame_is_a_clip_too() -> None:
    assert _build(widths=(2, 3, 4)).eval()(torch.randn(2, 1, 3, 16, 16).double()).shape == (2, 3)


def test_the_order_of_frames_matters() -> None:
    model, clip = _build().eval(), torch.randn(1, 6, 3, 12, 12).double()
    assert not torch.allclose(model(clip), model(clip.flip(1)))
