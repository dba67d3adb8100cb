"""What one fold of each of the four papers costs in the paper's own setting, on this device: a step is timed, the steps are counted.

Published recipe, network, batch and size of input; the input itself is noise. Needs no Ray. On a GPU the time is the GPU's; without one it
is one CPU core's, and beside it stands what an H200 would take at most likely: an estimate, whose two limits are ``LIMIT``'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch.utils.flop_counter import FlopCounterMode

import search_spaces
from benchmarks import examples
from benchmarks.measure import Row, Size, processes, seconds
from orchestrator.cluster import WORKER_ENVIRONMENT
from orchestrator.data import ClipTensors
from orchestrator.training import train
from search_spaces.recipe import Plain, Recipe, with_settings

FLOPS_PER_S, LAUNCHES_S, TIME_STEP_S = 100e12, 2e-3, 2e-4
LIMIT = "estimate for one H200: the longer of its work at 100 TFLOP/s (TF32) and its launches, 2 ms an eager step, .2 ms a step of an LSTM"
DAY_S, HOUR_S, MINUTE_S = 86400.0, 3600.0, 60.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a fold, and how to feed one batch of it."""

    title: str
    model: str
    variant: str
    batch: int
    """The paper's, in samples."""
    shape: tuple[int, ...]
    """Of a sample, channels last: ([T,] H, W, C)."""
    num_samples: int
    """That an average fold of the paper's corpus trains on."""
    counted: str = "training"
    """The section of the recipe that is timed."""
    settings: Mapping[str, Plain] = field(default_factory=dict)
    """Of what is not timed: less of it."""
    launches_s: float = LAUNCHES_S

    @property
    def recipe(self) -> Recipe:
        return search_spaces.load(self.model, self.variant)[0]

    @property
    def num_steps(self) -> int:
        """Of a fold, in the paper's setting."""
        section = self.recipe.features if self.counted == "features" else self.recipe.training
        assert section is not None and section.batch_size == self.batch
        return section.epochs * -(-self.num_samples // self.batch)

    def clips(self, num: int) -> ClipTensors:
        """So many samples of noise, each a clip."""
        clips, recipe = examples.random_clips(num, self.shape), self.recipe
        frames = recipe.features is not None or recipe.training.sample == "frame"
        return replace(clips, lengths=(1,) * num) if frames else clips


ONE_EPOCH: dict[str, Plain] = {"features.epochs": 1}
NO_SEQUENCE: dict[str, Plain] = {"training.epochs": 1, "training.pad_to": 1}
STAGES = (
    Stage(  # spec: 16,435 flow images of 26 subjects
        title="SHCNN, CASME II", model="shcnn", variant="casme2", batch=100, shape=(112, 112, 3), num_samples=16_435 * 25 // 26,
    ),
    Stage(  # Sec. 2.3: 442 clips, some 25,000 frames
        title="Region CNN+LSTM, MEGC 2019, six CNNs", model="region_cnn_lstm", variant="megc2019", batch=64, shape=(220, 220, 4),
        num_samples=25_000 * 67 // 68, counted="features", settings=NO_SEQUENCE,
    ),
    Stage(
        title="Region CNN+LSTM, MEGC 2019, six LSTMs", model="region_cnn_lstm", variant="megc2019", batch=244, shape=(220, 220, 4),
        num_samples=442 * 67 // 68, settings=ONE_EPOCH, launches_s=500 * TIME_STEP_S,
    ),
    Stage(  # Sec. III-D: 50 copies of each of some 256 clips
        title="STRCN-A, CASME II", model="strcn_a", variant="casme2", batch=20, shape=(30, 64, 48, 3), num_samples=12_800 * 25 // 26,
    ),
    Stage(
        title="STRCN-G, CASME II", model="strcn_g", variant="casme2", batch=20, shape=(300, 245, 2), num_samples=12_800 * 25 // 26,
    ),
    Stage(title="STANet, CASME II", model="stanet", variant="casme2", batch=4, shape=(19, 192, 192, 2), num_samples=246 * 25 // 26),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Plan:
    num_steps: int
    batch: int | None
    """Where not the paper's: time and work are scaled up to it."""
    stages: tuple[Stage, ...] = STAGES


PLANS: dict[Size, Plan] = {
    "full": Plan(num_steps=3, batch=None),
    "quick": Plan(num_steps=1, batch=None),
    "tiny": Plan(num_steps=1, batch=2, stages=STAGES[:2]),
}


def run(size: Size) -> list[Row]:
    with processes(1, WORKER_ENVIRONMENT) as pool:
        return pool.submit(rows, PLANS[size]).result()


def rows(plan: Plan) -> list[Row]:
    """A row for each stage."""
    return [_row(stage, plan) for stage in plan.stages]


def _row(stage: Stage, plan: Plan) -> Row:
    recipe = with_settings(stage.recipe, {"training.num_evals": 1, **stage.settings})
    clips, device = stage.clips(plan.batch or stage.batch), "cuda" if torch.cuda.is_available() else "cpu"
    scale = stage.batch / len(clips.clips)
    step_s, flops = scale * _step_s(recipe, stage.counted, clips, plan.num_steps, device), scale * _flops(recipe, stage.counted, clips)
    (took, unit), where = _readable(stage.num_steps * step_s), "the GPU" if device == "cuda" else "one CPU core"
    what = f"{stage.title}: a fold on {where}, {stage.num_steps:,} steps of {1000 * step_s:.3g} ms and {flops / 1e9:.3g} GFLOP"
    (estimate, its_unit) = _readable(stage.num_steps * max(flops / FLOPS_PER_S, stage.launches_s))
    return Row(what=what, ours=took, unit=unit, limit="" if device == "cuda" else f"{estimate:.2g} {its_unit}: {LIMIT}")


def _train(recipe: Recipe, clips: ClipTensors, epochs: Mapping[str, Plain], device: str) -> None:
    train(with_settings(recipe, dict(epochs)), examples.training_folds(1, len(clips.clips)), clips, seed=0, device=device)


def _step_s(recipe: Recipe, counted: str, clips: ClipTensors, num_steps: int, device: str) -> float:
    """An epoch is one batch, and steps are a difference of epochs, so that building the network does not count."""
    steps = {number: partial(_train, recipe, clips, {f"{counted}.epochs": number}, device) for number in (1, 1 + num_steps)}
    steps[1]()  # warm-up: kernels are chosen at their first call
    return (seconds(steps[1 + num_steps]) - seconds(steps[1])) / num_steps


def _flops(recipe: Recipe, counted: str, clips: ClipTensors) -> float:
    """Of one step, forward and backward; recurrent layers are not counted by PyTorch."""
    found = []
    for number in (1, 2):
        with FlopCounterMode(display=False) as counter:
            _train(recipe, clips, {f"{counted}.epochs": number}, "cpu")
        found.append(counter.get_total_flops())
    return float(found[1] - found[0])


def _readable(time_s: float) -> tuple[float, str]:
    for unit, length in (("days", DAY_S), ("h", HOUR_S), ("min", MINUTE_S)):
        if time_s >= length:
            return time_s / length, unit
    return time_s, "s"
