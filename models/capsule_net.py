"""CapsuleNet for micro-expressions: ResNet-18's first stages, then capsules whose lengths are the classes.

Paper: Quang, Chun, Tokuyama, "CapsuleNet for micro-expression recognition", FG 2019, doi 10.1109/FG.2019.8756544. Layers follow the
authors' code (github.com/davidnvq/me_recognition): ResNet-18 up to its third stage without the stem's pooling, a convolution 9 x 9 of 256
maps, 32 primary capsules of 8 at each place (9 x 9, stride 2), a class capsule of 16 each by dynamic routing (Sabour, Frosst, Hinton, NIPS
2017).
The answers are the lengths of the class capsules, between 0 and 1: train with ``loss.kind = "margin"``.
Parameters: 13,842,496 for 3 classes and 224 x 224 RGB; small (ours, for images of 28 x 28) 163,536.

Differences from the authors' code: 1. No pretrained weights by themselves (``training.initial``). 2. For small images the stem is 3 x 3
with stride 1 (``stem="small"``) and the kernels are smaller. 3. Lengths are sqrt(|v|^2 + 1e-8), so that a zero vector has a gradient.

Shapes: B clips, C channels, N primary capsules of P values, K class capsules of Q values.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from models.backbones.residual import conv3, he_normal, stage, stem

EPSILON = 1e-8


class CapsuleNet(nn.Module):
    """``widths`` are those of the stem and of three stages, ``kernel`` that of the two convolutions behind them."""

    def __init__(
        self,
        num_classes: int,
        *,
        in_channels: int,
        side: int,
        stem: str,
        widths: Sequence[int],
        blocks: int,
        kernel: int,
        capsules: int,
        sizes: Sequence[int],
        routings: int,
    ):
        super().__init__()
        self.sizes, self.side = (int(sizes[0]), int(sizes[1])), side
        self.backbone = _backbone(in_channels, stem, widths, blocks)
        self.conv = nn.Sequential(nn.Conv2d(widths[-1], widths[-1], kernel), nn.ReLU(inplace=True))
        self.primary = nn.Conv2d(widths[-1], capsules * self.sizes[0], kernel, stride=2)
        self.classes = ClassCapsules(
            capsules * _places(side, stem, kernel) ** 2, self.sizes[0], num_classes, self.sizes[1], routings=routings
        )
        he_normal(self.backbone)

    def forward(self, image: Tensor) -> Tensor:  # (B, C, side, side)
        if image.shape[-2:] != (self.side, self.side):
            raise ValueError(
                f"CapsuleNet's images must have {self.side} pixels a side, but got {tuple(image.shape)}. Change model.side in the recipe."
            )
        poses = self.primary(self.conv(self.backbone(image)))  # (B, capsules * P, h, w)
        poses = poses.permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, self.sizes[0]))  # (B, N, P)
        return _length(self.classes(_squash(poses))).squeeze(-1)  # (B, K)


class ClassCapsules(nn.Module):
    """Each class capsule is the sum of the primary capsules' predictions of it, weighted by their agreement with it."""

    def __init__(self, num_in: int, size_in: int, num_out: int, size_out: int, *, routings: int):
        super().__init__()
        if routings < 1:
            raise ValueError(f"Capsules must be routed at least once, but got {routings}. Change model.routings in the recipe.")
        self.routings = routings
        self.weight = nn.Parameter(0.01 * torch.randn(num_out, num_in, size_out, size_in))  # (K, N, Q, P)

    def forward(self, poses: Tensor) -> Tensor:  # (B, N, P)
        predictions = torch.einsum("knqp,bnp->bknq", self.weight, poses)
        fixed = predictions.detach()  # gradients go through the last iteration alone, as in the authors' code
        agreement = torch.zeros_like(fixed[..., 0])  # (B, K, N)
        for _ in range(self.routings - 1):
            capsules = _routed(agreement, fixed)
            agreement = agreement + torch.einsum("bkq,bknq->bkn", capsules, fixed)
        return _routed(agreement, predictions)  # (B, K, Q)


def _routed(agreement: Tensor, predictions: Tensor) -> Tensor:
    """Every primary capsule divides itself among the classes: (B, K, N), (B, K, N, Q) -> (B, K, Q)."""
    return _squash(torch.einsum("bkn,bknq->bkq", agreement.softmax(1), predictions))


def _squash(vector: Tensor) -> Tensor:
    """The vector's direction with length |v|^2 / (1 + |v|^2)."""
    length = _length(vector)
    return vector * length / (1 + length.square())


def _length(vector: Tensor) -> Tensor:
    return (vector.square().sum(-1, keepdim=True) + EPSILON).sqrt()


def _backbone(in_channels: int, kind: str, widths: Sequence[int], blocks: int) -> nn.Sequential:
    if kind not in ("full", "small"):
        raise ValueError(f"CapsuleNet's stem must be full or small, but got '{kind}'. Change model.stem in the recipe.")
    first = stem(in_channels, widths[0], pool=False) if kind == "full" else conv3(in_channels, widths[0])
    strides = (1, 2, 2)
    return nn.Sequential(first, *(stage(widths[i], widths[i + 1], blocks, stride=stride) for i, stride in enumerate(strides)))


def _places(side: int, kind: str, kernel: int) -> int:
    """How many primary capsules lie along a side."""
    for _ in range(3 if kind == "full" else 2):
        side = (side + 1) // 2
    places = (side - kernel + 1 - kernel) // 2 + 1
    if places < 1:
        raise ValueError(
            f"CapsuleNet's maps must hold two kernels of {kernel}, but got {side} pixels a side. Lower model.kernel or raise model.side."
        )
    return places


build = CapsuleNet


def example_shape(*, in_channels: int, side: int, **_: Any) -> tuple[int, ...]:
    """One image."""
    return (in_channels, side, side)


def _counted(num_classes: int, **changes: Any) -> dict[str, Any]:
    code = {"in_channels": 3, "side": 224, "stem": "full", "widths": (64, 64, 128, 256), "blocks": 2, "kernel": 9}
    return {"num_classes": num_classes, **code, "capsules": 32, "sizes": (8, 16), "routings": 3, **changes}


SMALL_IMAGES = {"side": 28, "stem": "small", "widths": (16, 16, 32, 64), "blocks": 1, "kernel": 3, "capsules": 8}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    "3 classes": (_counted(3), 13_842_496),
    "small": (_counted(3, **SMALL_IMAGES), 163_536),
}
