from typing import Any

import pytest
import torch
from torch import nn

from models.recurrent_convolution.network import RecurrentNetwork, smallest_input

TABLE_1: dict[str, Any] = {
    "in_channels": 2,
    "maps": 4,
    "layers": 4,
    "iterations": 3,
    "reading": "eq6",
    "stem": "conv5",
    "pools": (4, 4, 4, 2),
}
APPEARANCE = {"in_channels": 3, "pools": ((4, 1), (4, 1), (4, 4), (2, 2))}


def _build(**changes: Any) -> RecurrentNetwork:
    torch.manual_seed(0)
    return RecurrentNetwork(3, **{**TABLE_1, **changes})


def _sizes(network: RecurrentNetwork, *shape: int) -> list[tuple[int, ...]]:
    sizes: list[tuple[int, ...]] = []
    for layer in (network.stem, *network.pools, *network.blocks):
        layer.register_forward_hook(lambda *call: sizes.append(tuple(call[-1].shape[-2:])))
    network.eval()(torch.zeros(1, *shape))
    return list(dict.fromkeys(sizes))


@pytest.mark.parametrize(
    ("changes", "shape", "sizes"),
    [
        ({}, (2, 300, 245), [(296, 241), (74, 60), (18, 15), (4, 3), (2, 1)]),
        (APPEARANCE, (3, 922, 30), [(918, 26), (229, 26), (57, 26), (14, 6), (7, 3)]),
        (APPEARANCE, (3, 768, 30), [(764, 26), (191, 26), (47, 26), (11, 6), (5, 3)]),  # the released mask of 25 %
        (
            {"stem": "conv3", "pools": (4, 4, 2), "layers": 3, "reading": "authors_matconvnet", "iterations": 2},
            (2, 300, 245),
            [(300, 245), (75, 61), (18, 15), (9, 7)],
        ),
    ],
)
def test_maps_of_table_1(changes: dict[str, Any], shape: tuple[int, ...], sizes: list[tuple[int, int]]) -> None:
    assert _sizes(_build(**changes), *shape) == sizes


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_fewer_layers_drop_their_pools(layers: int) -> None:
    network = _build(layers=layers)
    assert len(network.pools) == len(network.blocks) == layers
    assert network.smallest == smallest_input("conv5", TABLE_1["pools"][:layers])


def test_without_recurrent_layers_each_is_one_convolution() -> None:
    network = _build(layers=0)
    assert len(network.pools) == 4
    assert [sum(p.numel() for p in block.parameters()) for block in network.blocks] == [9 * 16 + 4 + 8] * 4
    assert isinstance(next(network.blocks[0].children()), nn.Conv2d)


def test_the_smallest_input_leaves_a_pixel() -> None:
    assert smallest_input("conv5", (4, 4, 4, 2)) == (132, 132)
    assert _sizes(_build(), 2, 132, 132)[-1] == (1, 1)
    with pytest.raises(ValueError, match=r"at least 132 x 132 pixels, but got \(131, 132\)"):
        _build()(torch.zeros(1, 2, 131, 132))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 5}, "0 to 4 recurrent layers, one per pool, but got 5"),
        ({"reading": "eq7"}, "reading must be one of eq6, .*but got 'eq7'"),
        ({"stem": "conv7"}, "stem must be one of conv5, conv3, but got 'conv7'"),
    ],
)
def test_unknown_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _build(**changes)
