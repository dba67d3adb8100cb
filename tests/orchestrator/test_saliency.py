import math
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import models
from models.shcnn import SMALL
from orchestrator.saliency import adversarial_check, darken, saliency, scaled_softmax

SIDE = 18
TABLE_2 = [  # logits; softmax(o / M) by hand: of (.1, .3, 1), of (.01, .07, 1), of (.5, 1)
    ([1.0, 3.0, 10.0], [0.213629, 0.260927, 0.525443]),
    ([1.0, 7.0, 100.0], [0.210390, 0.223400, 0.566210]),
    ([1.0, 2.0], [0.377541, 0.622459]),
]


class Logits(nn.Module):
    """The first pixels of an image are its logits: the map is then the gradient by the logits."""

    def __init__(self, num_classes: int):
        super().__init__()
        self.num_classes = num_classes

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, : self.num_classes]


def _images(rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)[:, None, None]


@pytest.mark.parametrize(("logits", "expected"), TABLE_2)
def test_table_2(logits: list[float], expected: list[float]) -> None:
    largest = max(map(abs, logits))
    exact = [math.exp(o / largest) / sum(math.exp(other / largest) for other in logits) for o in logits]
    v = scaled_softmax(torch.tensor([logits], dtype=torch.float64))[0]
    torch.testing.assert_close(v, torch.tensor(exact, dtype=torch.float64), rtol=1e-14, atol=0)
    torch.testing.assert_close(v, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=5e-7)


@pytest.mark.parametrize("logits", [each for each, _ in TABLE_2] + [[-4.0, -1.0, 0.5]])
@pytest.mark.parametrize("form", ["original", "improved"])
def test_gradients_of_the_worked_examples(logits: list[float], form: Any) -> None:
    """d score_j / d o_k = p_j ([j = k] - p_k) / scale, where the scale is 1 or M: M has no gradient of its own."""
    scale = max(map(abs, logits)) if form == "improved" else 1.0
    shares = [math.exp((o - max(logits)) / scale) for o in logits]
    p = [share / sum(shares) for share in shares]
    j = logits.index(max(logits))
    expected = [p[j] * ((j == k) - p[k]) / scale for k in range(len(logits))]
    found = saliency(Logits(len(logits)), _images([logits]), form=form)
    assert found.classes.tolist() == [j]
    torch.testing.assert_close(found.gradient.flatten(), torch.tensor(expected, dtype=torch.float64), rtol=1e-9, atol=1e-15)
    assert found.pixels.flatten().tolist() == [k == j for k in range(len(logits))]


def test_the_original_map_vanishes_where_the_improved_one_does_not() -> None:
    sure = _images([[1.0, 7.0, 100.0]]).float()
    original, improved = (saliency(Logits(3), sure, form=form) for form in ("original", "improved"))
    assert original.gradient.abs().max() < 1e-40 and original.gradient.flatten()[2] == 0  # no brighter pixel would help
    assert improved.gradient.flatten()[2] == pytest.approx(0.566210 * (1 - 0.566210) / 100, rel=1e-5)
    assert improved.pixels.flatten().tolist() == [False, False, True]


def test_images_do_not_share_a_scale() -> None:
    rows = [[1.0, 3.0, 10.0], [1.0, 7.0, 100.0], [0.0, 0.0, 0.0]]
    together = saliency(Logits(3), _images(rows)).gradient
    for row, gradient in zip(rows, together, strict=True):
        assert torch.equal(saliency(Logits(3), _images([row])).gradient[0], gradient) and gradient.isfinite().all()


def test_darkening_stops_at_black() -> None:
    images = torch.tensor([[[[0.0, 10.0, 30.0, 255.0]]]]) / 255
    pixels = torch.tensor([[[[True, True, True, False]]]])
    torch.testing.assert_close(darken(images, pixels, scale=1 / 255) * 255, torch.tensor([[[[0.0, 0.0, 10.0, 255.0]]]]))
    torch.testing.assert_close(darken(255 * images, pixels, scale=1.0, grey_levels=5), torch.tensor([[[[0.0, 5.0, 25.0, 255.0]]]]))


def _spots(num: int, seed: int) -> tuple[Tensor, Tensor]:
    """Grainy gray images with a light spot, left above or right below: 0 to 255 as 0 to 1, and where it is."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(num) % 2
    images = 0.4 + 0.1 * torch.randn(num, 1, SIDE, SIDE, generator=generator)
    for image, label in zip(images, labels.tolist(), strict=True):
        start = (2, 10)[label]
        image[:, start : start + 6, start : start + 6] += 0.15
    return images.clamp(0, 1), labels


@cache
def _trained() -> nn.Module:
    torch.manual_seed(0)
    network = models.build("shcnn", 2, **{**SMALL, "in_channels": 1, "side": SIDE})
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for step in range(60):
        images, labels = _spots(32, seed=step)
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()
    return network


@pytest.mark.parametrize("form", ["original", "improved"])
def test_darkening_what_a_trained_network_looks_at_lowers_its_answer_most(form: Any) -> None:
    images, labels = _spots(64, seed=1000)
    network = _trained()
    assert (saliency(network, images, form=form).classes == labels).float().mean() > 0.9
    check = adversarial_check(network, images, scale=1 / 255, generator=torch.Generator().manual_seed(0), form=form)
    falls, control = check.before - check.at_saliency_pixels, check.before - check.at_random_pixels
    assert falls.mean() > 0.2 + control.mean()
    assert (falls > control).float().mean() > 0.9


def test_random_pixels_are_equally_many_and_drawn_by_the_generator() -> None:
    images, _ = _spots(8, seed=1)

    def check(seed: int) -> Tensor:
        return adversarial_check(_trained(), images, scale=1 / 255, generator=torch.Generator().manual_seed(seed)).at_random_pixels

    assert torch.equal(check(0), check(0)) and not torch.equal(check(0), check(1))
    light = adversarial_check(Sum(), images, scale=1 / 255, generator=torch.Generator().manual_seed(0), grey_levels=1)
    torch.testing.assert_close(light.at_saliency_pixels, light.at_random_pixels)
    assert (light.at_random_pixels < light.before).all()


class Sum(nn.Module):
    """Its answer depends on how much light there is, wherever: what is darkened counts, not where."""

    def forward(self, images: Tensor) -> Tensor:
        light = images.flatten(1).mean(1, keepdim=True)
        return torch.cat([light, torch.zeros_like(light)], 1)


def test_the_network_is_left_as_it_was() -> None:
    network = _trained().train()
    network.get_submodule("head").eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    images, _ = _spots(4, seed=2)
    given = images.clone()
    adversarial_check(network, images, scale=1 / 255, generator=torch.Generator().manual_seed(0))
    assert network.training and not network.get_submodule("head").training and network.get_submodule("hidden").training
    assert torch.equal(images, given) and not images.requires_grad
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    network.zero_grad()
    saliency(network, images)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="one of original, improved, but got 'guided'"):
        saliency(Logits(2), _images([[1.0, 2.0]]), form="guided")  # type: ignore[arg-type]
