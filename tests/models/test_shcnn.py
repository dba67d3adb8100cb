from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import models
from models.shcnn import CONV_BIAS, PARAMETERS, SMALL


def _build(**changes: Any) -> nn.Module:
    torch.manual_seed(0)
    return models.build("shcnn", 3, **{**SMALL, "dropout": 0.0, **changes}).double()


def _images(side: int = SMALL["side"], channels: int = SMALL["in_channels"]) -> Tensor:
    return torch.randn(4, channels, side, side, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def _pool(x: Tensor, how: str) -> Tensor:
    """2 x 2 windows that start at even pixels; those at the border are of the pixels that exist."""
    rows = [
        torch.stack([getattr(x[..., i : i + 2, j : j + 2], how)((-2, -1)) for j in range(0, x.shape[-1], 2)], -1)
        for i in range(0, x.shape[-2], 2)
    ]
    return torch.stack(rows, -2)


def _literal(network: nn.Module, x: Tensor, *, pool: str, pool_order: str, pad_mode: str, alpha: float) -> Tensor:
    """The network as the paper and the released scripts write it, one operation after the other."""
    how = {"max": "amax", "avg": "mean"}[pool]
    for block in network.features:  # type: ignore[union-attr]
        weight, bias = block[0].weight, block[0].bias
        ring = weight.shape[-1] // 2
        x = F.conv2d(x, weight, bias, padding=ring if pad_mode == "same" else 0)
        if pad_mode == "zero_ring":
            x = F.pad(F.leaky_relu(x, alpha), [ring] * 4)
            x = _pool(x, how) if pool_order == "act_pool" else x
        else:
            x = _pool(F.leaky_relu(x, alpha), how) if pool_order == "act_pool" else F.leaky_relu(_pool(x, how), alpha)
    x = x.flatten(1)
    for layer in network.hidden:  # type: ignore[union-attr]
        x = F.leaky_relu(F.linear(x, layer[0].weight, layer[0].bias), alpha)
    return F.linear(x, network.head.weight, network.head.bias)  # type: ignore[union-attr, arg-type]


@pytest.mark.parametrize("side", [18, 21])
@pytest.mark.parametrize(
    ("pool", "pool_order", "pad_mode"),
    [("max", "act_pool", "same"), ("avg", "act_pool", "same"), ("avg", "pool_act", "same"), ("max", "act_pool", "zero_ring")],
)
def test_the_layers_are_those_of_the_paper_and_its_scripts(pool: str, pool_order: str, pad_mode: str, side: int) -> None:
    options = {"pool": pool, "pool_order": pool_order, "pad_mode": pad_mode, "alpha": 0.15}
    network, literal = _build(side=side, **options), _build(side=side, **options)
    x = _images(side)
    for each, logits in ((network, network(x)), (literal, _literal(literal, x, **options))):  # type: ignore[arg-type]
        logits.square().sum().backward()
        each.logits = logits
    torch.testing.assert_close(network.logits, literal.logits, rtol=0, atol=1e-12)
    for ours, theirs in zip(network.parameters(), literal.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-9)


def test_every_option_changes_the_network() -> None:
    x = _images()
    changes: list[dict[str, Any]] = [
        {}, {"pool": "avg"}, {"pool": "avg", "pool_order": "pool_act"}, {"pad_mode": "zero_ring"}, {"alpha": 0.2},
        {"init": "ferplus_release"}, {"init": "casme2_release"},
    ]  # fmt: skip
    answers = [_build(**each)(x) for each in changes]
    assert all(not torch.allclose(answers[i], answers[j]) for i in range(len(changes)) for j in range(i))


def test_pooling_rounds_up() -> None:
    with torch.device("meta"):
        static = models.build("shcnn", **PARAMETERS["FER2013"][0])
        assert [block(torch.empty(1, maps, side, side)).shape[-1] for block, maps, side in zip(
            static.features, (1, 44, 44), (42, 21, 11), strict=True)  # type: ignore[arg-type]
        ] == [21, 11, 6]  # fmt: skip


def test_he_keeps_the_scale_of_the_activations() -> None:
    network = _build(filters=(32, 32, 32), fc=(256, 256))
    x = torch.randn(64, 3, 18, 18, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    power = network.hidden[0](network.features(x).flatten(1)).square().mean().item()  # type: ignore[index, operator]
    assert 0.3 < power < 3
    assert not any(parameter.any() for name, parameter in network.named_parameters() if name.endswith("bias"))


@pytest.mark.parametrize("init", ["ferplus_release", "casme2_release"])
def test_the_releases_initialise_as_their_scripts(init: str) -> None:
    network = _build(init=init, fc=(64, 64)).float()
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            assert layer.weight.abs().max() <= torch.tensor(0.2) and torch.equal(layer.bias, torch.full_like(layer.bias, 0.1))
        if isinstance(layer, nn.Conv2d):
            assert layer.bias is not None
            fan = layer.weight[0].numel() + layer.weight[:, 0].numel()
            assert layer.weight.abs().max() <= (6 / fan) ** 0.5
            assert torch.equal(layer.bias, torch.full_like(layer.bias, CONV_BIAS[init]))
    inner: nn.Linear = network.hidden[1][0]  # type: ignore[index, assignment]
    assert inner.weight.std().item() == pytest.approx(0.088, abs=0.004)  # a normal of 0.1 cut at two standard deviations


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 18, 18\), but got \(3, 14, 14\).*model.side"):
        _build()(_images(14))
    with pytest.raises(ValueError, match=r"\(3, 18, 18\), but got \(1, 18, 18\)"):
        _build()(_images(channels=1))


@pytest.mark.parametrize("name", ["pool", "pool_order", "pad_mode", "init"])
def test_unknown_options_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"SHCNN's {name} must be one of .*'other'.*model.{name}"):
        _build(**{name: "other"})
