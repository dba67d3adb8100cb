from typing import Any

import pytest
import torch

import models
from models.backbones.resnet10 import Block, ResNet10

SMALL: dict[str, Any] = {
    key: value for key, value in models.module("micro_attention").PARAMETERS["small"][0].items() if key != "num_classes"
}


def _build(**changes: Any) -> Any:
    torch.manual_seed(0)
    return models.build("micro_attention", 3, **{**SMALL, **changes}).double().eval()


def test_a_block_weighs_its_sum_by_one_plus_its_mask() -> None:
    torch.manual_seed(0)
    block, x = Block(4, 6, first=False, last=False, attention=True).double().eval(), torch.randn(2, 4, 8, 8).double()
    active = block.before(x)
    shortcut, inner = block.shortcut(active), block.conv1(active)
    outer = block.conv2(inner)
    assert block.attention is not None
    weight = block.attention.mix.weight[:, :, 0, 0]  # (6, 18)
    mixed = torch.einsum("oc,bchw->bohw", weight, torch.cat([shortcut, inner, outer], 1))
    mask = torch.sigmoid(mixed.mean(1, keepdim=True))
    weighed, own = block(x)
    torch.testing.assert_close(own, mask)
    torch.testing.assert_close(weighed, (1 + mask) * (outer + shortcut))


def test_sides_are_those_of_the_prototxt() -> None:
    torch.manual_seed(0)
    maps, masks = ResNet10(1, stem="full", widths=(4, 4, 8, 8), attention=True).eval()(torch.randn(1, 1, 224, 224))
    assert [tuple(mask.shape[1:]) for mask in masks] == [(1, 56, 56), (1, 28, 28), (1, 14, 14), (1, 7, 7)] and maps.shape == (1, 8, 7, 7)


def test_features_have_the_length_that_is_set() -> None:
    model = _build(scale=5.0)
    seen: list[torch.Tensor] = []
    model.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(torch.randn(3, 3, 28, 28).double())
    torch.testing.assert_close(seen[0].norm(dim=1), torch.full((3,), 5.0).double())


def test_attention_is_the_finest_mask_or_none() -> None:
    image = torch.randn(2, 3, 28, 28).double()
    logits, attention = _build()(image, return_attention=True)
    assert attention["mask"].shape == (2, 1, 28, 28) and 0 < attention["mask"].min() and attention["mask"].max() < 1
    torch.testing.assert_close(logits, _build()(image))
    assert _build(attention=False)(image, return_attention=True)[1] == {}


def test_an_unknown_stem_is_refused() -> None:
    with pytest.raises(ValueError, match="stem must be full or small, but got 'large'.*model.stem"):
        _build(stem="large")
