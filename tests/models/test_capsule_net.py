from typing import Any

import pytest
import torch
from torch import Tensor

import models

SMALL: dict[str, Any] = {key: value for key, value in models.module("capsule_net").PARAMETERS["small"][0].items() if key != "num_classes"}


def _build(**changes: Any) -> Any:
    torch.manual_seed(0)
    return models.build("capsule_net", 3, **{**SMALL, **changes}).double()


def _squash(v: Tensor) -> Tensor:
    length = v.norm(dim=-1, keepdim=True)
    return length**2 / (1 + length**2) * v / length


def _routed(weight: Tensor, poses: Tensor, routings: int) -> Tensor:
    """Sabour et al., NIPS 2017, Procedure 1, for one clip: poses (N, P) -> (K, Q)."""
    predictions = torch.stack([torch.stack([weight[k, n] @ poses[n] for n in range(len(poses))]) for k in range(len(weight))])  # (K, N, Q)
    logits = torch.zeros(predictions.shape[:2]).double()
    for _ in range(routings):
        capsules = _squash((logits.softmax(0)[..., None] * predictions).sum(1))
        logits = logits + (predictions * capsules[:, None]).sum(-1)
    return capsules


@pytest.mark.parametrize("routings", [1, 2, 3])
def test_routing_is_sabours(routings: int) -> None:
    torch.manual_seed(0)
    layer = models.module("capsule_net").ClassCapsules(5, 4, 3, 6, routings=routings).double()
    layer.weight.data *= 100  # so that predictions differ
    poses = torch.randn(2, 5, 4).double()
    expected = torch.stack([_routed(layer.weight, pose, routings) for pose in poses])
    torch.testing.assert_close(layer(poses), expected, rtol=1e-6, atol=1e-6)


def test_answers_are_lengths() -> None:
    lengths = _build().eval()(torch.randn(4, 3, 28, 28).double())
    assert lengths.min() >= 0 and lengths.max() < 1


def test_it_learns_with_the_margin_loss() -> None:
    model, image = _build(), torch.randn(6, 3, 28, 28).double()
    goal = torch.eye(3).double().repeat(2, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(15):
        lengths = model(image)
        loss = (goal * (0.9 - lengths).relu() ** 2 + 0.5 * (1 - goal) * (lengths - 0.1).relu() ** 2).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3


def test_the_papers_form_has_36_places_of_32_capsules() -> None:
    with torch.device("meta"):
        arguments, _ = models.module("capsule_net").PARAMETERS["3 classes"]
        network: Any = models.build("capsule_net", **arguments)
    assert network.classes.weight.shape == (3, 32 * 36, 16, 8)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="two kernels of 5, but got 7 pixels.*model.kernel"):
        _build(kernel=5)
    with pytest.raises(ValueError, match="stem must be full or small, but got 'tiny'"):
        _build(stem="tiny")
    with pytest.raises(ValueError, match="at least once, but got 0.*model.routings"):
        _build(routings=0)
    with pytest.raises(ValueError, match="28 pixels a side, but got.*model.side"):
        _build()(torch.randn(1, 3, 32, 32).double())
