import torch
from torch import nn

import models
from models.vgg16 import PARAMETERS


def test_the_layers_that_give_the_published_count() -> None:
    with torch.device("meta"):
        network = models.build("vgg16", **PARAMETERS["FER2013"][0])
        maps = network.get_submodule("features")(torch.empty(2, 1, 42, 42))
    assert [layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv2d)] == [
        64,
        64,
        128,
        128,
        256,
        256,
        256,
        512,
        512,
        512,
    ]
    assert maps.shape == (2, 512, 6, 6)
    assert [layer.out_features for layer in network.modules() if isinstance(layer, nn.Linear)] == [4096, 4096, 1000, 7]


def test_sides_shrink_as_the_dense_layers_expect() -> None:
    small = models.small("vgg16")
    for side in (17, 28, 42):
        assert models.build("vgg16", 3, **{**small, "side": side})(torch.randn(1, 3, side, side)).shape == (1, 3)
