"""FlowNet2: five networks that correct each other, in the layout of NVIDIA's public checkpoint (220 tensors, 162,518,834 parameters).

Paper: Ilg, Mayer, Saikia, Keuper, Dosovitskiy, Brox, "FlowNet 2.0: Evolution of optical flow estimation with deep networks", CVPR 2017,
Fig. 2. What the paper leaves open follows the program that the checkpoint was made for: the flow of ``flownets_d`` is *divided* by
DIV_FLOW before the fusion; the two flows that are fused are upsampled by repetition, the others bilinearly.
Shapes: B pairs, H x W pixels, both multiples of 64.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from preprocessing.steps.flownet2_blocks import SLOPE, Refinement, conv
from preprocessing.steps.flownet2_layers import channel_norm, correlation, warp

DIV_FLOW = 20.0
"""The unit of the networks' flow, in pixels."""
MAX_DISPLACEMENT, STRIDE = 20, 2  # of the correlation, in pixels of level 3
NUM_MATCHES = 441  # 21 x 21


class FlowNetC(Refinement):
    """Matches the features of two images: (B, 6, H, W) -> (B, 2, H / 4, W / 4)."""

    def __init__(self) -> None:
        level3 = {"conv_redir": conv(256, 32, kernel=1), "conv3_1": conv(32 + NUM_MATCHES, 256)}
        super().__init__({**_large_filters(3), **level3, **_levels_4_to_6()}, inter=False, bias=True)

    def forward(self, pair: Tensor) -> Tensor:
        level2 = self.chain(pair[:, :3], "conv1", "conv2")
        first = self.chain(level2, "conv3")
        second = self.chain(pair[:, 3:], "conv1", "conv2", "conv3")
        matches = functional.leaky_relu(correlation(first, second, max_displacement=MAX_DISPLACEMENT, stride=STRIDE), SLOPE)
        level3 = self.chain(torch.cat([self.chain(first, "conv_redir"), matches], dim=1), "conv3_1")
        return self.refine({2: level2, **_deep_features(self, level3)})


class FlowNetS(Refinement):
    """Corrects a flow: (B, 12, H, W) -> (B, 2, H / 4, W / 4)."""

    def __init__(self) -> None:
        super().__init__({**_large_filters(12), "conv3_1": conv(256, 256), **_levels_4_to_6()}, inter=False, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        level2 = self.chain(x, "conv1", "conv2")
        return self.refine({2: level2, **_deep_features(self, self.chain(level2, "conv3", "conv3_1"))})


class FlowNetSD(Refinement):
    """For small displacements: 3x3 filters, from the full size on: (B, 6, H, W) -> (B, 2, H / 4, W / 4)."""

    def __init__(self) -> None:
        level3 = {"conv3": conv(128, 256, stride=2), "conv3_1": conv(256, 256)}
        super().__init__({**_small_filters(6), **level3, **_levels_4_to_6()}, inter=True, bias=True)

    def forward(self, pair: Tensor) -> Tensor:
        level2 = self.chain(pair, "conv0", "conv1", "conv1_1", "conv2", "conv2_1")
        return self.refine({2: level2, **_deep_features(self, self.chain(level2, "conv3", "conv3_1"))})


class FlowNetFusion(Refinement):
    """Decides between two flows: (B, 11, H, W) -> (B, 2, H, W) in pixels."""

    def __init__(self) -> None:
        super().__init__(_small_filters(11), levels=(2, 1, 0), top=128, skips=(128, 64), widths=(32, 16), inter=True, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        level0 = self.chain(x, "conv0")
        level1 = self.chain(level0, "conv1", "conv1_1")
        return self.refine({0: level0, 1: level1, 2: self.chain(level1, "conv2", "conv2_1")})


class FlowNet2(nn.Module):
    """Two images, normalised, R, G, B of the first, then of the second: (B, 6, H, W) -> flow (B, 2, H, W) = (u, v) in pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.flownetc = FlowNetC()
        self.flownets_1 = FlowNetS()
        self.flownets_2 = FlowNetS()
        self.flownets_d = FlowNetSD()
        self.flownetfusion = FlowNetFusion()

    def forward(self, pair: Tensor, *, align_corners: bool) -> Tensor:
        first, second = pair[:, :3], pair[:, 3:]

        def corrected(network: FlowNetS, coarse: Tensor) -> Tensor:
            flow = functional.interpolate(coarse * DIV_FLOW, scale_factor=4, mode="bilinear", align_corners=align_corners)
            warped = warp(second, flow)
            return network(torch.cat([pair, warped, flow / DIV_FLOW, channel_norm(first - warped)], dim=1))

        large = corrected(self.flownets_2, corrected(self.flownets_1, self.flownetc(pair)))
        large = functional.interpolate(large * DIV_FLOW, scale_factor=4, mode="nearest")
        small = functional.interpolate(self.flownets_d(pair) / DIV_FLOW, scale_factor=4, mode="nearest")
        errors = [channel_norm(first - warp(second, flow)) for flow in (small, large)]
        return self.flownetfusion(torch.cat([first, small, large, channel_norm(small), channel_norm(large), *errors], dim=1))


def _large_filters(inputs: int) -> dict[str, nn.Module]:
    return {
        "conv1": conv(inputs, 64, kernel=7, stride=2),
        "conv2": conv(64, 128, kernel=5, stride=2),
        "conv3": conv(128, 256, kernel=5, stride=2),
    }


def _small_filters(inputs: int) -> dict[str, nn.Module]:
    return {
        "conv0": conv(inputs, 64),
        "conv1": conv(64, 64, stride=2),
        "conv1_1": conv(64, 128),
        "conv2": conv(128, 128, stride=2),
        "conv2_1": conv(128, 128),
    }


def _levels_4_to_6() -> dict[str, nn.Module]:
    layers: dict[str, nn.Module] = {}
    for level, inputs, outputs in ((4, 256, 512), (5, 512, 512), (6, 512, 1024)):
        layers |= {f"conv{level}": conv(inputs, outputs, stride=2), f"conv{level}_1": conv(outputs, outputs)}
    return layers


def _deep_features(network: Refinement, level3: Tensor) -> dict[int, Tensor]:
    """Features of levels 3 to 6."""
    features = {3: level3}
    for level in (4, 5, 6):
        features[level] = network.chain(features[level - 1], f"conv{level}", f"conv{level}_1")
    return features
