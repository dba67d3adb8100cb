"""Seeds: every random number of a fold comes from a generator seeded by (seed, fold, purpose) alone, never by what runs beside it."""

import hashlib
from collections.abc import Sequence

import torch

import models
from orchestrator import weights
from orchestrator.folds import Fold
from search_spaces.recipe import Recipe


def derive_seed(seed: int, fold: str, purpose: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{fold}/{purpose}".encode()).digest()[:7], "big")


def generators(seed: int, folds: Sequence[Fold], purpose: str, device: torch.device | str = "cpu") -> list[torch.Generator]:
    """One per fold."""
    return [torch.Generator(device).manual_seed(derive_seed(seed, fold.name, purpose)) for fold in folds]


def initial_network(recipe: Recipe, fold: str, num_classes: int, seed: int) -> torch.nn.Module:
    """The fold's untrained network; the global generator is left as it was. Tensors of ``training.initial`` replace its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, fold, "init"))
        network = models.build(recipe.model, num_classes, **recipe.hparams)
    if recipe.training.initial is not None:
        weights.start_from(network, recipe.training.initial)
    return network
