"""Samples that are frames, clips of different lengths, and networks of two stages."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.layers import Dropout
from orchestrator import seeds
from orchestrator.data import ClipTensors
from orchestrator.seeds import initial_network
from orchestrator.training import Outcome, train
from orchestrator.voting import vote
from search_spaces.recipe import Augmentation, Protocol, Recipe, Training
from tests.orchestrator import training_examples as examples
from tests.orchestrator.training_examples import one_thread

__all__ = ["one_thread"]
pytestmark = pytest.mark.usefixtures("one_thread")


class TwoStages(nn.Module):
    """Two classifiers of frames that know two classes each, and a head on the mean of their embeddings."""

    relabel = ((0, 1, 1), (1, 0, 1))

    class Features(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.classes = nn.Linear(4, 6), nn.Linear(6, 4)

        def embed(self, x: Tensor) -> Tensor:
            return self.embedding(x.mean((2, 3))).relu()

        def forward(self, x: Tensor) -> Tensor:
            return self.classes(self.embed(x)).unflatten(1, (2, 2))

    class Head(nn.Module):
        def __init__(self, num_classes: int) -> None:
            super().__init__()
            self.dropout, self.classes = Dropout(0.2), nn.Linear(6, num_classes)

        def forward(self, x: Tensor) -> Tensor:
            frames, present = x[..., :-1], x[..., -1:]
            return self.classes(self.dropout((frames * present).sum(1) / present.sum(1)))

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.features, self.head = self.Features(), self.Head(num_classes)

    def forward(self, x: Tensor) -> Tensor:
        present = x.flatten(2).any(-1, keepdim=True).to(x)
        frames = self.features.embed(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return self.head(torch.cat([frames * present, present], -1))


@pytest.fixture
def two_stages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    monkeypatch.setattr(seeds.models, "build", lambda name, num_classes, **_: TwoStages(num_classes))
    training = Training(lr=1e-2, batch_size=4, epochs=3, num_evals=1, precision="float64")
    yield Recipe(
        model="two_stages", paper="none", data=examples.DATA, training=training, protocol=Protocol(num_inner=3),
        features=Training(lr=1e-2, batch_size=8, epochs=2, precision="float64"), augmentation=Augmentation(),
    )  # fmt: skip


def ragged(channels: int, side: int, sizes: tuple[int, ...] = (4, 4, 4)) -> ClipTensors:
    """Clips of 1 to 4 frames, in which the label shows a little."""
    clips = examples.labelled(sizes)
    lengths = tuple(1 + index % 4 for index in range(len(clips)))
    frames = torch.rand(sum(lengths), side, side, channels, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    label = torch.repeat_interleave(torch.tensor([clip.label for clip in clips]), torch.tensor(lengths))
    frames[torch.arange(len(frames)), ..., label] += 0.5
    return ClipTensors(clips, examples.CLASSES, frames, 1.0, "toy", lengths)


def by_frames(**training: object) -> Recipe:
    return examples.recipe("ststnet", sample="frame", epochs=2, **{"num_inner": 3, **training})  # type: ignore[arg-type]


def test_frames_train_and_clips_are_scored_by_vote() -> None:
    clips, recipe = ragged(3, 28), by_frames()
    for outcome in train(recipe, examples.folds(clips, recipe), clips, seed=0):
        network = initial_network(recipe, "any", 3, 1).double().eval()
        network.load_state_dict(outcome.state)
        held = list(outcome.fold.held_out)
        with torch.no_grad():
            logits = network(clips.batch(clips.samples(held), torch.float64))
        number = torch.repeat_interleave(torch.arange(len(held)), clips.starts.diff()[held])
        np.testing.assert_allclose(outcome.held_out[-1], vote(logits.float(), number, len(held), "majority"), rtol=1e-4)


def test_folds_of_frames_are_the_same_together_and_alone() -> None:
    clips, recipe = ragged(3, 28), by_frames(labels="hard")
    folds = examples.folds(clips, recipe)
    together, alone = train(recipe, folds, clips, seed=0), [train(recipe, [fold], clips, seed=0)[0] for fold in folds]
    assert examples.absolute_gap(together, alone) < 1e-10


def test_an_epoch_of_frames_holds_every_frame_of_the_training_clips() -> None:
    clips, recipe = ragged(3, 28), by_frames(num_inner=0)
    fold = examples.folds(clips, recipe, 1)[0]
    expected = sum(clips.lengths[i] for i in fold.train) if clips.lengths else 0
    assert len(clips.samples(fold.train)) == expected > len(fold.train)


def stages(recipe: Recipe, clips: ClipTensors, **settings: object) -> list[Outcome]:
    changed = dataclasses.replace(recipe, **settings)  # type: ignore[arg-type]
    return train(changed, examples.folds(clips, changed), clips, seed=0)


def test_two_stages_end_in_the_whole_network(two_stages: Recipe) -> None:
    clips = ragged(4, 6)
    for outcome in stages(two_stages, clips):
        network = TwoStages(3).double().eval()
        network.load_state_dict(outcome.state)
        clip = clips.batch(clips.samples(outcome.fold.held_out[:1]), torch.float64)
        padded = torch.cat([clip, torch.zeros(3, *clip.shape[1:], dtype=torch.float64)])
        with torch.no_grad():
            np.testing.assert_allclose(network(padded[None]).softmax(1), outcome.held_out[-1][:1], rtol=1e-5)


def test_both_stages_train_and_folds_do_not_depend_on_their_company(two_stages: Recipe) -> None:
    clips = ragged(4, 6)
    folds = examples.folds(clips, two_stages)
    together, alone = train(two_stages, folds, clips, seed=0), [train(two_stages, [fold], clips, seed=0)[0] for fold in folds]
    assert examples.absolute_gap(together, alone) < 1e-10
    for outcome in together:
        start = initial_network(two_stages, outcome.fold.name, 3, 0).double().state_dict()
        assert all(not torch.equal(start[name], outcome.state[name]) for name in start)


def test_features_in_the_fold_see_no_held_out_frame_and_shared_ones_do(two_stages: Recipe) -> None:
    clips = ragged(4, 6)
    fold = examples.folds(clips, two_stages, 1)
    damaged = dataclasses.replace(clips, inputs=clips.inputs.clone(), digest="damaged")
    damaged.inputs[clips.samples(fold[0].held_out)] *= 3
    for stage, equal in (("in_fold", True), ("shared", False)):
        recipe = dataclasses.replace(two_stages, protocol=Protocol(num_inner=3, feature_stage=stage))  # type: ignore[arg-type]
        before, after = train(recipe, fold, clips, seed=0)[0].state, train(recipe, fold, damaged, seed=0)[0].state
        names = [name for name in before if name.startswith("features")]
        assert all(torch.equal(before[name], after[name]) for name in names) == equal


def test_shared_features_are_the_same_in_every_fold(two_stages: Recipe) -> None:
    recipe = dataclasses.replace(two_stages, protocol=Protocol(num_inner=3, feature_stage="shared"))
    first, second, *_ = stages(recipe, ragged(4, 6))
    names = [name for name in first.state if name.startswith("features")]
    assert names and all(torch.equal(first.state[name], second.state[name]) for name in names)
    assert not torch.equal(first.state["head.classes.weight"], second.state["head.classes.weight"])


def test_a_clip_longer_than_the_padding_is_named(two_stages: Recipe) -> None:
    short = dataclasses.replace(two_stages, training=dataclasses.replace(two_stages.training, pad_to=3))
    with pytest.raises(ValueError, match="at most training.pad_to = 3 frames, but 'toy/s00/c03' has 4"):
        stages(short, ragged(4, 6))
