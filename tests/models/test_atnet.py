from typing import Any

import pytest
import torch

import models

TINY: dict[str, Any] = {key: value for key, value in models.module("atnet").PARAMETERS["tiny"][0].items() if key != "num_classes"}
SHAPE = (2, 5, 4, 16, 16)  # gray, u, v, strain
FOUR: dict[str, Any] = {"in_channels": 4, "picture": (0,), "flow": (1, 2)}


def _build(**changes: Any) -> Any:
    torch.manual_seed(0)
    return models.build("atnet", 3, **{**TINY, **FOUR, **changes}).eval()


def test_space_reads_the_frame_that_moves_most() -> None:
    model, clip = _build(), torch.randn(*SHAPE) * 0.1
    clip[0, 3, 1], clip[1, 0, 2] = 2.0, -2.0  # flow of one component, of either sign
    seen: list[torch.Tensor] = []
    model.space.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(clip)
    assert torch.equal(seen[0], torch.stack([clip[0, 3, :1], clip[1, 0, :1]]))


def test_time_reads_means_of_flow_over_fields() -> None:
    model, clip = _build(grid=4), torch.randn(*SHAPE)
    seen: list[torch.Tensor] = []
    model.time.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(clip)
    fields = clip[:, :, 1:3].unflatten(-1, (4, 4)).unflatten(-3, (4, 4)).mean((-1, -3))  # (B, T, 2, 4, 4)
    torch.testing.assert_close(seen[0], fields.flatten(2))


def test_the_authors_number_of_features_a_frame() -> None:
    with torch.device("meta"):
        arguments, _ = models.module("atnet").PARAMETERS["3 classes"]
        network: Any = models.build("atnet", **arguments)
    assert network.time[0].weight_ih_l0.shape == (4 * 512, 128)


def test_wrong_channels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"flow must name channels from 0 to 3, but got \(3, 4\).*model.flow"):
        _build(flow=(3, 4))
    with pytest.raises(ValueError, match=r"picture must name channels from 0 to 3, but got \(\)"):
        _build(picture=())
