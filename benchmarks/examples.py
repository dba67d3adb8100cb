"""What the benchmarks train: STSTNet on synthetic corpora in official layouts, or on noise. No licensed data is needed."""

import dataclasses
from collections.abc import Sequence

import torch

import search_spaces
from orchestrator.data import ClipTensors
from orchestrator.folds import Fold, LabelledClip
from search_spaces.recipe import Plain, Recipe, with_settings

CLASSES = ("negative", "positive", "surprise")


def recipe(
    *, epochs: int, batch_size: int, num_evals: int, num_inner: int = 5, layout: str = "smic_hs", precision: str = "float32"
) -> Recipe:
    """STSTNet on a synthetic corpus: ``smic_hs`` has 164 clips of 16 subjects, ``megc2019_cde`` 442 of 68."""
    published, _ = search_spaces.load("ststnet", "synthetic")
    protocol: dict[str, Plain] = {
        "protocol.kind": "composite_loso" if layout == "megc2019_cde" else "loso",
        "protocol.num_inner": num_inner,
    }
    training: dict[str, Plain] = {"training.epochs": epochs, "training.batch_size": batch_size, "training.num_evals": num_evals}
    chosen = with_settings(published, {**protocol, **training, "training.precision": precision})
    return dataclasses.replace(chosen, data=dataclasses.replace(chosen.data, options={"layout": layout}))


def random_clips(num: int, shape: Sequence[int]) -> ClipTensors:
    """Clips of noise in memory, channels last: (num, [T,] H, W, C)."""
    inputs = torch.rand((num, *shape), generator=torch.Generator().manual_seed(0))
    clips = tuple(LabelledClip(key=f"noise/s{i}/c", subject=f"noise/s{i}", label=i % len(CLASSES)) for i in range(num))
    return ClipTensors(clips, CLASSES, inputs, 1.0, "noise")


def training_folds(num: int, num_clips: int) -> list[Fold]:
    """Folds that only train, each on its own order of the same number of clips."""
    return [Fold(name=f"noise/fold{i:03d}", train=tuple(range(num_clips)), inner=(), held_out=()) for i in range(num)]
