from typing import Any

import pytest
import torch
from torch import Tensor, nn

import models
from models.layers import noise_shapes
from models.rcn import FORMS
from tests.models.stacking import assert_equal_to_a_loop


def _build(form: str, seed: int = 0, **changes: Any) -> nn.Module:
    torch.manual_seed(seed)
    settings = {"in_channels": 3, "maps": 8, "pool_size": 5, "dropout": 0.5, **changes}
    return models.build("rcn", 3, form=form, **settings)


def _image(batch: int = 4) -> Tensor:
    return torch.randn(batch, 3, 28, 28, generator=torch.Generator().manual_seed(1))


def test_modules_add_no_parameters() -> None:
    counts = {form: sum(p.numel() for p in _build(form).parameters()) for form in FORMS}
    assert counts["RCN-A"] == counts["RCN-S"] == counts["RCN"] > counts["RCN-W"] == counts["RCN-P"] == counts["RCN-C"] == counts["RCN-F"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_stacked_equals_a_loop(form: str) -> None:
    folds = [_build(form, seed).double() for seed in range(2)]
    x = torch.stack([_image(), 2 * _image()]).double()
    noise = {path: torch.rand(2, *shape).double() for path, shape in noise_shapes(folds[0], x[0]).items()}
    assert_equal_to_a_loop(folds, x, noise)
    assert all(p.grad is not None and p.grad.any() for fold in folds for p in fold.parameters())


@pytest.mark.parametrize("form", FORMS)
def test_every_form_exports_with_any_batch(form: str) -> None:
    model = _build(form).eval()
    exported = torch.export.export(model, (_image(2),), dynamic_shapes=({0: torch.export.Dim("batch")},)).module()
    torch.testing.assert_close(exported(_image(5)), model(_image(5)))


def test_attention_is_the_class_activation_map_by_its_formula() -> None:
    model, maps = _build("RCN-A").eval(), torch.rand(2, 8, 12, 12)
    pooled = nn.functional.adaptive_avg_pool2d(maps, 5)
    expected = torch.zeros(2, 1, 5, 5)
    for weights in model.head.weight.view(3, 8, 5, 5):  # type: ignore[union-attr, operator]
        cam = (weights * pooled).mean(1, keepdim=True)
        for clip in range(2):
            low, high = cam[clip].min(), cam[clip].max()
            expected[clip] += (cam[clip] - low) / (high - low) / 3
    torch.testing.assert_close(model._attention(maps), expected)  # type: ignore[operator]


def test_a_flat_map_has_no_attention() -> None:
    model = _build("RCN-A").eval()
    attention = model._attention(torch.zeros(1, 8, 12, 12))  # type: ignore[operator]
    assert torch.equal(attention, torch.zeros(1, 1, 5, 5))
    assert model(torch.zeros(1, 3, 28, 28)).isfinite().all()


@pytest.mark.parametrize("form", ["RCN-A", "RCN-P"])
def test_pooled_maps_are_weighed(form: str) -> None:
    model, image = _build(form).eval(), _image()
    seen: list[Tensor] = []
    model.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().unflatten(1, (8, 5, 5))))  # type: ignore[union-attr]
    model(image)
    attention = model._attention(model.stem(image))  # type: ignore[operator]
    model.weighed = "nothing"  # type: ignore[assignment]
    model(image)
    torch.testing.assert_close(seen[0], seen[1] * attention)
    assert attention.min() < 0.9


@pytest.mark.parametrize(("form", "other"), [("RCN-A", "RCN"), ("RCN-S", "RCN"), ("RCN-C", "RCN-W"), ("RCN-F", "RCN-W")])
def test_forms_of_the_same_weights_differ(form: str, other: str) -> None:
    first, second = _build(form).eval(), _build(other).eval()
    second.load_state_dict(first.state_dict())
    assert not torch.allclose(first(_image()), second(_image()), atol=1e-5)


def test_an_unknown_form_and_an_odd_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"one of RCN, RCN-A.*but got 'RCN-Z'.*model\.form"):
        _build("RCN-Z")
    with pytest.raises(ValueError, match=r"multiple of 4.*but got 6.*model\.maps"):
        _build("RCN-W", maps=6)
