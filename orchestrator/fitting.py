"""Networks that fit themselves in one call, such as a support vector machine, in the place of gradient steps."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models import losses
from orchestrator.data import ClipTensors
from orchestrator.folds import Fold
from orchestrator.stage import Place
from orchestrator.targets import Targets
from search_spaces.recipe import Recipe


def fits_itself(network: nn.Module) -> bool:
    return hasattr(network, "fit")


def fit(network: Any, recipe: Recipe, fold: Fold, clips: ClipTensors, place: Place) -> np.ndarray:
    """Fit on the fold's training samples alone; the mean cross-entropy there, (1,).

    Standardisation and everything else that is fitted belongs to the network, so that nothing of it can see held-out clips.
    """
    if recipe.training.epochs != 1:
        raise ValueError(f"A network that fits itself is trained once, but got training.epochs = {recipe.training.epochs}. Set it to 1.")
    samples = clips.samples(fold.train)
    targets = Targets(clips, "hard", torch.device("cpu"), torch.float32)
    network.fit(clips.batch(samples, torch.float32).cpu(), targets.labels[samples], targets.class_weights(samples, recipe.loss))
    network.to(place.device)
    wanted = targets.goal(samples, torch.Generator())
    loss = losses.clip_loss(
        logits(network, clips, samples).cpu(), wanted, torch.ones(len(clips.classes)), kind="cross_entropy", form="positive_only",
        gamma=0.0, label_smoothing=0.0, accept=recipe.loss.accept,
    )  # fmt: skip
    return np.array([float(loss.mean())], dtype=np.float32)


@torch.no_grad()
def logits(network: nn.Module, clips: ClipTensors, samples: Tensor) -> Tensor:
    """(m, K)"""
    answers: Tensor = network.eval()(clips.batch(samples.to(clips.inputs.device), torch.float32))
    return answers
