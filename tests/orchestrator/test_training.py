"""The training core: folds trained together give what each gives alone, and what a plain PyTorch loop gives."""

import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import search_spaces
from models import losses
from orchestrator.augment import evaluation_view
from orchestrator.data import ClipTensors
from orchestrator.distributed import Alone
from orchestrator.folds import Fold, refit_fold
from orchestrator.seeds import derive_seed, initial_network
from orchestrator.stage import Place, Stage, TrainingDiverged
from orchestrator.training import Outcome, _stage, evaluation_epochs, train
from search_spaces.recipe import Loss, Recipe, with_settings
from tests.orchestrator import training_examples as examples
from tests.orchestrator.training_examples import one_thread

__all__ = ["one_thread"]
pytestmark = pytest.mark.usefixtures("one_thread")
each_model = pytest.mark.parametrize("model", sorted(examples.HPARAMS))
EQUAL, RAGGED = (4, 4, 4), (3, 7, 4)
"""Clips of each subject. By batches of 4, the folds of ``EQUAL`` always run as one program; those of ``RAGGED`` have last batches of 3, 3
and 2 clips, and one of them has a step less."""


def everything_on(model: str, **training: Any) -> Recipe:
    """Dropout, every augmentation, mixup, focal loss with frequencies of the fold, smoothing and, where there is a mask, its L1 norm."""
    loss = Loss(kind="focal", alpha_mode="inverse_frequency", label_smoothing=0.1, mask_l1=1e-3 if model == "stanet" else 0.0)
    return examples.recipe(model, augmentation=examples.ALL_ON, loss=loss, num_inner=0, lr_decay=0.999, weight_decay=1e-3, **training)


def together_and_alone(recipe: Recipe, sizes: tuple[int, ...]) -> tuple[ClipTensors, list[Outcome], list[Outcome]]:
    """The corpus, all folds as one program, and each by itself."""
    clips = examples.corpus(recipe.model, sizes)
    folds = examples.folds(clips, recipe)
    return clips, train(recipe, folds, clips, seed=0), [train(recipe, [fold], clips, seed=0)[0] for fold in folds]


def predicted(recipe: Recipe, outcome: Outcome, clips: ClipTensors) -> torch.Tensor:
    """The class of every clip by the weights that came out, in a freshly built network."""
    network = initial_network(recipe, "any", len(clips.classes), 1).double().eval()
    network.load_state_dict(outcome.state)
    x = evaluation_view(clips.batch(torch.arange(len(clips.clips)), torch.float64), recipe.augmentation)
    with torch.no_grad():
        return network(x).argmax(1)


def without_dropout(recipe: Recipe, **settings: Any) -> Recipe:
    return with_settings(recipe, {"model.dropout": 0.0, **settings})


def moved(first: Outcome, second: Outcome) -> float:
    """The largest difference of parameters alone."""
    return max(
        float((first.state[name] - second.state[name]).abs().max())
        for name in first.state
        if "running" not in name and "tracked" not in name
    )


@pytest.mark.slow
@pytest.mark.parametrize(("model", "sizes", "training"), [
    ("ststnet", EQUAL, {"lr": 1e-3, "epochs": 250}),  # 2 steps an epoch
    ("stanet", EQUAL[:2], {"lr": 1e-4, "epochs": 500}),  # 1 step
])  # fmt: skip
def test_fused_equals_sequential_after_500_steps(model: str, sizes: tuple[int, ...], training: dict[str, Any]) -> None:
    recipe = everything_on(model, num_evals=3, **training)
    clips, together, alone = together_and_alone(recipe, sizes)
    assert examples.absolute_gap(together, alone) <= 1e-12
    assert all(torch.equal(predicted(recipe, a, clips), predicted(recipe, b, clips)) for a, b in zip(together, alone, strict=True))


@each_model
def test_fused_equals_sequential_where_batches_are_ragged(model: str) -> None:
    recipe = everything_on(model, lr=1e-4, epochs=15)
    clips, together, alone = together_and_alone(recipe, RAGGED)
    assert len({len(outcome.fold.train) for outcome in alone}) == 3
    assert examples.absolute_gap(together, alone) <= 1e-12
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a.train_loss, b.train_loss, rtol=1e-6)
        np.testing.assert_allclose(a.held_out, b.held_out, rtol=1e-6)


@each_model
def test_fused_float32_differs_from_sequential_by_its_own_rounding(model: str) -> None:
    """Ten steps: the gap between the two is within a few times the gap of either to float64, on the same draws."""
    recipe = without_dropout(examples.recipe(model, num_inner=0, optimizer="sgd", precision="float32", batch_size=8, epochs=5))
    clips, together, alone = together_and_alone(recipe, (16, 16))
    exact = train(with_settings(recipe, {"training.precision": "float64"}), examples.folds(clips, recipe), clips, seed=0)
    assert 0 < examples.relative_gap(together, alone) <= 4 * examples.relative_gap(alone, exact)
    assert examples.relative_gap(together, alone) <= (1e-6 if model == "ststnet" else 4e-6)


def test_the_published_recipe_in_float32_is_within_a_millionth_after_ten_steps() -> None:
    """STSTNet's recipe for the flow images as it is (Adam, 8-bit values), but for the batch; the worst tensor, by Euclidean norm.

    Only of inputs of that size: Adam divides each gradient by its own magnitude, so that one that is nearly zero is rounding alone.
    """
    published, _ = search_spaces.load("ststnet", "megc2019_flow")
    recipe = with_settings(published, {"training.epochs": 5, "training.batch_size": 32, "training.num_evals": 1, "protocol.num_inner": 0})
    clips = examples.corpus("ststnet", (32, 32, 32))
    clips = dataclasses.replace(clips, inputs=(255 * clips.inputs).round())
    folds = examples.folds(clips, recipe)
    together, alone = train(recipe, folds, clips, seed=0), [train(recipe, [fold], clips, seed=0)[0] for fold in folds]
    assert 0 < examples.relative_gap(together, alone) <= 1e-6
    assert all(torch.equal(predicted(recipe, a, clips), predicted(recipe, b, clips)) for a, b in zip(together, alone, strict=True))


@each_model
def test_a_fold_equals_a_plain_pytorch_loop(model: str) -> None:
    """torch.optim, functional losses and the module itself, on the fold's own order of clips."""
    recipe = without_dropout(examples.recipe(model, num_inner=0, lr=1e-4, epochs=10, weight_decay=1e-3))
    clips = examples.corpus(model, RAGGED)
    fold = examples.folds(clips, recipe)[0]
    (outcome,) = train(recipe, [fold], clips, seed=5)
    network = initial_network(recipe, fold.name, 3, 5).double().train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4, weight_decay=1e-3)
    order = torch.Generator().manual_seed(derive_seed(5, fold.name, "order"))
    for _ in range(10):
        indices = torch.tensor(fold.train)[torch.randperm(len(fold.train), generator=order)]
        for batch in indices.split(4):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(clips.batch(batch, torch.float64)), clips.labels[batch]).backward()
            optimizer.step()
    plain = dataclasses.replace(outcome, state=network.state_dict())
    assert examples.absolute_gap([outcome], [plain]) <= 1e-12
    with torch.no_grad():
        expected = network.eval()(clips.batch(torch.tensor(fold.held_out), torch.float64)).softmax(1)
    np.testing.assert_allclose(outcome.held_out[-1], expected, rtol=1e-6)


def test_a_fold_repeated_alone_is_equal_to_the_last_bit() -> None:
    recipe = everything_on("ststnet", epochs=3)
    clips = examples.corpus("ststnet", RAGGED)
    first, other = examples.folds(clips, recipe)[:2]
    before = train(recipe, [first], clips, seed=0)
    train(recipe, [other], clips, seed=0)
    torch.manual_seed(99)  # the global generator has no say, and is left alone
    state = torch.random.get_rng_state()
    assert examples.same_bits(train(recipe, [first], clips, seed=0), before)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not examples.same_bits(train(recipe, [first], clips, seed=1), before)


def test_a_fold_does_not_depend_on_what_is_trained_beside_it() -> None:
    recipe = everything_on("ststnet", epochs=5)
    clips = examples.corpus("ststnet", RAGGED)
    a, b, c = examples.folds(clips, recipe)
    beside_b, beside_c, last = (train(recipe, rows, clips, seed=0) for rows in ([a, b], [a, c], [c, b, a]))
    assert examples.absolute_gap(beside_b[:1], beside_c[:1]) <= 1e-12
    assert examples.absolute_gap(beside_b[:1], last[2:]) <= 1e-12
    assert examples.absolute_gap(beside_b[1:], last[1:2]) <= 1e-12


def test_two_subjects_start_from_different_weights() -> None:
    recipe = examples.recipe("ststnet")
    weights = [initial_network(recipe, fold, 3, 0).state_dict()["head.weight"] for fold in ("toy/a", "toy/b", "toy/a")]
    assert torch.equal(weights[0], weights[2]) and not torch.equal(weights[0], weights[1])


def run_of(recipe: Recipe, sizes: tuple[int, ...] = RAGGED) -> tuple[Stage, Fold, ClipTensors]:
    clips = examples.corpus(recipe.model, sizes)
    fold = examples.folds(clips, recipe)[0]
    place = Place(device=torch.device("cpu"), group=Alone(), seed=0)
    networks = [initial_network(recipe, fold.name, len(clips.classes), 0)]
    return _stage(recipe, networks, [fold], clips, place), fold, clips


def test_shuffled_epochs_hold_every_clip_once_in_new_orders() -> None:
    run, fold, _ = run_of(examples.recipe("ststnet", num_inner=0))
    epochs = [torch.cat(run._batches(0)).tolist() for _ in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(fold.train) and epochs[0] != epochs[1]


def test_by_class_feeds_sorted_classes_in_every_epoch() -> None:
    run, fold, clips = run_of(examples.recipe("ststnet", num_inner=0, order="by_class"))
    epochs = [torch.cat(run._batches(0)).tolist() for _ in range(2)]
    labels = [clips.clips[index].label for index in epochs[0]]
    assert epochs[0] == epochs[1] and labels == sorted(labels) and set(epochs[0]) == set(fold.train)


def test_class_weights_come_from_the_folds_own_training_clips() -> None:
    loss = Loss(kind="class_balanced")
    run, fold, clips = run_of(examples.recipe("ststnet", num_inner=0, loss=loss))
    counts = torch.bincount(clips.labels[list(fold.train)], minlength=3)
    expected = losses.class_weights("class_balanced", form="positive_only", alpha_mode="none", alpha=0.25, beta=0.999, counts=counts)
    torch.testing.assert_close(run.weights[0], expected.double())
    assert not torch.equal(counts, torch.bincount(clips.labels))


def test_learning_rate_decays_after_each_epoch() -> None:
    clips = examples.corpus("ststnet", EQUAL)

    def after(epochs: int, decay: float) -> Outcome:
        recipe = without_dropout(examples.recipe("ststnet", num_inner=0, optimizer="sgd", momentum=0.0, epochs=epochs, lr_decay=decay))
        return train(recipe, examples.folds(clips, recipe, 1), clips, seed=0)[0]

    assert moved(after(2, 1e-12), after(1, 1.0)) < 1e-12
    assert moved(after(2, 1.0), after(1, 1.0)) > 1e-5


def test_smoothed_labels_keep_the_loss_above_their_entropy() -> None:
    clips = examples.corpus("ststnet", EQUAL)

    def final_loss(smoothing: float) -> float:
        recipe = without_dropout(examples.recipe("ststnet", num_inner=0, lr=1e-2, epochs=40, loss=Loss(label_smoothing=smoothing)))
        return float(train(recipe, examples.folds(clips, recipe, 1), clips, seed=0)[0].train_loss[-1])

    entropy = -(0.8 * math.log(0.8) + 2 * 0.1 * math.log(0.1))
    assert final_loss(0.0) < 0.3 < entropy < final_loss(0.3) < 1.05 * entropy + 0.2


@pytest.mark.parametrize(
    "loss", [Loss(kind="focal", alpha_mode="inverse_frequency"), Loss(kind="class_balanced"), Loss()], ids=lambda x: x.kind
)
def test_a_class_absent_from_training_does_no_harm(loss: Loss) -> None:
    clips = examples.corpus("ststnet", EQUAL)
    rare = tuple(index for index, clip in enumerate(clips.clips) if clip.label == 2)
    fold = Fold(name="toy/x", train=tuple(set(range(12)) - set(rare)), inner=(), held_out=rare)
    (outcome,) = train(examples.recipe("ststnet", loss=loss, epochs=3), [fold], clips, seed=0)
    assert np.isfinite(outcome.train_loss).all() and np.isfinite(outcome.held_out).all()


def test_outcomes_hold_probabilities_of_each_set_at_each_evaluation() -> None:
    clips = examples.corpus("ststnet", (3, 3, 4, 1))
    recipe = examples.recipe("ststnet", epochs=7, num_evals=3, num_inner=3)
    folds = [*examples.folds(clips, recipe), refit_fold(clips.clips)]
    for outcome in train(recipe, folds, clips, seed=0):
        assert outcome.epochs == evaluation_epochs(7, 3) == (2, 5, 7) and outcome.train_loss.shape == (7,)
        assert outcome.inner.shape == (3, len(outcome.fold.inner), 3) and outcome.held_out.shape == (3, len(outcome.fold.held_out), 3)
        np.testing.assert_allclose(outcome.held_out.sum(-1), 1, rtol=1e-5)
        assert outcome.wall_s > 0
    assert outcome.fold.name == "all" and outcome.held_out.shape == (3, 0, 3)


@given(epochs=st.integers(1, 900), num=st.integers(1, 80))
def test_evaluations_are_evenly_spaced_and_end_with_the_last_epoch(epochs: int, num: int) -> None:
    chosen = evaluation_epochs(epochs, num)
    gaps = [after - before for before, after in zip((0, *chosen), chosen, strict=False)]
    assert len(chosen) == min(epochs, num) and chosen[-1] == epochs
    assert min(gaps) >= 1 and max(gaps) - min(gaps) <= 1


def test_a_watcher_sees_inner_clips_alone_and_can_stop_the_training() -> None:
    clips = examples.corpus("ststnet", EQUAL)
    recipe = examples.recipe("ststnet", epochs=6, num_evals=3, num_inner=3)
    folds = examples.folds(clips, recipe)
    seen: list[int] = []

    def watch(epoch: int, scores: dict[str, tuple[np.ndarray, np.ndarray]]) -> bool:
        seen.append(epoch)
        for fold in folds:
            truth, probabilities = scores[fold.name]
            assert truth.tolist() == [clips.clips[index].label for index in fold.inner] and probabilities.shape == (len(truth), 3)
        return epoch == 4

    outcomes = train(recipe, folds, clips, seed=0, watch=watch)
    whole = train(recipe, folds, clips, seed=0)
    assert seen == [2, 4]
    for outcome, full in zip(outcomes, whole, strict=True):
        assert outcome.epochs == (2, 4) and len(outcome.train_loss) == 4
        np.testing.assert_array_equal(outcome.inner, full.inner[:2])


@pytest.mark.parametrize("number", (1, 3))
def test_a_damaged_clip_stops_the_training_by_name(number: int) -> None:
    clips = examples.corpus("ststnet", EQUAL)
    clips.inputs[0, 0, 0, 0] = math.nan
    recipe = examples.recipe("ststnet", num_inner=0, epochs=2)
    folds = examples.folds(clips, recipe)[-number:]
    text = r"loss must stay finite, but it is nan in epoch 1 of fold 'toy/s0[12]'.*training.lr"
    with pytest.raises(TrainingDiverged, match=text) as caught:
        train(recipe, folds, clips, seed=0)
    survived = pickle.loads(pickle.dumps(caught.value))
    assert str(survived) == str(caught.value) and (survived.fold, survived.epoch) == (caught.value.fold, 1)


def test_bfloat16_trains_and_keeps_float32_weights() -> None:
    clips = examples.corpus("ststnet", EQUAL)
    recipe = examples.recipe("ststnet", epochs=2, precision="bfloat16", num_inner=0)
    (outcome,) = train(recipe, examples.folds(clips, recipe, 1), clips, seed=0)
    assert np.isfinite(outcome.train_loss).all() and outcome.state["head.weight"].dtype == torch.float32


def test_an_unknown_hyperparameter_is_named() -> None:
    recipe = dataclasses.replace(examples.recipe("ststnet", num_inner=0), hparams={**examples.HPARAMS["ststnet"], "depth": 3})
    clips = examples.corpus("ststnet", EQUAL)
    with pytest.raises(ValueError, match="unknown \\['depth'\\]"):
        train(recipe, examples.folds(clips, recipe), clips, seed=0)
