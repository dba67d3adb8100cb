"""Targets of samples: classes, shares of raters, drawn labels, and what the heads of a feature stage call a class."""

import dataclasses

import pytest
import torch

from orchestrator.targets import Targets
from search_spaces.recipe import Loss
from tests.orchestrator import training_examples as examples

CPU, FLOAT = torch.device("cpu"), torch.float64
CLIPS = examples.corpus("ststnet", (2, 2))  # labels 0, 1, 1, 2
SHARES = torch.tensor([[0.7, 0.3, 0.0], [0.0, 1.0, 0.0], [0.2, 0.5, 0.3], [0.0, 0.0, 1.0]], dtype=FLOAT)
RATED = dataclasses.replace(CLIPS, shares=SHARES)
EVERY = torch.arange(4)


def goal(kind: str, seed: int = 0) -> torch.Tensor:
    return Targets(RATED, kind, CPU, FLOAT).goal(EVERY, torch.Generator().manual_seed(seed))


def test_hard_is_the_clips_class_and_soft_the_shares() -> None:
    torch.testing.assert_close(goal("hard"), torch.eye(3, dtype=FLOAT)[[0, 1, 1, 2]])
    torch.testing.assert_close(goal("soft"), SHARES)


def test_drawn_labels_follow_the_shares_and_the_generator() -> None:
    draws = torch.stack([goal("drawn", seed) for seed in range(400)])
    assert torch.equal(draws[3], goal("drawn", 3)) and set(draws.unique().tolist()) == {0.0, 1.0} and (draws.sum(-1) == 1).all()
    torch.testing.assert_close(draws.mean(0), SHARES, atol=0.08, rtol=0)


def test_shares_that_are_wanted_must_be_there() -> None:
    with pytest.raises(ValueError, match="needs the shares of several raters"):
        Targets(CLIPS, "soft", CPU, FLOAT)


def test_heads_call_classes_by_their_own_names_and_weigh_them_so() -> None:
    relabel = ((0, 3, 2), (0, 3, 3))  # eyes keep negative and surprise, the nose negative alone
    targets = Targets(CLIPS, "hard", CPU, FLOAT, relabel=relabel)
    assert targets.goal(EVERY, torch.Generator()).argmax(-1).tolist() == [[0, 0], [3, 3], [3, 3], [2, 3]]
    weights = targets.class_weights(EVERY, Loss(kind="focal", form="one_vs_all", alpha_mode="inverse_frequency"))
    torch.testing.assert_close(weights, torch.tensor([[0.4, 0, 0.4, 0.2], [0.75, 0, 0, 0.25]], dtype=FLOAT))


def test_frames_carry_their_clips_label() -> None:
    frames = dataclasses.replace(CLIPS, lengths=(3, 1, 2, 1), inputs=CLIPS.inputs[[0, 0, 0, 1, 2, 2, 3]])
    targets = Targets(frames, "hard", CPU, FLOAT)
    assert targets.labels.tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert frames.samples((2, 0)).tolist() == [4, 5, 0, 1, 2]
