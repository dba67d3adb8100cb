"""STRCN-A: a recurrent convolutional network over the pixels of a face that move most, along time (appearance connection).

Paper: Xia, Hong, Gao, Feng, Zhao, "Spatiotemporal recurrent convolutional networks for recognizing spontaneous micro-expressions", IEEE
TMM 2020, Sec. III-C, Table I. A clip of 30 frames of 64 x 48 pixels becomes one image of colours, 922 pixels (30 %) x 30 frames; maps of
918 x 26, 229 x 26, 57 x 26, 14 x 6 and 7 x 3.
Parameters for M maps and K classes: 25 * 3 M + 3 M + 4 (10 M^2 + 9 M) + K M + K; 670,468 for M = 128 and 4 classes, 44,740 for M = 32,
12,115 for M = 16 and 3 classes.

Differences from the paper: 1. Which pixels move most (sum over clips and frames of |I(t) - I(0)|, gray) is decided by the fold's training
clips before training starts. The paper takes all clips, held-out ones included: ``protocol.feature_stage = "shared"``. 2. The sum is over
the 30 interpolated frames. 3. Eq. 6-7 can be read in several ways (``reading``). 4. Initialisation is that of the authors' later code.

Shapes: B clips, T frames, C channels, H x W pixels, P chosen pixels, K classes.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from models.recurrent_convolution.network import Pool, RecurrentNetwork, smallest_input

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as OpenCV and Matlab turn colour to gray
POOLS = ((4, 1), (4, 1), (4, 4), (2, 2))  # Table I


class ActivePixels(nn.Module):
    """The share of pixels with the most energy, in the order of ``order``: down each column (Matlab's, the authors') or along each row."""

    energy: Tensor
    """Mean over the clips seen so far of each pixel's sum of |I(t) - I(0)|: (H, W)."""
    num_clips: Tensor
    gray: Tensor
    """Weight of each channel: (C, 1, 1)."""

    def __init__(self, size: tuple[int, int], *, share: float, order: str, in_channels: int):
        super().__init__()
        if not 0 < share <= 1 or order not in ("column", "row"):
            raise ValueError(
                f"STRCN-A must keep a share in (0, 1] of the pixels in column or row order, but got {share} and '{order}'. "
                "Change model.share or model.order in the recipe."
            )
        self.size, self.order, self.num_pixels = size, order, round(share * size[0] * size[1])
        self.register_buffer("energy", torch.zeros(size))
        self.register_buffer("num_clips", torch.tensor(0))
        weights = LUMA if in_channels == 3 else (1 / in_channels,) * in_channels
        self.register_buffer("gray", torch.tensor(weights).view(-1, 1, 1), persistent=False)

    @torch.no_grad()
    def observe(self, video: Tensor) -> None:
        """Counts the clips' energy: (B, T, C, H, W)."""
        gray = (video * self.gray).sum(2)  # (B, T, H, W)
        self.num_clips.add_(len(video))
        self.energy.add_(((gray - gray[:, :1]).abs().sum(1) - self.energy).sum(0) / self.num_clips)

    def chosen(self) -> Tensor:
        """Positions (P,) in the frame's rows, one after the other; of pixels that tie the first of them."""
        positions = self.energy.flatten().sort(descending=True, stable=True).indices[: self.num_pixels]
        if self.order == "row":
            return positions.sort().values
        height, width = self.size
        down = (positions % width * height + positions // width).sort().values
        return down % height * width + down // height

    def forward(self, video: Tensor) -> Tensor:
        """(B, T, C, H, W) -> (B, C, P, T)."""
        return video.flatten(-2)[..., self.chosen()].permute(0, 2, 3, 1)


class STRCNA(nn.Module):
    """``share`` is Sec. III-C's p; the rest is of ``RecurrentNetwork``."""

    def __init__(
        self, num_classes: int, *, in_channels: int, size: Sequence[int], share: float, order: str, maps: int, layers: int, iterations: int,
        reading: str, pools: Sequence[Pool],
    ):  # fmt: skip
        super().__init__()
        self.pixels = ActivePixels((size[0], size[1]), share=share, order=order, in_channels=in_channels)
        self.network = RecurrentNetwork(
            num_classes, in_channels=in_channels, maps=maps, layers=layers, iterations=iterations, reading=reading, stem="conv5",
            pools=pools,
        )  # fmt: skip

    def observe(self, video: Tensor) -> None:
        """Take clips (B, T, C, H, W) into account when the pixels are chosen: before training, those of the fold's training subjects."""
        self.pixels.observe(video)

    def forward(self, video: Tensor) -> Tensor:  # (B, T, C, H, W)
        if tuple(video.shape[-2:]) != self.pixels.size:
            raise ValueError(
                f"STRCN-A's frames must have {self.pixels.size} pixels, but got {tuple(video.shape[-2:])}. "
                "Make model.size and data.options height and width agree in the recipe."
            )
        logits: Tensor = self.network(self.pixels(video))  # (B, K)
        return logits


build = STRCNA


def example_shape(*, in_channels: int, size: Sequence[int], pools: Sequence[Pool], **_: Any) -> tuple[int, ...]:
    """As few frames as the pooling allows."""
    return (smallest_input("conv5", pools)[1], in_channels, *size)


def _counted(num_classes: int, maps: int) -> dict[str, Any]:
    picture = {"in_channels": 3, "size": (64, 48), "share": 0.3, "order": "column"}
    return {"num_classes": num_classes, "maps": maps, "layers": 4, "iterations": 3, "reading": "eq6", "pools": POOLS, **picture}


TOTALS = {  # M -> 3 classes, 4 classes
    16: (12_115, 12_132),
    32: (44_707, 44_740),
    64: (171_331, 171_396),
    128: (670_339, 670_468),
    256: (2_651_395, 2_651_652),
    512: (10_545_667, 10_546_180),
}
PARAMETERS: dict[str, tuple[dict[str, Any], int]] = {
    f"{maps} maps, {classes} classes": (_counted(classes, maps), count)
    for maps, counts in TOTALS.items()
    for classes, count in zip((3, 4), counts, strict=True)
}
