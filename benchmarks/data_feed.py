"""Feeding batches, and opening and reading shards.

Batches of STSTNet's 28x28x3 images from memory, as a share of the training step and against a DataLoader; shards of the size of CASME II's
flow sequences (15,990 frames of 112x112x2 float16 in 26 files, 0.8 GB), warm, and cold after the page cache was asked to drop them.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks import examples, shard_examples
from benchmarks.measure import Row, Size, bound, faster, interleave, processes, seconds
from orchestrator.cluster import WORKER_ENVIRONMENT
from orchestrator.training import train
from preprocessing.shards import Shards, open_shards

NUM_CLIPS = 442


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is fed and read."""

    rounds: int
    epochs: int
    num_frames: int
    num_files: int


PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=7, epochs=20, num_frames=15_990, num_files=26),
    "quick": Plan(rounds=3, epochs=10, num_frames=15_990, num_files=26),
    "tiny": Plan(rounds=1, epochs=1, num_frames=12, num_files=3),
}


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    with processes(1, WORKER_ENVIRONMENT) as pool:
        rows = [row for batch_size in (32, 256) for row in pool.submit(_feed, plan, batch_size).result()]
        with tempfile.TemporaryDirectory(prefix="losotune-bench-") as folder:
            shard_examples.write(Path(folder), num_frames=plan.num_frames, num_files=plan.num_files)
            return rows + pool.submit(_read, plan, Path(folder)).result()


def _feed(plan: Plan, batch_size: int) -> list[Row]:
    """Runs in a worker's environment."""
    recipe = examples.recipe(epochs=plan.epochs, batch_size=batch_size, num_evals=1)
    clips = examples.random_clips(NUM_CLIPS, (28, 28, 3))
    fold = examples.training_folds(1, NUM_CLIPS)
    num_steps = plan.epochs * -(-NUM_CLIPS // batch_size)

    def feed() -> None:
        for _ in range(plan.epochs):
            for indices in torch.randperm(NUM_CLIPS).split(batch_size):
                clips.batch(indices, torch.float32)

    dataset = TensorDataset(clips.inputs.movedim(-1, -3).contiguous(), clips.labels)

    def load(num_workers: int, epochs: int) -> float:
        loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, num_workers=num_workers)
        return seconds(lambda: [list(loader) for _ in range(epochs)]) * plan.epochs / epochs

    train(recipe, fold, clips, seed=0)  # warm-up
    took = interleave(
        {
            "step": partial(seconds, lambda: train(recipe, fold, clips, seed=0)),
            "ours": partial(seconds, feed),
            "0": partial(load, 0, plan.epochs),
            "2": partial(load, 2, min(2, plan.epochs)),
        },
        plan.rounds,
    )
    ms = {name: 1000 * value / num_steps for name, value in took.items()}
    share = f"STSTNet, batch {batch_size}: feed as a share of the training step"
    what = f"feeding a batch of {batch_size} images of 28x28x3"
    return [
        bound(share, 100 * ms["ours"] / ms["step"], "%", at_most=10, limit="memory bandwidth: one gather from the tensor in memory"),
        faster(what, ms["ours"], "DataLoader num_workers=0", ms["0"], limit="it stacks clip by clip in Python"),
        faster(what, ms["ours"], "DataLoader num_workers=2", ms["2"], limit="it starts two processes every epoch"),
    ]


def _read(plan: Plan, folder: Path) -> list[Row]:
    files = sorted(folder.glob("*.arrow"))
    size = sum(path.stat().st_size for path in files)
    about = f"{size / 1e9:.1f} GB of shards in {len(files)} files"

    def cold(work: Callable[[], object]) -> float:
        for path in files:
            drop_cache(path)
        return seconds(work)

    buffer = bytearray(max(path.stat().st_size for path in files))
    took = interleave(
        {
            "cold": lambda: cold(lambda: read_every_byte(folder)),
            "raw": lambda: cold(lambda: [read_raw(path, buffer) for path in files]),
            "open": lambda: seconds(lambda: touch(open_shards(folder))),
        },
        plan.rounds,
    )
    megabytes = {name: size / 1e6 / value for name, value in took.items()}
    return [
        bound(f"{about}: open and touch each", 1000 * took["open"], "ms", at_most=5, limit="one map and one footer per file; no copy"),
        faster(
            f"{about}: open and read every byte, cold ({megabytes['cold']:.0f} MB/s)", took["cold"],
            f"read() of the bare files ({megabytes['raw']:.0f} MB/s)", took["raw"], unit="s", goal=0.9, limit="the disk",
        ),
    ]  # fmt: skip


def touch(shards: Shards) -> float:
    """The first value of every subject's tensors, through the map."""
    return float(sum(shards.subject_tensors(line["subject"]).flat[0] for line in shards.manifest["shards"]))


def read_every_byte(folder: Path) -> int:
    """Open the shards and look at all of every tensor where it is mapped."""
    shards = open_shards(folder)
    views = (shards.subject_tensors(line["subject"]) for line in shards.manifest["shards"])
    return int(sum(np.bitwise_xor.reduce(view.reshape(-1).view(np.uint64)) & 1 for view in views))


def read_raw(path: Path, buffer: bytearray) -> int:
    """The file's bytes into a buffer that is used again."""
    with path.open("rb", buffering=0) as file:
        return sum(iter(lambda: file.readinto(memoryview(buffer)) or 0, 0))


def drop_cache(path: Path) -> None:
    """Ask the kernel to forget what it holds of a file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
