"""CNNs that turn one frame into a feature vector, for networks that follow frames with a recurrent layer.

- ``vgg16``: Simonyan and Zisserman, ICLR 2015, configuration D up to its second fully connected layer, 4096 features. It is the network of
  VGG-Face (Parkhi, Vedaldi, Zisserman, BMVC 2015), whose weights are the user's to bring: ``training.initial``.
- ``resnet18``: He et al., CVPR 2016, 512 features.
- ``shallow``: three 3 x 3 convolutions of 32, 64 and 64 maps, each with a 3 x 3 max pooling, two fully connected layers of 512: the CNN of
  Kim, Baddar, Ro (ACM Multimedia 2016) as the authors of ELRCN rebuilt it (github.com/IcedDoggie/Micro-Expression-with-Deep-Learning).
- ``tiny``: the same with 8 to 32; ours, for tests.

Every one takes images of any side from 32 pixels: the maps before the first fully connected layer are averaged to a fixed side.
"""

from collections.abc import Sequence

from torch import nn

from models.backbones.residual import he_normal, stage, stem
from models.layers import Dropout, MaxPool2d

VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
WIDTHS = {"vgg16": 4096, "resnet18": 512, "shallow": 512, "tiny": 32}
"""Name -> number of features."""


def frame_cnn(name: str, in_channels: int, dropout: float) -> nn.Sequential:
    """Images (N, in_channels, H, W) -> features (N, WIDTHS[name]); dropout after each fully connected layer."""
    if name == "vgg16":
        return _vgg16(in_channels, dropout)
    if name == "resnet18":
        return _resnet18(in_channels)
    if name == "shallow":
        return _shallow(in_channels, (32, 64, 64), 512, 5, dropout)
    if name == "tiny":
        return _shallow(in_channels, (8, 16, 16), 32, 2, dropout)
    raise ValueError(f"A CNN of frames must be one of {', '.join(WIDTHS)}, but got '{name}'. Change model.backbone in the recipe.")


def _vgg16(in_channels: int, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    before = in_channels
    for block in VGG16:
        for width in block:
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(inplace=True)]
            before = width
        layers.append(MaxPool2d(2))
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(), *_dense((before * 49, 4096, 4096), dropout))
    he_normal(network)
    return network


def _resnet18(in_channels: int) -> nn.Sequential:
    widths = (64, 64, 128, 256, 512)
    stages = (stage(before, width, 2, stride=1 if i == 0 else 2) for i, (before, width) in enumerate(zip(widths, widths[1:], strict=False)))
    network = nn.Sequential(stem(in_channels, widths[0]), *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    he_normal(network)
    return network


def _shallow(in_channels: int, widths: Sequence[int], features: int, side: int, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, width in zip((in_channels, *widths), widths, strict=False):
        layers += [nn.Conv2d(before, width, 3), nn.ReLU(inplace=True), MaxPool2d(3, stride=2)]
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(side), nn.Flatten(), *_dense((widths[-1] * side**2, features, features), dropout))
    he_normal(network)
    return network


def _dense(sizes: Sequence[int], dropout: float) -> list[nn.Module]:
    groups = [(nn.Linear(before, after), nn.ReLU(inplace=True), Dropout(dropout)) for before, after in zip(sizes, sizes[1:], strict=False)]
    return [layer for group in groups for layer in group]
