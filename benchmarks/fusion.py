"""Folds as one program (the fold as a batch dimension) against the same folds one after another, both through ``training.train``.

G8 of the specification, on STSTNet as published (batch normalisation, dropout, Adam, 8-bit values) with 8 folds and batch 32: "fold fusion
exactness: float64 max weight gap <=1e-12 after 500 steps; float32 rel <=1e-6 at 10 steps; same eval predictions". Its float32 number is
that of the worst tensor, relative to the tensor: here by the Euclidean norm, and beside it, without a goal, by the largest element. Running
statistics of normalisation are no weights: they are in the relative rows.

Needs no Ray: with nothing but PyTorch, pyarrow and safetensors installed, ``python -m benchmarks fusion`` runs as it is. On a CPU each side
has one thread, as a worker has. On a GPU the peer is the eager loop: one fold after another, data on the device.
"""

import dataclasses
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

import search_spaces
from benchmarks import examples, plain_loop
from benchmarks.measure import Row, Size, bound, faster, interleave, processes, seconds
from orchestrator.cluster import WORKER_ENVIRONMENT
from orchestrator.data import ClipTensors
from orchestrator.folds import Fold
from orchestrator.training import Outcome, train
from search_spaces.recipe import Plain, Recipe, with_settings

CPU_LIMIT = "small batches: overhead per operation; large: the activations of all folds leave the cache"
NUM_GAP_FOLDS, EPOCH_STEPS = 8, 10
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
GPU_LIMIT = "kernel launches: a step of one small fold fills a hundredth of the device"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is trained."""

    rounds: int
    num_folds: int
    num_steps: int
    gap_steps: int


PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=5, num_folds=16, num_steps=100, gap_steps=500),
    "quick": Plan(rounds=3, num_folds=16, num_steps=40, gap_steps=200),
    "tiny": Plan(rounds=1, num_folds=2, num_steps=2, gap_steps=20),
}


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    with processes(1, WORKER_ENVIRONMENT) as pool:
        rows = [pool.submit(_on_cpu, plan, batch_size).result() for batch_size in (4, 16, 32)]
        rows += pool.submit(gaps, plan.gap_steps).result()
    if not torch.cuda.is_available():
        return [*rows, Row(what="fused on a GPU: ststnet 26 and 68 folds, stanet 26 folds", goal=">= 10x, >= 3x", limit="no GPU here")]
    return [*rows, *(ststnet_on(plan, "cuda", num_folds) for num_folds in (26, 68)), stanet_on(plan, "cuda", 26)]


def _on_cpu(plan: Plan, batch_size: int) -> Row:
    _fused(*ststnet(2, batch_size, 2))  # warm-up
    recipe, folds, clips = ststnet(plan.num_folds, batch_size, plan.num_steps)
    took = interleave({"fused": partial(_fused, recipe, folds, clips), "alone": partial(_alone, recipe, folds, clips)}, plan.rounds)
    per_step = {name: 1000 * value / (len(folds) * plan.num_steps) for name, value in took.items()}
    goal = 1.3 if batch_size <= 4 else None  # larger batches show where it stops to pay
    what = f"STSTNet, {len(folds)} folds fused, batch {batch_size}, per fold-step"
    return faster(what, per_step["fused"], "one after another", per_step["alone"], goal=goal, limit=CPU_LIMIT)


def ststnet_on(plan: Plan, device: str, num_folds: int) -> Row:
    """Against the plain eager loop, of which three folds are trained."""
    recipe, folds, clips = ststnet(num_folds, 32, plan.num_steps)
    inputs = clips.batch(torch.arange(len(clips.clips)), torch.float32).contiguous().to(device)
    labels = clips.labels.to(device)

    def eager() -> float:
        models = [plain_loop.ThreeStreams(len(clips.classes)).to(device) for _ in range(3)]
        steps = partial(plain_loop.train_steps, inputs, labels, num_steps=plan.num_steps, batch_size=32)
        return statistics.median(steps(model) for model in models)

    return _row_on_gpu(plan, f"STSTNet, {num_folds} folds fused, batch 32", recipe, folds, clips, device, eager, goal=10.0)


def stanet_on(plan: Plan, device: str, num_folds: int) -> Row:
    """STANet on the synthetic corpus' 8 flows of 32x32, against our own folds one after another."""
    published, _ = search_spaces.load("stanet", "synthetic")
    recipe = with_settings(published, {"training.epochs": 1})
    size = recipe.training.batch_size
    clips = examples.random_clips(plan.num_steps * size, (8, 32, 32, 2))
    folds = examples.training_folds(num_folds, len(clips.clips))
    alone = partial(_alone, recipe, folds[:1], clips, device=device)
    return _row_on_gpu(plan, f"STANet, {num_folds} folds fused, batch {size}", recipe, folds, clips, device, alone, goal=3.0)


def _row_on_gpu(
    plan: Plan, what: str, recipe: Recipe, folds: Sequence[Fold], clips: ClipTensors, device: str, one_fold: Callable[[], float],
    *, goal: float,
) -> Row:  # fmt: skip
    fused = partial(_fused, recipe, folds, clips, device=device)
    fused(), one_fold()  # warm-up: kernels are loaded at their first call
    took = interleave({"fused": fused, "one": one_fold}, plan.rounds)
    ours, against = 1000 * took["fused"] / (len(folds) * plan.num_steps), 1000 * took["one"] / plan.num_steps
    return faster(f"{what}, {device}, per fold-step", ours, "eager, one after another", against, goal=goal, limit=GPU_LIMIT)


def gaps(num_steps: int) -> list[Row]:
    """How far fused weights are from those of the same folds trained alone, and which of their predictions differ."""
    double, single = _both("float64", num_steps), _both("float32", EPOCH_STEPS)
    about = f"{NUM_GAP_FOLDS} folds fused and alone"
    return [
        bound(
            f"{about}, float64, {num_steps} steps: largest gap of a weight", _gap(double, _largest, STATISTICS), "", at_most=1e-12,
            limit="rounding",
        ),
        Row(what="the same: worst tensor, relative", ours=_gap(double, _relative)),
        bound("the same: predictions that differ", _different(double), "", at_most=0, limit="rounding"),
        bound(
            f"{about}, float32, {EPOCH_STEPS} steps: worst tensor, relative", _gap(single, _relative), "", at_most=1e-6,
            limit="rounding: sums in another order",
        ),
        Row(what="the same: largest element of a gap over the tensor's largest", ours=_gap(single, _by_elements)),
        bound("the same: predictions that differ", _different(single), "", at_most=0, limit="rounding: sums in another order"),
    ]  # fmt: skip


def _both(precision: str, num_steps: int) -> list[tuple[Outcome, Outcome]]:
    """Each fold fused and alone; all predict every clip, in evaluation mode."""
    published, _ = search_spaces.load("ststnet", "megc2019_flow")
    changed: dict[str, Plain] = {
        "training.batch_size": 32, "training.epochs": num_steps // EPOCH_STEPS, "training.num_evals": 1, "training.precision": precision,
        "protocol.num_inner": 0,
    }  # fmt: skip
    recipe = with_settings(published, changed)
    noise = examples.random_clips(32 * EPOCH_STEPS, (28, 28, 3))
    clips = dataclasses.replace(noise, inputs=(255 * noise.inputs).round())
    everything = tuple(range(len(clips.clips)))
    folds = [dataclasses.replace(fold, held_out=everything) for fold in examples.training_folds(NUM_GAP_FOLDS, len(everything))]
    alone = [train(recipe, [fold], clips, seed=0)[0] for fold in folds]
    return list(zip(train(recipe, folds, clips, seed=0), alone, strict=True))


def _gap(pairs: Sequence[tuple[Outcome, Outcome]], distance: Callable[[Tensor, Tensor], Tensor], without: tuple[str, ...] = ()) -> float:
    names = [name for name in pairs[0][0].state if not name.endswith(without)]
    return max(float(distance(a.state[name].double(), b.state[name].double())) for a, b in pairs for name in names)


def _largest(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().max()


def _relative(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).norm() / y.norm()


def _by_elements(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().max() / y.abs().max()


def _different(pairs: Sequence[tuple[Outcome, Outcome]]) -> int:
    return sum(int((a.held_out[-1].argmax(1) != b.held_out[-1].argmax(1)).sum()) for a, b in pairs)


def ststnet(num_folds: int, batch_size: int, num_steps: int) -> tuple[Recipe, list[Fold], ClipTensors]:
    """One epoch of that many steps of full batches."""
    recipe = examples.recipe(epochs=1, batch_size=batch_size, num_evals=1)
    num_clips = batch_size * num_steps
    return recipe, examples.training_folds(num_folds, num_clips), examples.random_clips(num_clips, (28, 28, 3))


def _fused(recipe: Recipe, folds: Sequence[Fold], clips: ClipTensors, *, device: str = "cpu") -> float:
    return seconds(lambda: train(recipe, folds, clips, seed=0, device=device))


def _alone(recipe: Recipe, folds: Sequence[Fold], clips: ClipTensors, *, device: str = "cpu") -> float:
    return seconds(lambda: [train(recipe, [fold], clips, seed=0, device=device) for fold in folds])
