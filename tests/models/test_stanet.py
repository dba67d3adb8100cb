from typing import Any

import pytest
import torch

import models

TINY: dict[str, Any] = {
    "in_channels": 2,
    "backbone": "tiny",
    "sab": True,
    "mask": "channel",
    "mask_at": "L3",
    "sab_depth": 2,
    "tab": True,
    "hidden": 16,
    "affinity_scale": False,
    "dropout": 0.0,
}


def _build(**changes: Any) -> torch.nn.Module:
    torch.manual_seed(0)
    return models.build("stanet", 3, **{**TINY, **changes}).eval()


@pytest.mark.parametrize(
    ("mask", "mask_at", "depth", "side", "width"), [("channel", "L3", 2, 4, 16), ("spatial", "L2", 3, 8, 1), ("channel", "L4", 1, 2, 32)]
)
def test_attention_maps(mask: str, mask_at: str, depth: int, side: int, width: int) -> None:
    logits, attention = _build(mask=mask, mask_at=mask_at, sab_depth=depth)(torch.randn(2, 8, 2, 32, 32), return_attention=True)
    assert logits.shape == (2, 3)
    assert attention["mask"].shape == (2, 8, width, side, side)
    assert attention["mask"].min() > 0 and attention["mask"].max() < 1
    torch.testing.assert_close(attention["temporal"].sum(1), torch.ones(2))


@pytest.mark.parametrize(("sab", "tab", "keys"), [(False, False, set()), (True, False, {"mask"}), (False, True, {"temporal"})])
def test_a_part_that_is_off_gives_no_attention(sab: bool, tab: bool, keys: set[str]) -> None:
    assert set(_build(sab=sab, tab=tab)(torch.randn(1, 3, 2, 32, 32), return_attention=True)[1]) == keys


def test_maps_that_do_not_halve_evenly() -> None:
    assert _build(sab_depth=3)(torch.randn(2, 3, 2, 72, 88)).shape == (2, 3)  # L3 has 9 x 11 pixels


def test_spatial_attention_is_residual() -> None:
    model, x = _build(tab=False), torch.randn(1, 3, 2, 32, 32)
    plain = _build(sab=False, tab=False)
    plain.load_state_dict({name: value for name, value in model.state_dict().items() if not name.startswith("where")})
    model.where.mask[3].bias.data.fill_(-100.0)  # type: ignore[union-attr, index]
    torch.testing.assert_close(model(x), plain(x))  # S = (1 + 0) * L3


def test_equal_frames_are_weighed_by_the_states_agreement_alone() -> None:
    model = _build(sab=False)
    features = torch.randn(1, 4, 64)
    states = model.when.lstm(features)[0]  # type: ignore[union-attr, operator]
    expected = torch.tanh(states @ states.T).sum(1).softmax(0)
    torch.testing.assert_close(model.when(features)[0], expected)  # type: ignore[operator]
    scaled = _build(sab=False, affinity_scale=True).when(features)[0]  # type: ignore[operator]
    torch.testing.assert_close(scaled, torch.tanh(states @ states.T / 4).sum(1).softmax(0))  # sqrt(16)


def test_depth_that_the_map_does_not_allow_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at least 8 pixels a side, but got \(4, 4\).*model.sab_depth"):
        _build(sab_depth=3)(torch.randn(1, 2, 2, 32, 32))


@pytest.mark.parametrize(("name", "value"), [("backbone", "resnet50"), ("mask", "pixel"), ("mask_at", "L5")])
def test_unknown_options_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be one of .*'{value}'"):
        _build(**{name: value})


@pytest.mark.parametrize(("depth", "count"), [(1, 476_288), (2, 771_712), (3, 1_067_136)])
def test_parameters_of_the_spatial_attention(depth: int, count: int) -> None:
    with torch.device("meta"):
        where = models.module("stanet").SpatialAttention(128, 128, depth=depth)
    assert sum(p.numel() for p in where.parameters()) == count
