"""Blocks of FlowNet2's networks: convolutions, and the refinement that all of them end in.

Source: Fischer et al., "FlowNet: Learning optical flow with convolutional networks", ICCV 2015, Fig. 3; names of layers as in NVIDIA's
public checkpoint. The number in a name is its level: level n is the image divided by 2^n.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

SLOPE = 0.1  # of every LeakyReLU


def conv(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2), nn.LeakyReLU(SLOPE))


def linear_conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, 1, 1)


def deconv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(SLOPE))


class Refinement(nn.Module):
    """An encoder, and a decoder coarse to fine: at each level the encoder's features, what lies below, and the flow so far.

    ``levels``: from coarse to fine; ``top``: channels of the coarsest features; ``skips`` and ``widths``: channels of the encoder's and
    the decoder's features at each finer level; ``inter``: one more convolution before each flow; ``bias``: of the flow's upsampling.
    """

    def __init__(
        self, encoder: Mapping[str, nn.Module], *, levels: Sequence[int] = (6, 5, 4, 3, 2), top: int = 1024,
        skips: Sequence[int] = (512, 512, 256, 128), widths: Sequence[int] = (512, 256, 128, 64), inter: bool, bias: bool,
    ):  # fmt: skip
        super().__init__()
        self.levels, self.inter = levels, inter
        for name, layer in encoder.items():
            self.add_module(name, layer)
        self.add_module(f"predict_flow{levels[0]}", linear_conv(top, 2))
        channels = top
        for level, skip, width in zip(levels[1:], skips, widths, strict=True):
            self.add_module(f"deconv{level}", deconv(channels, width))
            self.add_module(f"upsampled_flow{level + 1}_to_{level}", nn.ConvTranspose2d(2, 2, 4, 2, 1, bias=bias))
            channels = skip + width + 2
            if inter:
                self.add_module(f"inter_conv{level}", nn.Sequential(linear_conv(channels, width)))
            self.add_module(f"predict_flow{level}", linear_conv(width if inter else channels, 2))

    def chain(self, x: Tensor, *names: str) -> Tensor:
        """Layers of these names, one after the other."""
        for name in names:
            x = self.get_submodule(name)(x)
        return x

    def refine(self, features: Mapping[int, Tensor]) -> Tensor:
        """Features by level -> flow (B, 2, H / 2^n, W / 2^n) of the finest level n."""
        x = features[self.levels[0]]
        flow = self.chain(x, f"predict_flow{self.levels[0]}")
        for level in self.levels[1:]:
            finer = self.chain(flow, f"upsampled_flow{level + 1}_to_{level}")
            x = torch.cat([features[level], self.chain(x, f"deconv{level}"), finer], dim=1)
            before = [f"inter_conv{level}"] if self.inter else []
            flow = self.chain(x, *before, f"predict_flow{level}")
        return flow
