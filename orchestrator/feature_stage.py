"""The first of two stages: classifiers of frames, whose embeddings the second stage sees as sequences.

Shapes: N clips, T frames, D values of an embedding.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from orchestrator import augment
from orchestrator.data import ClipTensors, check_length
from orchestrator.folds import Fold, refit_fold
from orchestrator.seeds import initial_network
from orchestrator.stage import DTYPES, EVALUATION_BATCH, Place, Stage
from orchestrator.targets import Targets
from search_spaces.recipe import Recipe, digest, flatten


def embedded(recipe: Recipe, networks: Sequence[nn.Module], folds: Sequence[Fold], clips: ClipTensors, place: Place) -> list[ClipTensors]:
    """Train each network's ``features`` on the frames of its fold's training clips, and embed all clips: (N, T, D + 1) per fold.

    With ``protocol.feature_stage = 'shared'`` they are trained once, on all clips.
    """
    features = [network.get_submodule("features") for network in networks]
    if recipe.protocol.feature_stage == "shared":
        state = _shared(recipe, clips, place)
        for module in features:
            module.load_state_dict(state)
            module.to(place.device, DTYPES[recipe.training.precision])
    else:
        _train(recipe, networks, folds, clips, place)
    return [_sequences(recipe, module, clips) for module in features]


_kept: dict[str, dict[str, Tensor]] = {}
"""The last shared feature stage of this process."""


def _train(recipe: Recipe, networks: Sequence[nn.Module], folds: Sequence[Fold], clips: ClipTensors, place: Place) -> None:
    assert recipe.features is not None
    features = [network.get_submodule("features") for network in networks]
    relabel: Any = networks[0].relabel
    targets = Targets(clips, recipe.features.labels, place.device, DTYPES[recipe.features.precision], relabel=relabel)
    where = dataclasses.replace(place, purpose="features-")
    stage = Stage(recipe.features, recipe.loss, recipe.augmentation, features, folds, [clips] * len(folds), targets, where)
    for epoch in range(1, recipe.features.epochs + 1):
        stage.train_epoch(epoch)


def _shared(recipe: Recipe, clips: ClipTensors, place: Place) -> dict[str, Tensor]:
    """The weights of a feature stage that saw every clip: trained once per process and setting."""
    key = digest([flatten(recipe), clips.digest, place.seed])
    if key not in _kept:
        _kept.clear()
        everyone = refit_fold(clips.clips)
        network = initial_network(recipe, everyone.name, len(clips.classes), place.seed)
        _train(recipe, [network], [everyone], clips, place)
        _kept[key] = {name: tensor.detach().clone() for name, tensor in network.get_submodule("features").state_dict().items()}
    return _kept[key]


@torch.no_grad()
def _sequences(recipe: Recipe, features: nn.Module, clips: ClipTensors) -> ClipTensors:
    """Embeddings of every clip, zeros after its end; the last value is 1 for a frame and 0 for padding."""
    dtype, device = DTYPES[recipe.training.precision], clips.inputs.device
    features.eval()
    parts = [
        features.embed(augment.evaluation_view(clips.batch(chosen.to(device), dtype), recipe.augmentation))  # type: ignore[operator]
        for chosen in torch.arange(int(clips.starts[-1])).split(EVALUATION_BATCH)
    ]
    frames = torch.cat(parts)
    lengths = clips.starts.diff().tolist()
    longest = recipe.training.pad_to or max(lengths)
    sequences = torch.zeros(len(clips.clips), longest, frames.shape[1] + 1, dtype=dtype, device=device)
    for at, (clip, part) in enumerate(zip(clips.clips, frames.split(lengths), strict=True)):
        check_length(len(part), longest, clip.key)
        sequences[at, : len(part), :-1] = part
        sequences[at, : len(part), -1] = 1
    return dataclasses.replace(clips, inputs=sequences, scale=1.0, lengths=None)
