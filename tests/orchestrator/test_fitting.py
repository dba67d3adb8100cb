"""Networks that fit themselves go through the same folds and give the same kind of outcome."""

import dataclasses

import numpy as np
import pytest
import torch

from orchestrator.data import ClipTensors
from orchestrator.seeds import initial_network
from orchestrator.training import train
from search_spaces.recipe import Data, Protocol, Recipe, Training
from tests.orchestrator import training_examples as examples

SVM = Recipe(
    model="svm",
    paper="none",
    data=Data(corpus="synthetic", classes="synthetic3", pipeline="none"),
    training=Training(lr=1.0, batch_size=1, epochs=1),
    hparams=dict(kernel="linear", C=1.0, gamma=1.0, coef0=0.0, degree=2, normalise="standardise", class_weight="none"),
    protocol=Protocol(num_inner=3),
)


def descriptors(sizes: tuple[int, ...] = (6, 6, 6, 6, 6, 6)) -> ClipTensors:
    """Eight values per clip; the label's one is larger."""
    clips = examples.labelled(sizes)
    values = torch.rand(len(clips), 8, generator=torch.Generator().manual_seed(0))
    values[torch.arange(len(clips)), [clip.label for clip in clips]] += 1.5
    return ClipTensors(clips, examples.CLASSES, values, 1.0, "toy")


def test_held_out_clips_are_predicted_by_a_machine_that_never_saw_them() -> None:
    clips = descriptors()
    outcomes = train(SVM, examples.folds(clips, SVM), clips, seed=0)
    for outcome in outcomes:
        truth = [clips.clips[i].label for i in outcome.fold.held_out]
        assert outcome.epochs == (1,) and outcome.held_out.shape == (1, len(truth), 3) and outcome.train_loss.shape == (1,)
        assert (outcome.held_out[0].argmax(1) == truth).mean() >= 5 / 6
        seen = clips.inputs[list(outcome.fold.train)]
        torch.testing.assert_close(outcome.state["mean"], seen.mean(0))  # of the training clips alone


def test_changing_a_held_out_clip_changes_nothing_that_was_fitted() -> None:
    clips = descriptors()
    fold = examples.folds(clips, SVM, 1)
    before = train(SVM, fold, clips, seed=0)[0]
    damaged = dataclasses.replace(clips, inputs=clips.inputs.clone())
    damaged.inputs[list(fold[0].held_out)] = 1e6
    after = train(SVM, fold, damaged, seed=0)[0]
    assert all(torch.equal(before.state[name], after.state[name]) for name in before.state)


def test_the_recorded_state_predicts_as_the_fold_did() -> None:
    clips = descriptors()
    outcome = train(SVM, examples.folds(clips, SVM, 1), clips, seed=0)[0]
    network = initial_network(SVM, "any", 3, 1).eval()
    network.load_state_dict(outcome.state)
    with torch.no_grad():
        again = network(clips.inputs[list(outcome.fold.held_out)]).softmax(1)
    np.testing.assert_allclose(again, outcome.held_out[0], rtol=1e-5)


def test_more_than_one_epoch_is_a_mistake() -> None:
    clips = descriptors()
    recipe = dataclasses.replace(SVM, training=dataclasses.replace(SVM.training, epochs=2))
    with pytest.raises(ValueError, match="is trained once, but got training.epochs = 2"):
        train(recipe, examples.folds(clips, recipe, 1), clips, seed=0)
