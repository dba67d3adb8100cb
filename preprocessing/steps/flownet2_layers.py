"""Layers of FlowNet2 that PyTorch does not have, in plain tensor operations: correlation, warp, norm over channels.

Source: the reference kernels of FlowNet 2.0 (Ilg et al., CVPR 2017; NVIDIA's port), restated here as definitions.
Shapes: B pairs, C channels, H x W pixels.
"""

import torch
from torch import Tensor
from torch.nn import functional


def correlation(first: Tensor, second: Tensor, *, max_displacement: int, stride: int) -> Tensor:
    """How well each place of ``first`` matches its surroundings in ``second``: (B, C, H, W) twice -> (B, D * D, H, W).

    D = 2 * (max_displacement // stride) + 1. Channel ``row * D + column`` is the mean over C of first(y, x) * second(y + dy, x + dx) with
    dy = stride * (row - D // 2) and dx = stride * (column - D // 2); outside of ``second`` there are zeros.
    """
    radius = max_displacement // stride * stride
    padded = functional.pad(second, (radius,) * 4)
    height, width = first.shape[-2:]
    offsets = range(0, 2 * radius + 1, stride)
    costs = [(first * padded[..., y : y + height, x : x + width]).mean(1) for y in offsets for x in offsets]
    return torch.stack(costs, dim=1)


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """The image seen along the flow, bilinear: out(x) = image(x + flow(x)); (B, C, H, W), (B, 2, H, W) in pixels -> (B, C, H, W).

    Positions outside take the nearest border pixel: indices are clamped and weights are not, as in the reference kernel.
    """
    height, width = image.shape[-2:]
    x = flow[:, 0] + torch.arange(width, device=flow.device, dtype=flow.dtype)
    y = flow[:, 1] + torch.arange(height, device=flow.device, dtype=flow.dtype)[:, None]
    left, top = x.floor(), y.floor()
    right_share, low_share = (x - left)[:, None], (y - top)[:, None]  # (B, 1, H, W)
    upper = torch.lerp(_at(image, top, left), _at(image, top, left + 1), right_share)
    lower = torch.lerp(_at(image, top + 1, left), _at(image, top + 1, left + 1), right_share)
    return torch.lerp(upper, lower, low_share)


def _at(image: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Pixels at whole positions (B, H, W), clamped to the image -> (B, C, H, W)."""
    height, width = image.shape[-2:]
    index = y.clamp(0, height - 1).long() * width + x.clamp(0, width - 1).long()
    pixels = image.flatten(2).gather(2, index.flatten(1)[:, None].expand(-1, image.shape[1], -1))
    return pixels.unflatten(2, (height, width))


def channel_norm(x: Tensor) -> Tensor:
    """Euclidean norm over channels: (B, C, H, W) -> (B, 1, H, W)."""
    return x.square().sum(1, keepdim=True).sqrt()
