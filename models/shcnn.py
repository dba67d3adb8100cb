"""SHCNN: three convolutions and three dense layers, for a static face or for one flow image of a clip.

Paper: Miao et al., "Recognizing facial expressions using a shallow convolutional neural network", IEEE Access 2019, Sec. III-B; what the
paper leaves open follows the authors' released scripts, where a hyperparameter names it.
Parameters: 8,710,963 for FER2013 (42 x 42 gray, 7 classes), 8,711,988 for FERPlus (8), 37,546,953 for micro-expressions (112 x 112 colour,
5 classes), 37,545,928 (4) and 37,544,903 (3); 5,104,583 for one 28 x 28 flow image (3).  Pooling rounds up ("same"): rounding down would
end at 5 x 5 maps instead of 6 x 6 and miss every count.

Differences from the paper: 1. Maps are pooled before the activation where they are pooled by their maximum: LeakyReLU is increasing, so the
function is the same, on a quarter of the values (a test proves it). 2. Dropout, a row of its own in the tables, follows each hidden dense
layer. 3. ``init="he"`` is ours; the paper states none.

Shapes: B images, C channels, K classes.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal

from torch import Tensor, nn

from models.layers import Dropout, MaxPool2d

Init = Literal["he", "ferplus_release", "casme2_release"]
KERNELS = (5, 3, 5)
CONV_BIAS = {"ferplus_release": 0.1, "casme2_release": 1.0}

_PAPER: dict[str, Any] = {
    "filters": (44, 44, 88), "fc": (2048, 1024), "alpha": 0.02, "pool": "max", "pool_order": "act_pool", "pad_mode": "same",
    "dropout": 0.0, "init": "he",
}  # fmt: skip
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "FER2013": ({"num_classes": 7, "in_channels": 1, "side": 42, **_PAPER}, 8_710_963),
    "FERPlus": ({"num_classes": 8, "in_channels": 1, "side": 42, **_PAPER}, 8_711_988),
    "CASME, CASME II": ({"num_classes": 5, "in_channels": 3, "side": 112, **_PAPER}, 37_546_953),
    "4 classes": ({"num_classes": 4, "in_channels": 3, "side": 112, **_PAPER}, 37_545_928),
    "SAMM": ({"num_classes": 3, "in_channels": 3, "side": 112, **_PAPER}, 37_544_903),
    "28 x 28 flow image": ({"num_classes": 3, "in_channels": 3, "side": 28, **_PAPER}, 5_104_583),
}
SMALL: dict[str, Any] = {**_PAPER, "in_channels": 3, "side": 18, "filters": (4, 4, 8), "fc": (16, 12), "dropout": 0.2}


class SHCNN(nn.Module):
    """``side`` is the image's in pixels, ``filters`` the maps of the convolutions, ``fc`` the widths of the hidden dense layers, ``alpha``
    LeakyReLU's slope below 0.

    ``pool_order`` tells whether average pooling comes after the activation (``act_pool``) or before it (``pool_act``, released CASME II
    script). ``pad_mode="zero_ring"`` convolves without padding and puts zeros around the activations (released FERPlus script).
    """

    def __init__(
        self, num_classes: int, *, in_channels: int, side: int, filters: Sequence[int], fc: Sequence[int], alpha: float,
        pool: Literal["max", "avg"], pool_order: Literal["act_pool", "pool_act"], pad_mode: Literal["same", "zero_ring"], dropout: float,
        init: Init,
    ):  # fmt: skip
        super().__init__()
        _one_of("pool", pool, ("max", "avg"))
        _one_of("pool_order", pool_order, ("act_pool", "pool_act"))
        _one_of("pad_mode", pad_mode, ("same", "zero_ring"))
        _one_of("init", init, ("he", *CONV_BIAS))
        self.image_shape = (in_channels, side, side)
        blocks = zip((in_channels, *filters), filters, KERNELS, strict=False)
        pool_first = pool == "max" or pool_order == "pool_act"
        self.features = nn.Sequential(*(_block(*each, alpha, pool, pool_first, pad_mode) for each in blocks))
        widths = (filters[-1] * math.ceil(side / 8) ** 2, *fc)  # three times rounded up
        hidden = (_dense(inputs, outputs, alpha, dropout) for inputs, outputs in zip(widths, fc, strict=False))
        self.hidden = nn.Sequential(*hidden)
        self.head = nn.Linear(widths[-1], num_classes)
        _initialise(self, init, alpha)

    def forward(self, image: Tensor) -> Tensor:  # (B, C, side, side)
        if image.shape[1:] != self.image_shape:
            raise ValueError(
                f"SHCNN's images must be of shape {self.image_shape}, but got {tuple(image.shape[1:])}. "
                "Make model.in_channels and model.side those of the recipe's pipeline."
            )
        x = self.features(image)  # (B, filters[2], ceil(side / 8), ceil(side / 8))
        x = self.hidden(x.flatten(1))  # (B, fc[1])
        logits: Tensor = self.head(x)  # (B, K)
        return logits


build = SHCNN


def example_shape(*, in_channels: int, side: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, side, side)


def _block(inputs: int, outputs: int, kernel: int, alpha: float, pool: str, pool_first: bool, pad_mode: str) -> nn.Sequential:
    """Convolution, LeakyReLU and 2 x 2 pooling that rounds up: (B, inputs, H, W) -> (B, outputs, ceil(H / 2), ceil(W / 2))."""
    ring = kernel // 2
    padded: list[nn.Module] = [nn.ZeroPad2d(ring)] if pad_mode == "zero_ring" else []  # LeakyReLU keeps 0: before it is after it
    smaller = MaxPool2d(2, ceil_mode=True) if pool == "max" else nn.AvgPool2d(2, ceil_mode=True)
    activation = nn.LeakyReLU(alpha)
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=0 if padded else ring)
    return nn.Sequential(convolution, *padded, *((smaller, activation) if pool_first else (activation, smaller)))


def _dense(inputs: int, outputs: int, alpha: float, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LeakyReLU(alpha), Dropout(dropout))


def _initialise(network: nn.Module, init: Init, alpha: float) -> None:
    """``he``: normal, He et al. 2015, biases 0. The releases: uniform by Glorot and Bengio for kernels, dense weights normal with standard
    deviation 0.1 cut at two of them, biases 0.1 but those of convolutions."""
    for layer in network.modules():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        assert layer.bias is not None
        if init == "he":
            nn.init.kaiming_normal_(layer.weight, a=alpha, nonlinearity="leaky_relu")
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.constant_(layer.bias, CONV_BIAS[init])
        else:
            nn.init.trunc_normal_(layer.weight, std=0.1, a=-0.2, b=0.2)
            nn.init.constant_(layer.bias, 0.1)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"SHCNN's {name} must be one of {', '.join(known)}, but got '{value}'. Change model.{name} in the recipe.")
