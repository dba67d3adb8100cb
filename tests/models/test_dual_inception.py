from typing import Any

import pytest
import torch
from torch import nn

import models

TINY: dict[str, Any] = {"in_channels": 3, "streams": (2, 1), "widths": (2, 3), "features": 8, "dropout": 0.0}


def _build(**changes: Any) -> Any:
    torch.manual_seed(0)
    return models.build("dual_inception", 3, **{**TINY, **changes}).double()


def test_a_gray_png_read_as_three_equal_channels_is_one_channel() -> None:
    """The authors' 1 x 1 convolutions over three equal channels are ours with the sum of their weights."""
    x = torch.randn(2, 1, 28, 28).double()
    three, one = nn.Conv2d(3, 6, 1).double(), nn.Conv2d(1, 6, 1).double()
    one.load_state_dict({"weight": three.weight.sum(1, keepdim=True), "bias": three.bias})
    torch.testing.assert_close(one(x), three(x.expand(-1, 3, -1, -1)))
    assert sum(p.numel() for p in three.parameters()) * 8 - sum(p.numel() for p in one.parameters()) * 8 == 96  # 4 branches, 2 streams


def test_an_inception_block_is_its_four_branches() -> None:
    block: Any = models.module("dual_inception").Inception(3, 4).double()
    x = torch.randn(2, 3, 10, 10).double()
    conv = nn.functional.conv2d

    def apply(layer: nn.Module, y: torch.Tensor, padding: int) -> torch.Tensor:
        weight, bias = layer.parameters()
        return conv(y, weight, bias, padding=padding).relu()

    a, (b1, b3), (c1, c5), (_, d) = block.branches
    pooled = nn.functional.max_pool2d(x, 3, stride=1, padding=1)
    expected = [apply(a, x, 0), apply(b3, apply(b1, x, 0), 1), apply(c5, apply(c1, x, 0), 2), apply(d, pooled, 0)]
    torch.testing.assert_close(block(x), torch.cat(expected, 1))


def test_each_stream_reads_its_own_channel() -> None:
    model, image = _build(), torch.randn(2, 3, 28, 28).double()
    seen: dict[int, torch.Tensor] = {}
    for i, stream in enumerate(model.streams):
        stream.register_forward_pre_hook(lambda _, inputs, i=i: seen.update({i: inputs[0]}))
    model(image)
    assert torch.equal(seen[0], image[:, 2:]) and torch.equal(seen[1], image[:, 1:2])


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="28 x 28 pixels, but got"):
        _build()(torch.randn(1, 3, 32, 32).double())
