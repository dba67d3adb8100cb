"""Clip network: what one fold's network makes of a clip that it never saw: its answer, where and when it looks, what its answer rests on.

The network is built from the settings in the fold record and the weights beside it. Its answer is compared with the recorded one, so that
a page never explains another network than the one that was scored.
Shapes: T images, C channels, H x W pixels, K classes.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from orchestrator import program
from orchestrator.attention_figures import attend
from orchestrator.augment import evaluation_view
from orchestrator.fold_job import KEPT_WEIGHTS_BYTES
from orchestrator.ledger import FoldRecord, Ledger
from orchestrator.saliency import saliency
from orchestrator.voting import vote
from search_spaces.recipe import Plain

SAME = 1e-3
"""Probabilities nearer than this are the recorded ones: batches of other sizes round differently."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Examined:
    """A network and a clip. What is None has its reason in ``missing``."""

    seen: np.ndarray | None = None
    """(T, C, H, W) in the units of the shard: what the network looks at, the centre crop where training crops."""
    probabilities: np.ndarray | None = None
    """(K,) of the network as it is built now."""
    mask: np.ndarray | None = None
    """(T, h, w) in [0, 1]: the mean over channels of the spatial attention."""
    temporal: np.ndarray | None = None
    """(T,) weights that sum to 1."""
    saliency: np.ndarray | None = None
    """(T, H, W), at least 0: how much a change of the pixel changes the score of the network's own class, largest over channels."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """``network``, ``attention``, ``saliency`` -> why there is none."""


def examine(home: Path, record: FoldRecord, key: str, tensor: np.ndarray) -> Examined:
    """Ask the record's network about one of its held-out clips, whose tensor is as the shard holds it."""
    place = record.held_out.keys.index(key)
    recorded = record.held_out.probabilities[-1, place]
    try:
        network = _network(Ledger(home), record)
        inputs = _inputs(record.id.settings, tensor)
        answer = _answer(network, inputs, record.id.settings)
    except ValueError as error:
        return Examined(missing=dict.fromkeys(("network", "attention", "saliency"), _line(error)))
    if (gap := float(np.abs(answer - recorded).max())) > SAME:
        reason = (
            f"The network of these weights must answer as it did when scored, but differs by {gap:.2g}: model or data changed since. "
            "Sweep again to explain today's."
        )
        return Examined(missing=dict.fromkeys(("network", "attention", "saliency"), reason))
    missing: dict[str, str] = {}
    attention = _attention(network, inputs, missing)
    mask = attention.get("mask")
    return Examined(
        seen=_seen(inputs, record.id.settings, len(tensor)),
        probabilities=answer,
        mask=None if mask is None else (mask if mask.ndim == 4 else mask[None]).mean(1),
        temporal=attention.get("temporal"),
        saliency=_saliency(network, inputs, len(tensor), missing),
        missing=missing,
    )


def _network(ledger: Ledger, record: FoldRecord) -> nn.Module:
    """The fold's network in evaluation mode.

    Raises:
        ValueError: its weights were not kept, are gone or damaged, or do not fit the model's code as it is now.
    """
    if record.weights is None:
        raise ValueError(
            f"A fold's network is kept up to {KEPT_WEIGHTS_BYTES >> 20} MB of weights, but that of '{record.id.fold}' is larger: only the "
            "refit on all subjects is kept, which has seen this clip and is no fair witness."
        )
    path = ledger.root / record.weights
    if not path.is_file():
        raise ValueError(f"A fold record's weights must lie beside it, but {path} is gone. Delete the record and sweep again to train it.")
    try:
        return program.network(record.id.settings, record.held_out.probabilities.shape[2], load_file(path)).network
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(
            f"A fold's weights must be whole and fit its network, but those in {path} do not ({_line(error)}): the file is damaged or the "
            "model's code changed since. Sweep again to train them."
        ) from error


def _inputs(settings: Mapping[str, Plain], tensor: np.ndarray) -> Tensor:
    """(B, ...) as ``orchestrator.data`` and the evaluation in ``orchestrator.stage`` give it: scaled, padded, cropped."""
    scaled = torch.from_numpy(tensor.astype(np.float32)) * float(_number(settings, "data.scale"))
    batch = scaled if program.sees_frames(settings) else _padded(scaled, settings).unsqueeze(0)
    return evaluation_view(batch, program.augmentation(settings)) if batch.dim() > 3 else batch


def _padded(clip: Tensor, settings: Mapping[str, Plain]) -> Tensor:
    """Zero frames change what a network says that does not mask them."""
    longest = settings.get("training.pad_to")
    return clip if longest is None else torch.cat([clip, clip.new_zeros(int(str(longest)) - len(clip), *clip.shape[1:])])


@torch.no_grad()
def _answer(network: nn.Module, inputs: Tensor, settings: Mapping[str, Plain]) -> np.ndarray:
    """(K,) probabilities of the clip; of its frames by vote."""
    logits: Tensor = network(inputs)
    if not program.sees_frames(settings):
        return logits[0].softmax(0).numpy()
    return vote(logits, torch.zeros(len(logits), dtype=torch.long), 1, str(settings["training.vote"]))[0].numpy()


def _attention(network: nn.Module, inputs: Tensor, missing: dict[str, str]) -> dict[str, np.ndarray]:
    name = type(network).__name__
    if "return_attention" not in inspect.signature(network.forward).parameters or len(inputs) != 1:
        missing["attention"] = f"{name} has none."
        return {}
    try:
        return attend(network, inputs[0])[1]
    except ValueError:
        missing["attention"] = f"every attention of {name} is off in this setting."
        return {}


def _saliency(network: nn.Module, inputs: Tensor, num_frames: int, missing: dict[str, str]) -> np.ndarray | None:
    """(T, H, W) in the evaluation's view."""
    if inputs.dim() < 4:
        missing["saliency"] = "it is drawn on pixels, and this network sees a descriptor, whose numbers have no place on the face."
        return None
    try:
        gradient = saliency(network, inputs).gradient  # (B, [T,] C, H, W)
    except RuntimeError as error:
        missing["saliency"] = f"{type(network).__name__} has no gradient by its input ({_line(error)})."
        return None
    return gradient.flatten(0, -4).abs().amax(1).numpy()[:num_frames]


def _seen(inputs: Tensor, settings: Mapping[str, Plain], num_frames: int) -> np.ndarray | None:
    if inputs.dim() < 4:
        return None
    return inputs.flatten(0, -4).numpy()[:num_frames] / float(_number(settings, "data.scale"))


def _number(settings: Mapping[str, Plain], name: str) -> float:
    value = settings[name]
    assert isinstance(value, int | float)
    return value


def _line(error: Exception) -> str:
    return str(error).splitlines()[0]
