"""ResNet's stem, basic block and stages (He et al., "Deep residual learning for image recognition", CVPR 2016, Table 1 and Fig. 5 left).

Convolutions without bias, each with batch normalisation. Shapes: N images, C channels, H x W pixels.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from models.layers import BatchNorm2d, MaxPool2d


class Residual(nn.Module):
    """The basic block: two 3 x 3 convolutions beside a shortcut, which is a 1 x 1 convolution where the shape changes."""

    def __init__(self, width_in: int, width: int, *, stride: int):
        super().__init__()
        self.first = conv3(width_in, width, stride=stride)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), BatchNorm2d(width))
        same = stride == 1 and width_in == width
        self.shortcut = nn.Identity() if same else nn.Sequential(Pointwise(width_in, width, stride=stride), BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(self.first(x)) + self.shortcut(x), inplace=True)


class Pointwise(nn.Conv2d):
    """A 1 x 1 convolution with a stride, which leaves pixels out first.

    The same function as ``nn.Conv2d(..., 1, stride=stride)``, whose gradient on a CPU writes out of bounds in PyTorch 2.13 (oneDNN 3.12):
    on two threads, channels-last inputs of 8 channels and 29 images kill the process.
    """

    def __init__(self, width_in: int, width: int, *, stride: int):
        super().__init__(width_in, width, 1, bias=False)
        self.every = stride

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x[..., :: self.every, :: self.every])


def stem(in_channels: int, width: int, *, pool: bool = True) -> nn.Sequential:
    """7 x 7 with stride 2: half of the input's side; a quarter with the pooling."""
    conv = nn.Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False)
    layers = [conv, BatchNorm2d(width), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, *([MaxPool2d(3, stride=2, padding=1)] if pool else []))


def stage(width_in: int, width: int, blocks: int, *, stride: int) -> nn.Sequential:
    """Some basic blocks, the first of which changes width and side."""
    return nn.Sequential(Residual(width_in, width, stride=stride), *(Residual(width, width, stride=1) for _ in range(blocks - 1)))


def conv3(width_in: int, width: int, *, stride: int = 1) -> nn.Sequential:
    """A 3 x 3 convolution with batch normalisation and ReLU."""
    return nn.Sequential(nn.Conv2d(width_in, width, 3, stride=stride, padding=1, bias=False), BatchNorm2d(width), nn.ReLU(inplace=True))


def he_normal(model: nn.Module) -> None:
    """He et al.'s normal initialisation of every 2-D convolution's kernel, as ResNets are."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
