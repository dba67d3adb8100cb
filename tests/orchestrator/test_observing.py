"""What a network sees before it trains: the fold's training clips alone, unless the recipe leaks and says so."""

import dataclasses

import torch

from orchestrator.folds import Fold
from orchestrator.observing import observe
from orchestrator.seeds import initial_network
from search_spaces.recipe import Protocol, Recipe
from tests.orchestrator import training_examples as examples

CLIPS = examples.corpus("ststnet", (3, 3, 3))
COPY = dataclasses.replace(CLIPS, clips=(*CLIPS.clips[:8], dataclasses.replace(CLIPS.clips[8], copy_of=CLIPS.clips[0].key)))
FOLD = Fold(name="toy/s01", train=(0, 1, 2, 6, 7, 8), inner=(), held_out=(3, 4, 5))


class Watcher(torch.nn.Module):
    seen: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.register_buffer("seen", torch.zeros(0, 3, 28, 28, dtype=torch.float64))

    def observe(self, x: torch.Tensor) -> None:
        self.seen = torch.cat([self.seen, x])


def seen(stage: str) -> torch.Tensor:
    recipe: Recipe = dataclasses.replace(examples.recipe("ststnet"), protocol=Protocol(feature_stage=stage))  # type: ignore[arg-type]
    network = Watcher()
    observe([network], recipe, [FOLD], COPY)
    return network.seen


def test_it_sees_the_training_clips_and_no_copies() -> None:
    torch.testing.assert_close(seen("in_fold"), CLIPS.batch(torch.tensor([0, 1, 2, 6, 7]), torch.float64))


def test_shared_it_sees_held_out_clips_too() -> None:
    torch.testing.assert_close(seen("shared"), CLIPS.batch(torch.arange(8), torch.float64))


def test_a_network_without_the_method_is_left_alone() -> None:
    recipe = examples.recipe("ststnet")
    network = initial_network(recipe, "toy/s01", 3, 0)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    observe([network], recipe, [FOLD], CLIPS)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
