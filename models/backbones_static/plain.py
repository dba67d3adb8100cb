"""Plain networks: convolutions with ReLU, pooling that rounds up, and dense layers; AlexNet and the VGG family.

Where SHCNN's Table 4 (Miao et al., IEEE Access 2019) counts such a network on 42 x 42 images, only "same" padding and pooling that rounds
up give its number of parameters. Initialisation: normal by He et al. 2015 (ours; without normalisation layers PyTorch's own lets the
activations of ten layers fade), biases 0.

Shapes: B images, C channels, K classes.
"""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from models.layers import Dropout, MaxPool2d


class PlainNetwork(nn.Module):
    """``features`` turn images (C, side, side) into maps of ``num_features`` values; each hidden dense layer is followed by dropout."""

    def __init__(
        self, num_classes: int, features: nn.Module, num_features: int, *, image_shape: tuple[int, ...], fc: Sequence[int], dropout: float
    ):
        super().__init__()
        self.image_shape = image_shape
        self.features = features
        widths = (num_features, *fc)
        dense = (_dense(inputs, outputs, dropout) for inputs, outputs in zip(widths, fc, strict=False))
        self.hidden = nn.Sequential(*dense)
        self.head = nn.Linear(widths[-1], num_classes)

    def forward(self, image: Tensor) -> Tensor:  # (B, C, side, side)
        require_shape(image, self.image_shape, type(self).__name__)
        x = self.features(image).flatten(1)  # (B, num_features)
        logits: Tensor = self.head(self.hidden(x))  # (B, K)
        return logits


def convolution(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1) -> nn.Sequential:
    """(B, inputs, H, W) -> (B, outputs, ceil(H / stride), ceil(W / stride))."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2), nn.ReLU(inplace=True))


def halved() -> MaxPool2d:
    """2 x 2 maxima: (B, C, H, W) -> (B, C, ceil(H / 2), ceil(W / 2))."""
    return MaxPool2d(2, ceil_mode=True)


def vgg_stages(in_channels: int, widths: Sequence[int], depths: Sequence[int], *, num_halved: int, dropout: float = 0.0) -> nn.Sequential:
    """Stages of 3 x 3 convolutions (Simonyan and Zisserman, ICLR 2015), the first ``num_halved`` of which end in pooling and dropout."""
    layers: list[nn.Module] = []
    for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        layers += [convolution(in_channels if i == 0 else width, width) for i in range(depth)]
        layers += [halved(), Dropout(dropout)] if stage < num_halved else []
        in_channels = width
    return nn.Sequential(*layers)


def initialise(network: nn.Module, how: Literal["he", "glorot"]) -> None:
    """Normal by He et al. 2015 or uniform by Glorot and Bengio 2010; biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            if how == "he":
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            else:
                nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def require_shape(image: Tensor, expected: tuple[int, ...], network: str) -> None:
    """Images (B, C, side, side) must be those that the dense layers were made for."""
    if image.shape[1:] != expected:
        raise ValueError(
            f"{network}'s images must be of shape {expected}, but got {tuple(image.shape[1:])}. "
            "Make model.in_channels and model.side those of the recipe's pipeline."
        )


def _dense(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU(inplace=True), Dropout(dropout))
