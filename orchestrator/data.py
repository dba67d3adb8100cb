"""A corpus in memory, ready for training: samples, labels and keys, loaded once per process from memory-mapped shards.

A sample is what the network sees at a time: a clip's whole tensor, or one frame of it (docs/models.md). Shapes: N clips, S samples,
T frames, K classes, D values of a descriptor."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from orchestrator.folds import LabelledClip
from preprocessing import classes
from preprocessing.classes import ClassScheme
from preprocessing.shards import Shards, open_shards
from search_spaces.recipe import Recipe

IN_MEMORY_BYTES = 2 << 30
"""Corpora up to this size are converted to the training type once; larger ones per batch."""


@dataclass(frozen=True, eq=False)
class ClipTensors:
    """N labelled clips, sorted by key. Clips outside of the class scheme are left out."""

    clips: tuple[LabelledClip, ...]
    classes: tuple[str, ...]
    inputs: Tensor
    """(S, D) or (S, [T,] H, W, C): channels last in memory, so that batches reach the convolutions in the layout that is fastest."""
    scale: float
    digest: str
    lengths: tuple[int, ...] | None = None
    """How many samples each clip has; None: one."""
    shares: Tensor | None = None
    """(N, K) shares of the raters per class, where several rated."""

    @property
    def labels(self) -> Tensor:
        return torch.tensor([clip.label for clip in self.clips])

    @cached_property
    def starts(self) -> Tensor:
        """The first sample of each clip, and the number of samples: (N + 1,)."""
        lengths = torch.ones(len(self.clips), dtype=torch.long) if self.lengths is None else torch.tensor(self.lengths)
        return torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)])

    @cached_property
    def clip_of(self) -> Tensor:
        """The clip of each sample: (S,)."""
        return torch.repeat_interleave(torch.arange(len(self.clips)), self.starts.diff())

    def samples(self, clips: Sequence[int]) -> Tensor:
        """The samples of some clips, in their order."""
        if self.lengths is None:
            return torch.tensor(clips, dtype=torch.long)
        parts = [torch.arange(int(self.starts[clip]), int(self.starts[clip + 1])) for clip in clips]
        return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.long)

    def batch(self, samples: Tensor, dtype: torch.dtype) -> Tensor:
        """(B, D) or (B, [T,] C, H, W) scaled inputs, channels last in memory."""
        chosen = self.inputs[samples]
        if chosen.dtype != dtype:
            chosen = chosen.to(dtype)
        if self.scale != 1:
            chosen = chosen * self.scale
        return chosen.movedim(-1, -3) if chosen.dim() > 3 else chosen

    def to(self, device: torch.device, dtype: torch.dtype) -> "ClipTensors":
        """On a device; converted and scaled at once where that fits in memory."""
        inputs = self.inputs.to(device)
        if inputs.numel() * dtype.itemsize <= IN_MEMORY_BYTES:
            return replace(self, inputs=inputs.to(dtype) * self.scale, scale=1.0)
        return replace(self, inputs=inputs)


@dataclass(frozen=True, kw_only=True)
class Loading:
    """The part of a recipe that loading depends on."""

    classes: str
    scale: float
    frames: bool
    """Whether a sample is a frame."""
    pad_to: int | None

    @classmethod
    def of(cls, recipe: Recipe) -> "Loading":
        frames = recipe.features is not None or recipe.training.sample == "frame"
        return cls(classes=recipe.data.classes, scale=recipe.data.scale, frames=frames, pad_to=None if frames else recipe.training.pad_to)


@lru_cache(maxsize=4)
def load_clips(shards_folder: Path, loading: Loading) -> ClipTensors:
    """Memory-map a corpus's shards and pick the clips of the class scheme."""
    shards = open_shards(shards_folder)
    scheme = classes.scheme(loading.classes)
    labels = [scheme.index(row.emotion) for row in shards.rows]
    kept = [(position, label) for position, label in enumerate(labels) if label is not None]
    if not kept:
        emotions = sorted({row.emotion for row in shards.rows})
        raise ValueError(
            f"Class scheme '{scheme.name}' must know some emotion of the corpus, but the shards in {shards_folder} have {emotions}."
        )
    chosen = [position for position, _ in kept]
    inputs, lengths = _inputs(shards, chosen, loading)
    if inputs.dim() > 3:
        inputs = inputs.movedim(-3, -1).contiguous()
    return ClipTensors(
        clips=tuple(_labelled(shards, position, label) for position, label in kept),
        classes=scheme.classes, inputs=inputs, scale=loading.scale, digest=shards.digest, lengths=lengths,
        shares=_shares(shards, chosen, scheme),
    )  # fmt: skip


def _labelled(shards: Shards, position: int, label: int) -> LabelledClip:
    row = shards.rows[position]
    return LabelledClip(key=row.key, subject=f"{row.corpus}/{row.subject}", label=label, split=row.split, copy_of=row.copy_of)


def _inputs(shards: Shards, chosen: list[int], loading: Loading) -> tuple[Tensor, tuple[int, ...] | None]:
    """Samples (S, ...) as the shards have them, and how many each clip has."""
    if loading.frames:
        clips = [shards.clip_tensor(position) for position in chosen]
        return torch.from_numpy(np.concatenate(clips)), tuple(len(clip) for clip in clips)
    if loading.pad_to is None:
        return torch.from_numpy(shards.tensors(chosen)), None
    padded = np.zeros((len(chosen), loading.pad_to, *shards.clip_tensor(chosen[0]).shape[1:]), shards.dtype)
    for at, position in enumerate(chosen):
        clip = shards.clip_tensor(position)
        check_length(len(clip), loading.pad_to, shards.rows[position].key)
        padded[at, : len(clip)] = clip
    return torch.from_numpy(padded), None


def example(shards: Shards, recipe: Recipe) -> np.ndarray:
    """A small batch of what the recipe's network takes, as the shards have it: clips, padded where it pads, or frames of one."""
    if recipe.training.sample == "frame" and recipe.features is None:
        return np.array(shards.clip_tensor(0)[:2])
    if recipe.features is None and recipe.training.pad_to is None:
        return shards.tensors(range(min(2, len(shards))))
    clip = shards.clip_tensor(0)
    padded = np.zeros((1, recipe.training.pad_to or len(clip), *clip.shape[1:]), clip.dtype)
    padded[0, : len(clip)] = clip
    return padded


def check_length(num_frames: int, pad_to: int, key: str) -> None:
    if num_frames > pad_to:
        raise ValueError(
            f"A clip must have at most training.pad_to = {pad_to} frames, but '{key}' has {num_frames}. Raise training.pad_to."
        )


def _shares(shards: Shards, chosen: list[int], scheme: ClassScheme) -> Tensor | None:
    """(N, K) of the raters, as the shards have them: shares of classes outside of the scheme are not dealt to the others."""
    rated = [json.loads(shards.rows[position].label_distribution) for position in chosen]
    if not all(rated):
        return None
    shares = torch.zeros(len(chosen), len(scheme.classes))
    for at, pairs in enumerate(rated):
        for emotion, share in pairs:
            index = scheme.index(emotion)
            if index is not None:
                shares[at, index] += share
    return shares
