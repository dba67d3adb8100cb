from typing import Any

import pytest
import torch
from torch import Tensor, nn

import models

TINY: dict[str, Any] = {"in_channels": 3, "streams": (2, 1), "widths": (2, 4), "features": (16, 8), "dropout": 0.0}


def _build(**changes: Any) -> Any:
    torch.manual_seed(0)
    return models.build("off_apexnet", 3, **{**TINY, **changes}).double()


def _literal(model: Any, image: Tensor) -> Tensor:
    """The paper's two streams as two streams, with the weights of the grouped convolutions."""
    _, first, _, _, second, _, _ = model.streams
    flat = []
    for i, channel in enumerate((2, 1)):
        x = image[:, channel : channel + 1]
        for conv, width in ((first, 2), (second, 4)):
            own = slice(i * width, (i + 1) * width)
            x = nn.functional.conv2d(x, conv.weight[own], conv.bias[own], padding=2).relu()
            x = nn.functional.max_pool2d(x, 2)
        flat.append(x.flatten(1))
    return model.head(model.features(torch.cat(flat, 1)))


def test_the_grouped_convolutions_are_exactly_two_streams() -> None:
    model, image = _build(), torch.randn(5, 3, 28, 28).double()
    torch.testing.assert_close(model(image), _literal(model, image), rtol=0, atol=1e-12)


def test_streams_are_the_channels_that_are_named() -> None:
    image = torch.randn(2, 3, 28, 28).double()
    torch.testing.assert_close(_build(streams=(2, 1))(image), _build(streams=(0, 1))(image.flip(1)))
    changed = image.clone()
    changed[:, 0] += 1  # strain, which no stream reads
    torch.testing.assert_close(_build()(changed), _build()(image))


def test_wrong_channels_and_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"streams must name channels from 0 to 2, but got \(3,\).*model.streams"):
        _build(streams=(3,))
    with pytest.raises(ValueError, match="28 x 28 pixels, but got"):
        _build()(torch.randn(1, 3, 32, 32).double())
