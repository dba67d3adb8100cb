import torch
from torch import nn

import models
from models.alexnet import PARAMETERS


def test_the_layers_that_give_the_published_count() -> None:
    with torch.device("meta"):
        network = models.build("alexnet", **PARAMETERS["FER2013"][0])
        maps = network.get_submodule("features")(torch.empty(2, 1, 42, 42))
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert [(layer.kernel_size[0], layer.out_channels) for layer in convolutions] == [(11, 96), (5, 256), (3, 384), (3, 384), (3, 256)]
    assert maps.shape == (2, 256, 2, 2)
    assert [layer.out_features for layer in network.modules() if isinstance(layer, nn.Linear)] == [2048, 2048, 7]


def test_sides_shrink_as_the_dense_layers_expect() -> None:
    small = models.small("alexnet")
    for side in (18, 28, 42, 70):
        assert models.build("alexnet", 3, **{**small, "side": side})(torch.randn(1, 3, side, side)).shape == (1, 3)
