"""Saliency: which pixels a network's answer rests on, and whether the answer falls when they are darkened.

Paper: Miao et al. (SHCNN), IEEE Access 2019, Eq. 12, Table 2 and Fig. 14. The original map is the gradient of a class's softmax probability
by the image; where one logit is far above the others, that probability is flat and its gradient vanishes. The improved map is the gradient
of V = softmax(o / M) with M = max |o|, which is a constant for the gradient: logits come to lie in [-1, 1], whatever their scale.

Differences from the paper: 1. Its pixels are gray; here each value of a colour image is one. 2. Subtracting stops at black. 3. The check
darkens equally many random pixels as well: without them, a network that any change disturbs would look well explained.

Shapes: B images, C channels, H x W pixels, K classes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Form = Literal["original", "improved"]
GREY_LEVELS = 20.0
"""Fig. 14."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SaliencyMap:
    """What one class of each image rests on."""

    classes: Tensor
    """(B,) the class with the largest logit."""
    gradient: Tensor
    """(B, C, H, W): of that class's score by the image."""

    @property
    def pixels(self) -> Tensor:
        """(B, C, H, W): where more light would not lower the score."""
        return self.gradient >= 0


@dataclass(frozen=True, kw_only=True, eq=False)
class AdversarialCheck:
    """The probability of each image's class (B,): as it is, and darker at the saliency pixels or at equally many random ones."""

    before: Tensor
    at_saliency_pixels: Tensor
    at_random_pixels: Tensor


def scaled_softmax(logits: Tensor) -> Tensor:
    """V (B, K) of Eq. 12. Logits that are all 0 have no scale and are left as they are."""
    largest = logits.detach().abs().amax(-1, keepdim=True)  # (B, 1)
    return (logits / largest.where(largest > 0, 1)).softmax(-1)


SCORES: dict[Form, Callable[[Tensor], Tensor]] = {"original": lambda logits: logits.softmax(-1), "improved": scaled_softmax}


def saliency(network: nn.Module, images: Tensor, *, form: Form = "improved") -> SaliencyMap:
    """The map of each image (B, C, H, W) for its own class; the network is left as it was."""
    if form not in SCORES:
        raise ValueError(f"A saliency map must be one of {', '.join(SCORES)}, but got '{form}'. Correct the argument form.")
    with _evaluation(network), torch.enable_grad():
        watched = images.detach().clone().requires_grad_()
        logits = network(watched)  # (B, K)
        classes = logits.argmax(-1)
        scores = SCORES[form](logits).gather(-1, classes.unsqueeze(-1))
        (gradient,) = torch.autograd.grad(scores.sum(), watched)
    return SaliencyMap(classes=classes, gradient=gradient)


def darken(images: Tensor, pixels: Tensor, *, scale: float, grey_levels: float = GREY_LEVELS) -> Tensor:
    """The images, from 0 up, with some grey levels less at the given pixels (B, C, H, W). ``scale`` is the value of one grey level: the
    recipe's ``data.scale`` for 8-bit pipelines."""
    return torch.where(pixels, (images - grey_levels * scale).clamp(min=0), images)


def adversarial_check(
    network: nn.Module,
    images: Tensor,
    *,
    scale: float,
    generator: torch.Generator,
    form: Form = "improved",
    grey_levels: float = GREY_LEVELS,
) -> AdversarialCheck:
    """Fig. 14: if the map is right, the class's probability falls further at its pixels than elsewhere. ``generator`` draws the others."""
    found = saliency(network, images, form=form)
    elsewhere = _shuffled(found.pixels, generator)
    at_map, at_random = (darken(images, pixels, scale=scale, grey_levels=grey_levels) for pixels in (found.pixels, elsewhere))
    with _evaluation(network), torch.no_grad():
        before, after, control = (
            network(each).softmax(-1).gather(-1, found.classes.unsqueeze(-1)).squeeze(-1) for each in (images, at_map, at_random)
        )
    return AdversarialCheck(before=before, at_saliency_pixels=after, at_random_pixels=control)


def _shuffled(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """As many pixels of each image, anywhere."""
    flat = pixels.flatten(1)
    order = torch.rand(flat.shape, generator=generator).argsort(1).to(pixels.device)
    return flat.gather(1, order).view_as(pixels)


@contextmanager
def _evaluation(network: nn.Module) -> Iterator[None]:
    """Without dropout and batch statistics; every layer's own mode comes back."""
    modes = {layer: layer.training for layer in network.modules()}
    try:
        network.eval()
        yield
    finally:
        for layer, training in modes.items():
            layer.training = training
