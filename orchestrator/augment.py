"""Augmentation of a batch of clips, on its device: parameters are drawn per clip and epoch, all frames of a clip share them.

Drawing (from a fold's own generator, on the CPU, few numbers per clip) is apart from applying (one pass over the batch), so that the
draws of a fold do not depend on what is trained beside it.

Shapes: N clips, T frames, C channels, H x W pixels, K classes.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces.recipe import Augmentation


@dataclass(frozen=True)
class Draw:
    """The random numbers of N clips."""

    affine: Tensor | None
    """(N, 2, 3) output to input coordinates, both in [-1, 1]; None where no spatial transform is on."""
    factor: Tensor | None
    """(N,) on the flow's magnitude."""
    erase: Tensor | None
    """(N, 3): whether, and the rectangle's top and left as a share of the free space."""
    noise_seed: int | None
    mixup: Tensor | None
    """(N,) share of the clip itself; the rest is its neighbour in the batch."""

    @staticmethod
    def together(draws: "list[Draw]") -> "Draw":
        """The draws of several folds as one of their concatenated batches (noise and mixup are drawn and mixed per fold, before)."""
        first = draws[0]
        fields = ("affine", "factor", "erase")
        joined = {name: None if getattr(first, name) is None else torch.cat([getattr(d, name) for d in draws]) for name in fields}
        return Draw(**joined, noise_seed=None, mixup=None)


def draw(settings: Augmentation, num_clips: int, side: int, generator: torch.Generator) -> Draw:
    """Random parameters for N clips of ``side`` pixels."""

    def uniform(*shape: int) -> Tensor:
        return torch.rand(num_clips, *shape, generator=generator)

    return Draw(
        affine=_draw_affine(settings, num_clips, side, generator) if _is_spatial(settings) else None,
        factor=1 + settings.magnitude * (2 * uniform() - 1) if settings.magnitude else None,
        erase=torch.cat([(uniform(1) < settings.erase).float(), uniform(2)], 1) if settings.erase else None,
        noise_seed=int(torch.randint(2**31, (), generator=generator)) if settings.noise else None,
        mixup=_draw_beta(settings.mixup, num_clips, generator) if settings.mixup else None,
    )


def apply(x: Tensor, drawn: Draw, settings: Augmentation) -> Tensor:
    """(N, [T,] C, H, W) -> the same shape: spatial transforms, magnitude and erasing of every clip by its own numbers."""
    if drawn.affine is not None:
        x = _warp(x, drawn.affine.to(x), settings)
    if drawn.factor is not None:
        x = _scale_flow(x, drawn.factor.to(x), settings)
    if drawn.erase is not None:
        x = _erase(x, drawn.erase.to(x), settings)
    return x


def apply_noise_and_mixup(x: Tensor, targets: Tensor, drawn: Draw, settings: Augmentation) -> tuple[Tensor, Tensor]:
    """One fold's batch: (N, ...) and (N, K) soft targets."""
    if drawn.noise_seed is not None:
        generator = torch.Generator(device=x.device).manual_seed(drawn.noise_seed)
        x = x + settings.noise * torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
    if drawn.mixup is not None:
        share = drawn.mixup.to(x).view(-1, *[1] * (x.dim() - 1))
        x = share * x + (1 - share) * x.roll(1, 0)
        own = drawn.mixup.to(targets).unsqueeze(1)
        targets = own * targets + (1 - own) * targets.roll(1, 0)
    return x, targets


def evaluation_view(x: Tensor, settings: Augmentation) -> Tensor:
    """What is scored: the centre crop where training crops, else the clip as it is."""
    if settings.crop is None:
        return x
    affine = torch.zeros(len(x), 2, 3)
    affine[:, 0, 0] = affine[:, 1, 1] = settings.crop / x.shape[-1]
    return _warp(x, affine.to(x), settings)


def _is_spatial(settings: Augmentation) -> bool:
    return bool(settings.flip or settings.crop or settings.rotation or settings.shift)


def _draw_affine(settings: Augmentation, num_clips: int, side: int, generator: torch.Generator) -> Tensor:
    """Flip, rotation, crop (4 corners and centre, by scale) and shift as one matrix per clip: (N, 2, 3)."""
    flip = 1 - 2 * (torch.rand(num_clips, generator=generator) < settings.flip).float()
    angle = (2 * torch.rand(num_clips, generator=generator) - 1) * math.radians(settings.rotation)
    scale, centre = torch.ones(num_clips), torch.zeros(num_clips, 2)
    if settings.crop is not None:
        factors = torch.tensor(settings.crop_scales)[torch.randint(len(settings.crop_scales), (num_clips,), generator=generator)]
        scale = (settings.crop * factors).round().clamp(max=side) / side
        corners = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0], [0.0, 0.0]])
        centre = corners[torch.randint(5, (num_clips,), generator=generator)] * (1 - scale).unsqueeze(1)
    centre = centre + 2 * settings.shift * (2 * torch.rand(num_clips, 2, generator=generator) - 1)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    rows = torch.stack([cos * flip, -sin, centre[:, 0], sin * flip, cos, centre[:, 1]], 1)
    return rows.view(num_clips, 2, 3)


def _draw_beta(concentration: float, num_clips: int, generator: torch.Generator) -> Tensor:
    """Beta(a, a) by Joehnk-free inversion: the ratio of two gamma draws made by torch's own generator."""
    gammas = torch._standard_gamma(torch.full((2, num_clips), concentration), generator=generator)
    share = gammas[0] / gammas.sum(0).clamp_min(1e-12)
    return torch.maximum(share, 1 - share)


def _warp(x: Tensor, affine: Tensor, settings: Augmentation) -> Tensor:
    """Resample every frame by its clip's matrix, and turn its flow vectors with it (the inverse of the matrix's linear part)."""
    x = _centred(x, settings, -1)
    flat = x.reshape(len(x), -1, *x.shape[-2:])  # (N, T*C, H, W)
    grid = F.affine_grid(affine, list(flat.shape), align_corners=False)
    warped = F.grid_sample(flat, grid, align_corners=False).view(x.shape)
    if settings.flow_channels:
        turn = torch.linalg.inv(affine[:, :, :2])  # (N, 2, 2)
        warped = _turn_flow(warped, turn, settings)
    return _centred(warped, settings, +1)


def _turn_flow(x: Tensor, turn: Tensor, settings: Augmentation) -> Tensor:
    flow = _flow_channels(x, settings)
    turn = turn[:, : len(flow), : len(flow)]
    vectors = torch.stack(flow, -1)  # (N, [T,] H, W, 2)
    turned = torch.einsum("nij,n...j->n...i", turn, vectors)
    x = x.clone()
    for position, channel in enumerate(settings.flow_channels):
        x[..., channel, :, :] = turned[..., position]
    return x


def _flow_channels(x: Tensor, settings: Augmentation) -> list[Tensor]:
    return [x[..., channel, :, :] for channel in settings.flow_channels]


def _scale_flow(x: Tensor, factor: Tensor, settings: Augmentation) -> Tensor:
    """Motion intensity: every channel about its zero (strain grows with the flow)."""
    return _centred(_centred(x, settings, -1) * factor.view(-1, *[1] * (x.dim() - 1)), settings, +1)


def _centred(x: Tensor, settings: Augmentation, sign: int) -> Tensor:
    """Flow channels minus (or plus) the value that codes zero flow."""
    if not settings.flow_center or not settings.flow_channels:
        return x
    offset = torch.zeros(x.shape[-3], 1, 1, device=x.device, dtype=x.dtype)
    offset[list(settings.flow_channels)] = settings.flow_center
    return x + sign * offset


def _erase(x: Tensor, erase: Tensor, settings: Augmentation) -> Tensor:
    """One rectangle of a quarter of each side per chosen clip is set to zero flow."""
    height, width = x.shape[-2:]
    tall, wide = height // 4, width // 4
    top = (erase[:, 1] * (height - tall)).floor().view(-1, 1, 1)
    left = (erase[:, 2] * (width - wide)).floor().view(-1, 1, 1)
    row = torch.arange(height, device=x.device).view(1, -1, 1)
    column = torch.arange(width, device=x.device).view(1, 1, -1)
    inside = (row >= top) & (row < top + tall) & (column >= left) & (column < left + wide) & (erase[:, :1, None] > 0)
    inside = inside.view(len(x), *[1] * (x.dim() - 3), height, width)
    return _centred(_centred(x, settings, -1).masked_fill(inside, 0), settings, +1)
