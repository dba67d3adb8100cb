import pytest
import torch
from torch import nn

import models
from models.densenet import PARAMETERS, Layer


def test_a_layer_keeps_what_it_read_and_adds_its_growth() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 6, 5, 5)
    layer = Layer(6, 4, 0.0)
    answer = layer(x)
    assert answer.shape == (2, 10, 5, 5) and torch.equal(answer[:, :6], x)
    torch.testing.assert_close(answer[:, 6:], layer.new(x))


@pytest.mark.parametrize(("label", "depth", "side", "width"), [("FERPlus", 100, 10, 342), ("ImageNet", 121, 1, 1024)])
def test_depth_and_maps_are_those_of_the_published_networks(label: str, depth: int, side: int, width: int) -> None:
    arguments = PARAMETERS[label][0]
    with torch.device("meta"):
        network = models.build("densenet", **arguments)
        image = torch.empty(2, arguments["in_channels"], 42, 42)
        maps = network.get_submodule("dense")(network.get_submodule("stem")(image))
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in network.modules()) == depth
    assert maps.shape == (2, width, side, side)


def test_an_unknown_stem_is_refused() -> None:
    with pytest.raises(ValueError, match="stem must be small or imagenet, but got 'large'"):
        models.build("densenet", 3, **{**models.small("densenet"), "stem": "large"})
