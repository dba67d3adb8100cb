import pytest
import torch
from torch import nn

from models.backbones_static.plain import PlainNetwork, convolution, halved, initialise, vgg_stages
from models.layers import Dropout


def test_layers_round_up() -> None:
    x = torch.randn(2, 3, 21, 21)
    assert convolution(3, 5)(x).shape == (2, 5, 21, 21)
    assert convolution(3, 5, 11, stride=4)(x).shape == (2, 5, 6, 6)
    assert halved()(x).shape == (2, 3, 11, 11)


def test_stages_halve_and_drop_where_told() -> None:
    stages = vgg_stages(1, (2, 3, 4), (1, 2, 1), num_halved=2, dropout=0.25)
    assert [layer.out_channels for layer in stages.modules() if isinstance(layer, nn.Conv2d)] == [2, 3, 3, 4]
    assert [layer.p for layer in stages.modules() if isinstance(layer, Dropout)] == [0.25, 0.25]
    assert stages(torch.randn(1, 1, 9, 9)).shape == (1, 4, 3, 3)


def _deep() -> PlainNetwork:
    features = vgg_stages(1, (32,) * 5, (2,) * 5, num_halved=1)
    return PlainNetwork(3, features, 32 * 8 * 8, image_shape=(1, 16, 16), fc=(64,), dropout=0.0)


def test_he_keeps_the_activations_of_ten_layers_alive() -> None:
    torch.manual_seed(0)
    images, network = torch.randn(16, 1, 16, 16), _deep()
    faded = network.features(images).std().item()
    initialise(network, "he")
    kept = network.features(images).std().item()
    assert faded < 0.05 and 0.3 < kept < 5
    initialise(network, "glorot")
    bounds = [(6 / (32 * 9 + 32 * 9)) ** 0.5, (6 / (32 * 64 + 64)) ** 0.5]
    largest = [network.get_parameter(name).abs().max().item() for name in ("features.1.0.weight", "hidden.0.0.weight")]
    assert all(0.9 * bound < value <= bound for bound, value in zip(bounds, largest, strict=True))
    assert not any(parameter.any() for name, parameter in network.named_parameters() if name.endswith("bias"))


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"PlainNetwork's images must be of shape \(1, 16, 16\), but got \(1, 18, 18\)"):
        _deep()(torch.randn(1, 1, 18, 18))
