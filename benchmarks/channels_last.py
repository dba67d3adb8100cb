"""A training step of SHCNN and STANet as the trainer takes it, channels last, against the same network in the plain NCHW loop.

Needs no Ray. One thread on each side, as a worker has. Ours is timed as the difference of a long and a short run, so that building a
network of 37 million parameters does not count. Augmentation, dropout and weight decay are off: they are no matter of layout.
"""

import dataclasses
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

import models
import search_spaces
from benchmarks import examples, plain_loop
from benchmarks.measure import Row, Size, faster, interleave, processes, seconds
from orchestrator.cluster import WORKER_ENVIRONMENT
from orchestrator.data import ClipTensors
from orchestrator.training import train
from search_spaces.recipe import Augmentation, Loss, Plain, Recipe, Training, with_settings

GOALS = {"float32": 1.25, "bfloat16": 1.8}
LIMITS = {
    "float32": "the matrix product: both layouts compute it, NCHW copies around it; small maps gain little",
    "bfloat16": "whether the CPU multiplies bfloat16 itself; optimiser and batch normalisation stay in float32",
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A network and what it is fed."""

    title: str
    variant: str
    shape: tuple[int, ...]
    """Of a sample, channels last: ([T,] H, W, C)."""
    batch_size: int
    settings: dict[str, Plain] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    rounds: int
    num_steps: int
    shcnn: Subject
    stanet: Subject


HALF: dict[str, Plain] = {"model.backbone": "resnet10_half", "model.hidden": 256}
TINY: dict[str, Plain] = {"model.backbone": "tiny", "model.hidden": 16, "model.sab_depth": 1}
SHCNN = Subject(title="SHCNN", variant="casme2", shape=(112, 112, 3), batch_size=32)
STANET = Subject(title="STANet (resnet10_half)", variant="casme2", shape=(19, 192, 192, 2), batch_size=4, settings=HALF)
PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=5, num_steps=8, shcnn=SHCNN, stanet=STANET),
    "quick": Plan(
        rounds=3, num_steps=4, shcnn=dataclasses.replace(SHCNN, batch_size=16), stanet=dataclasses.replace(STANET, shape=(19, 96, 96, 2))
    ),
    "tiny": Plan(
        rounds=1,
        num_steps=1,
        shcnn=dataclasses.replace(SHCNN, shape=(28, 28, 3), batch_size=2, settings={"model.side": 28, "model.fc": (32, 16)}),
        stanet=dataclasses.replace(STANET, shape=(2, 32, 32, 2), batch_size=2, settings=TINY),
    ),
}


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    with processes(1, WORKER_ENVIRONMENT) as pool:
        jobs = [pool.submit(rows_of, name, subject, plan) for name, subject in (("shcnn", plan.shcnn), ("stanet", plan.stanet))]
        return [row for job in jobs for row in job.result()]


def rows_of(name: str, subject: Subject, plan: Plan) -> list[Row]:
    """The step in float32 and with the bfloat16 option, both against the plain loop."""
    clips = examples.random_clips(subject.batch_size, subject.shape)
    ours = {precision: partial(_ours, _recipe(name, subject, precision), clips, plan.num_steps) for precision in GOALS}
    took = interleave({"plain": partial(_plain, _recipe(name, subject, "float32"), clips, plan.num_steps), **ours}, plan.rounds)
    what = f"{subject.title} step, batch {subject.batch_size} of {' x '.join(map(str, subject.shape))}, channels last"
    return [
        faster(f"{what}, {precision}", took[precision], "plain NCHW loop", took["plain"], goal=goal, limit=LIMITS[precision])
        for precision, goal in GOALS.items()
    ]


def _recipe(name: str, subject: Subject, precision: str) -> Recipe:
    """The paper's network; a step is an epoch of one batch."""
    published = with_settings(search_spaces.load(name, subject.variant)[0], {"model.dropout": 0.0, **subject.settings})
    training = Training(lr=1e-4, batch_size=subject.batch_size, epochs=1, num_evals=1)
    plain = dataclasses.replace(published, training=training, loss=Loss(), augmentation=Augmentation())
    return with_settings(plain, {"training.precision": precision})


def _ours(recipe: Recipe, clips: ClipTensors, num_steps: int) -> float:
    """Milliseconds a step through ``training.train``."""
    fold = examples.training_folds(1, len(clips.clips))

    def steps(number: int) -> float:
        return seconds(lambda: train(with_settings(recipe, {"training.epochs": number}), fold, clips, seed=0))

    steps(1)  # warm-up: kernels are chosen at their first call
    return 1000 * (steps(1 + num_steps) - steps(1)) / num_steps


def _plain(recipe: Recipe, clips: ClipTensors, num_steps: int) -> float:
    """Milliseconds a step of the loop that a student writes, on contiguous inputs."""
    inputs, network = nchw(clips), plain_network(recipe, len(clips.classes))

    def steps(number: int) -> float:
        return plain_loop.train_steps(inputs, clips.labels, network, num_steps=number, batch_size=len(inputs))

    steps(1)
    return 1000 * steps(num_steps) / num_steps


def nchw(clips: ClipTensors) -> Tensor:
    """(N, [T,] C, H, W), contiguous in that order."""
    return clips.inputs.movedim(-1, -3).contiguous()


def plain_network(recipe: Recipe, num_classes: int) -> nn.Module:
    torch.manual_seed(0)
    return models.build(recipe.model, num_classes, **recipe.hparams)
