"""LOSO training of STSTNet on 442 clips of 28x28x3: ours, one single-threaded process per core, against the plain PyTorch loop.

Both train on all other subjects, in float32, with Adam, and score the held-out clips after every epoch. A few folds and epochs of the
68 x 800 are trained; every number is milliseconds of wall time per epoch of one fold. Ours writes fold records, the plain loop nothing.
"""

import uuid
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks import examples, plain_loop
from benchmarks.homes import build_shards, built_home
from benchmarks.measure import NUM_WORKERS, PLAIN_ENVIRONMENT, Row, Size, faster, interleave, processes, seconds
from orchestrator.cluster import WORKER_ENVIRONMENT
from orchestrator.fold_job import FoldJob, clips_of, folds_of
from orchestrator.fold_job import run as run_job
from search_spaces.recipe import Recipe

GOALS = {32: {2: 10.0, 0: 2.5}, 256: {2: 18.0, 0: 2.0}}
"""Batch size -> DataLoader workers -> times as fast."""
LIMIT = "the convolutions: ~2.5x more at the cores' matrix rate"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much each side trains."""

    rounds: int
    num_folds: int
    epochs: int
    loader_epochs: dict[int, int]
    """DataLoader workers -> epochs of the plain loop."""


PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=3, num_folds=6, epochs=60, loader_epochs={2: 1, 0: 6}),
    "quick": Plan(rounds=2, num_folds=4, epochs=20, loader_epochs={2: 1, 0: 4}),
    "tiny": Plan(rounds=1, num_folds=2, epochs=1, loader_epochs={2: 1, 0: 1}),
}


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    recipe = _recipe(plan.epochs, 32)
    with built_home(recipe) as home:
        shards = build_shards(recipe, home)
        with processes(NUM_WORKERS, WORKER_ENVIRONMENT) as ours, processes(1, PLAIN_ENVIRONMENT) as plain:
            return [row for batch_size in GOALS for row in _compare(plan, batch_size, shards, home, ours, plain)]


def _compare(plan: Plan, batch_size: int, shards: Path, home: Path, ours: Executor, plain: Executor) -> list[Row]:
    recipe = _recipe(plan.epochs, batch_size)
    known = folds_of(recipe, shards, 0)
    names = sorted(known)[:: len(known) // plan.num_folds][: plan.num_folds]  # small and large subjects of all three corpora

    def loop(num_workers: int) -> float:
        epochs = plan.loader_epochs[num_workers]
        return plain.submit(_plain, recipe, shards, names, epochs, num_workers).result() / epochs

    def pool() -> float:
        jobs = [FoldJob(recipe=recipe, folds=(name,), shards=shards, seed=0, home=home / uuid.uuid4().hex) for name in names]
        return seconds(lambda: list(ours.map(run_job, jobs))) / recipe.training.epochs

    pool()  # warm-up: both processes read the shards
    took = interleave({"ours": pool, "2": lambda: loop(2), "0": lambda: loop(0)}, plan.rounds)
    ms = {name: 1000 * value / len(names) for name, value in took.items()}
    return [
        faster(
            f"STSTNet, batch {batch_size}, per fold-epoch", ms["ours"], f"plain loop, DataLoader num_workers={workers}", ms[str(workers)],
            goal=goal, limit=LIMIT,
        )
        for workers, goal in GOALS[batch_size].items()
    ]  # fmt: skip


def _plain(recipe: Recipe, shards: Path, names: list[str], epochs: int, num_workers: int) -> float:
    """Runs in the plain process."""
    clips, known = clips_of(recipe, shards), folds_of(recipe, shards, 0)
    inputs = clips.batch(torch.arange(len(clips.clips)), torch.float32).contiguous()  # NCHW
    splits = [(known[name].train, known[name].held_out) for name in names]
    size = recipe.training.batch_size
    return plain_loop.train_folds(inputs, clips.labels, splits, epochs=epochs, batch_size=size, num_workers=num_workers)


def _recipe(epochs: int, batch_size: int) -> Recipe:
    return examples.recipe(epochs=epochs, batch_size=batch_size, num_evals=epochs, num_inner=0, layout="megc2019_cde")
