import pytest
import torch

from models.backbones.frame_cnn import WIDTHS, frame_cnn


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("vgg16", 134_260_544),  # torchvision's vgg16, 138,357,544, less its last layer of 4,097,000
        ("resnet18", 11_176_512),  # torchvision's resnet18, 11,689,512, less its last layer of 513,000
    ],
)
def test_parameters_are_those_of_the_published_networks(name: str, count: int) -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in frame_cnn(name, 3, 0.5).parameters()) == count


@pytest.mark.parametrize("name", [name for name in WIDTHS if name != "vgg16"])
@pytest.mark.parametrize("side", [32, 45])
def test_images_of_any_side_give_as_many_features(name: str, side: int) -> None:
    torch.manual_seed(0)
    assert frame_cnn(name, 2, 0.0).eval()(torch.randn(2, 2, side, side)).shape == (2, WIDTHS[name])


def test_at_its_own_side_vgg_averages_nothing() -> None:
    with torch.device("meta"):
        maps = frame_cnn("vgg16", 3, 0.5)[:31](torch.empty(1, 3, 224, 224))
    assert maps.shape == (1, 512, 7, 7)
