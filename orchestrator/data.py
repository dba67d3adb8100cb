"""A corpus in memory, ready for training: inputs, labels and keys, loaded once per process from memory-mapped shards."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from orchestrator.folds import LabelledClip
from preprocessing import classes
from preprocessing.shards import open_shards
from search_spaces.recipe import Data

IN_MEMORY_BYTES = 2 << 30
"""Corpora up to this size are converted to the training type once; larger ones per batch."""


@dataclass(frozen=True, eq=False)
class ClipTensors:
    """N labelled clips, sorted by key. Clips outside of the class scheme are left out."""

    clips: tuple[LabelledClip, ...]
    classes: tuple[str, ...]
    inputs: Tensor
    """(N, [T,] H, W, C): channels last in memory, so that batches reach the convolutions in the layout that is fastest."""
    scale: float
    digest: str

    @property
    def labels(self) -> Tensor:
        return torch.tensor([clip.label for clip in self.clips])

    def batch(self, indices: Tensor, dtype: torch.dtype) -> Tensor:
        """(B, [T,] C, H, W) scaled inputs, channels last in memory."""
        chosen = self.inputs[indices]
        if chosen.dtype != dtype:
            chosen = chosen.to(dtype)
        if self.scale != 1:
            chosen = chosen * self.scale
        return chosen.movedim(-1, -3)

    def to(self, device: torch.device, dtype: torch.dtype) -> "ClipTensors":
        """On a device; converted and scaled at once where that fits in memory."""
        inputs = self.inputs.to(device)
        if inputs.numel() * dtype.itemsize <= IN_MEMORY_BYTES:
            inputs = inputs.to(dtype) * self.scale
            return ClipTensors(self.clips, self.classes, inputs, 1.0, self.digest)
        return ClipTensors(self.clips, self.classes, inputs, self.scale, self.digest)


@lru_cache(maxsize=4)
def load_clips(shards_folder: Path, data: "FrozenData") -> ClipTensors:
    """Memory-map a corpus's shards and pick the clips of the class scheme."""
    shards = open_shards(shards_folder)
    scheme = classes.scheme(data.classes)
    labels = [scheme.index(row.emotion) for row in shards.rows]
    kept = [position for position, label in enumerate(labels) if label is not None]
    if not kept:
        emotions = sorted({row.emotion for row in shards.rows})
        raise ValueError(
            f"Class scheme '{scheme.name}' must know some emotion of the corpus, but the shards in {shards_folder} have {emotions}."
        )
    clips = []
    for position in kept:
        row, label = shards.rows[position], labels[position]
        assert label is not None
        clips.append(
            LabelledClip(key=row.key, subject=f"{row.corpus}/{row.subject}", label=label, split=row.split, copy_of=row.copy_of),
        )
    stacked = torch.from_numpy(shards.tensors(kept))  # (N, [T,] C, H, W)
    inputs = stacked.movedim(-3, -1).contiguous()
    return ClipTensors(tuple(clips), scheme.classes, inputs, data.scale, shards.digest)


@dataclass(frozen=True)
class FrozenData:
    """The part of a recipe's data that loading depends on, hashable."""

    classes: str
    scale: float

    @classmethod
    def of(cls, data: Data) -> "FrozenData":
        return cls(data.classes, data.scale)
