"""Small corpora, recipes and measures for tests of the training core. Nothing here needs Ray."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor

from orchestrator.data import ClipTensors
from orchestrator.folds import Fold, LabelledClip, make_folds
from orchestrator.training import Outcome
from preprocessing import options as options_module
from preprocessing.build import finish
from preprocessing.plan import make_plan
from preprocessing.resume import prepare
from search_spaces.recipe import Augmentation, Data, Loss, Plain, Protocol, Recipe, Training

CLASSES = ("negative", "positive", "surprise")
DATA = Data(corpus="synthetic", classes="synthetic3", pipeline="synthetic_flow_image")
HPARAMS: Mapping[str, Mapping[str, Plain]] = {
    "ststnet": dict(widths=(3, 5, 8), dropout=0.5, in_channels=3),
    "stanet": dict(
        in_channels=2,
        backbone="tiny",
        sab=True,
        mask="channel",
        mask_at="L3",
        sab_depth=1,
        tab=True,
        hidden=8,
        affinity_scale=True,
        dropout=0.5,
    ),
}
SHAPES = {"ststnet": (3, 28, 28), "stanet": (2, 2, 32, 32)}
ALL_ON = Augmentation(
    flip=0.5, crop=24, crop_scales=(0.9, 1.0, 1.1), rotation=10.0, shift=0.1, magnitude=0.3, noise=0.05, erase=0.5, mixup=0.4,
    flow_channels=(0, 1), flow_center=0.5,
)  # fmt: skip


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As the workers run: equal bits, and no threads that fight over two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def recipe(
    model: str, *, augmentation: Augmentation | None = None, loss: Loss | None = None, num_inner: int = 2, **training: Plain
) -> Recipe:
    """A tiny recipe in float64; ``training`` changes its training settings."""
    settings: dict[str, Plain] = {"lr": 1e-3, "batch_size": 4, "epochs": 1, "num_evals": 1, "precision": "float64", **training}
    return Recipe(
        model=model,
        paper="none",
        data=DATA,
        training=Training(**settings),  # type: ignore[arg-type]
        augmentation=augmentation or Augmentation(flow_channels=(0, 1)),
        loss=loss or Loss(),
        hparams=HPARAMS[model],
        protocol=Protocol(num_inner=num_inner),
    )


def labelled(sizes: Iterable[int]) -> tuple[LabelledClip, ...]:
    """Subjects with so many clips each, labels in turn, sorted by key."""
    return tuple(
        LabelledClip(key=f"toy/s{subject:02d}/c{number:02d}", subject=f"toy/s{subject:02d}", label=(subject + number) % len(CLASSES))
        for subject, size in enumerate(sizes)
        for number in range(size)
    )


def corpus(model: str, sizes: Iterable[int], *, seed: int = 0) -> ClipTensors:
    """Random inputs in [0, 1), in which the label shows a little."""
    clips = labelled(sizes)
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.rand(len(clips), *SHAPES[model], generator=generator, dtype=torch.float64)
    hint = torch.tensor([clip.label for clip in clips], dtype=torch.float64) / len(CLASSES)
    inputs = 0.8 * inputs + 0.2 * hint.view(-1, *[1] * (inputs.dim() - 1))
    return ClipTensors(clips, CLASSES, inputs.movedim(-3, -1).contiguous(), 1.0, "toy")


def folds(clips: ClipTensors, given: Recipe, number: int | None = None) -> list[Fold]:
    return list(make_folds(clips.clips, given.protocol, seed=0))[:number]


def absolute_gap(first: Sequence[Outcome], second: Sequence[Outcome]) -> float:
    """The largest difference of parameters, and of running statistics relative to the largest of their tensor."""
    return max(_gap(a, b, relative="running" in name) for name, a, b in _pairs(first, second))


def relative_gap(first: Sequence[Outcome], second: Sequence[Outcome]) -> float:
    """The worst tensor's difference relative to its size, by Euclidean norm."""
    return max(float((a.double() - b.double()).norm() / b.double().norm().clamp_min(1e-300)) for _, a, b in _pairs(first, second))


def same_bits(first: Sequence[Outcome], second: Sequence[Outcome]) -> bool:
    """Whether weights, predictions and losses are equal to the last bit."""
    names = ("inner", "held_out", "train_loss")
    arrays = ((getattr(a, name), getattr(b, name)) for a, b in zip(first, second, strict=True) for name in names)
    return all(torch.equal(a, b) for _, a, b in _pairs(first, second)) and all(np.array_equal(a, b) for a, b in arrays)


def _pairs(first: Sequence[Outcome], second: Sequence[Outcome]) -> list[tuple[str, Tensor, Tensor]]:
    assert [outcome.fold.name for outcome in first] == [outcome.fold.name for outcome in second]
    return [(name, a.state[name], b.state[name]) for a, b in zip(first, second, strict=True) for name in a.state]


def _gap(a: Tensor, b: Tensor, *, relative: bool) -> float:
    return float((a.double() - b.double()).abs().max() / (b.double().abs().max().clamp_min(1e-300) if relative else 1))


def build_shards(data: Data, home: Path) -> Path:
    """The shards of a synthetic corpus, written in this process."""
    options = cast(dict[str, options_module.Plain], dict(data.options))
    plan = make_plan(data.corpus, root=None, pipeline=data.pipeline, options=options)
    return finish(prepare(plan, home), num_workers=0, progress=False).folder
