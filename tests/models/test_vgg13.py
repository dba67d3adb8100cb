import torch
from torch import nn

import models
from models.layers import Dropout
from models.vgg13 import PARAMETERS


def test_the_layers_of_the_released_code() -> None:
    with torch.device("meta"):
        network = models.build("vgg13", **PARAMETERS["FERPlus"][0])
        maps = network.get_submodule("features")(torch.empty(2, 1, 64, 64))
    widths = [layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert widths == [64, 64, 128, 128, 256, 256, 256, 256, 256, 256]
    assert maps.shape == (2, 256, 4, 4)
    assert [layer.out_features for layer in network.modules() if isinstance(layer, nn.Linear)] == [1024, 1024, 8]
    assert [layer.p for layer in network.modules() if isinstance(layer, Dropout)] == [0.25] * 4 + [0.5] * 2
