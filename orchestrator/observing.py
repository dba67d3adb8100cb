"""What some networks must see before they train: a pixel mask, for one, is chosen by clips and then fixed (STRCN-A)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from orchestrator import augment
from orchestrator.data import ClipTensors
from orchestrator.folds import Fold
from orchestrator.stage import DTYPES, EVALUATION_BATCH
from search_spaces.recipe import Recipe


@torch.no_grad()
def observe(networks: Sequence[nn.Module], recipe: Recipe, folds: Sequence[Fold], clips: ClipTensors) -> None:
    """Show each network that has ``observe`` the training clips of its fold, copies left out.

    With ``protocol.feature_stage = 'shared'`` it sees all clips, held-out ones included: tagged as leaking, never promoted.
    """
    for network, fold in zip(networks, folds, strict=True):
        if not hasattr(network, "observe"):
            return
        seen = range(len(clips.clips)) if recipe.protocol.feature_stage == "shared" else fold.train
        samples = clips.samples([index for index in seen if not clips.clips[index].copy_of])
        show: Any = network.to(clips.inputs.device, DTYPES[recipe.training.precision])
        for chosen in samples.split(EVALUATION_BATCH):
            batch = clips.batch(chosen.to(clips.inputs.device), DTYPES[recipe.training.precision])
            show.observe(augment.evaluation_view(batch, recipe.augmentation))
