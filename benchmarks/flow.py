"""TV-L1 flow by our own kernel against OpenCV's, on synthetic faces that move by 0.8 pixels: speed, threads, and agreement."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

import cv2
import numpy as np

from benchmarks.measure import Row, Size, bound, faster, interleave, processes, seconds
from orchestrator.cluster import WORKER_ENVIRONMENT
from preprocessing.steps import flow_opencv, flow_tvl1
from preprocessing.synthesis import clips
from preprocessing.synthesis.camera import Camera
from preprocessing.synthesis.faces import identity

PEAK_PX = 0.8
ROUNDING = 1e-7
CHANCE = 2.0
"""Both gaps are draws: the mean difference of the two over the pairs may be so many of its standard errors above 0."""
LIMIT = "square roots and divisions of the dual step: 2 and 1 for each pixel and iteration, about half of the time with AVX-512"
Compute = Callable[[np.ndarray, np.ndarray], np.ndarray]
Scene = tuple[np.ndarray, np.ndarray, np.ndarray]
"""First and second image (H, W), flow (2, H, W)."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is computed."""

    rounds: int
    sizes: tuple[tuple[int, int], ...]
    """(height, width); accuracy is measured at the first one."""
    num_pairs: int
    """For accuracy."""


SIZES = ((112, 112), (192, 192), (340, 280))
PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=7, sizes=SIZES, num_pairs=24),
    "quick": Plan(rounds=3, sizes=SIZES, num_pairs=12),
    "tiny": Plan(rounds=1, sizes=((40, 48),), num_pairs=1),
}


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    with processes(1, WORKER_ENVIRONMENT) as pool:
        return pool.submit(_rows, plan).result()


def _rows(plan: Plan) -> list[Row]:
    cv2.setNumThreads(1)
    flow_tvl1.compute(*scene(*plan.sizes[0], 0)[:2])  # compiles
    rows = [_speed(plan, height, width) for height, width in plan.sizes]
    return [*rows, _threads(plan), *_agreement(plan)]


def scene(height: int, width: int, seed: int) -> Scene:
    """An invented face at rest and at its apex, and the true flow between them."""
    camera = Camera(width=width, height=height, face_width=round(0.8 * width), colour=False)
    person = identity("benchmark", f"s{seed:02d}")
    clip = clips.make_clip(person, "smile", "happiness", num_frames=2, apex=1, amplitude_px=PEAK_PX / camera.scale)
    first, second = clips.render(clip, camera)
    return first, second, clips.true_flow(clip, camera, 1)


def _speed(plan: Plan, height: int, width: int) -> Row:
    first, second, _ = scene(height, width, 0)
    took = interleave(
        {"ours": lambda: _per_call(flow_tvl1.compute, first, second, 10), "theirs": lambda: _per_call(flow_opencv.tvl1, first, second, 1)},
        plan.rounds,
    )
    what = f"TV-L1 {width}x{height}, one thread, a pair"
    return faster(what, 1000 * took["ours"], "OpenCV", 1000 * took["theirs"], goal=8.0, limit=LIMIT)


def _per_call(compute: Compute, first: np.ndarray, second: np.ndarray, num_calls: int) -> float:
    return seconds(lambda: [compute(first, second) for _ in range(num_calls)]) / num_calls


def _threads(plan: Plan) -> Row:
    """The kernel holds no interpreter lock."""
    height, width = plan.sizes[0]
    if len(os.sched_getaffinity(0)) < 2:
        return Row(what="the same, two threads", goal=">= 1.8x", limit="one core here")
    first, second, _ = scene(height, width, 0)
    with ThreadPoolExecutor(2) as pool:

        def side_by_side() -> float:
            work = partial(_per_call, flow_tvl1.compute, first, second, 10)
            return seconds(lambda: [done.result() for done in [pool.submit(work) for _ in range(2)]]) / 20

        took = interleave({"two": side_by_side, "one": lambda: _per_call(flow_tvl1.compute, first, second, 10)}, plan.rounds)
    what = f"the same {width}x{height}, two threads, a pair"
    return faster(what, 1000 * took["two"], "one thread", 1000 * took["one"], goal=1.8, limit="the core's clock; Python between scales")


def _agreement(plan: Plan) -> list[Row]:
    """With OpenCV's flow, beside OpenCV's own change under rounding noise of the input; with the truth; and where few roundings decide."""
    scenes = [scene(*plan.sizes[0], seed) for seed in range(plan.num_pairs)]
    ours, theirs = ([compute(a, b) for a, b, _ in scenes] for compute in (flow_tvl1.compute, flow_opencv.tvl1))
    perturbed = [_perturbed(a, b, seed) for seed, (a, b, _) in enumerate(scenes)]
    gaps, own_gaps = _errors(ours, theirs), _errors(perturbed, theirs)
    truth = [flow for _, _, flow in scenes]
    fine = [[compute(a, b, epsilon=1e-3) for a, b, _ in scenes] for compute in (flow_tvl1.compute, flow_opencv.tvl1)]
    return [
        bound(
            f"distance to OpenCV's flow, {plan.num_pairs} pairs",
            fmean(gaps),
            "px",
            at_most=fmean(own_gaps) + CHANCE * _standard_error(gaps, own_gaps),
            peer="OpenCV's to itself, input noise 1e-7",
            against=fmean(own_gaps),
            limit="when a warp ends is decided by rounding",
        ),
        bound("the same at epsilon 0.001", fmean(_errors(*fine)), "px", at_most=1e-3, limit="rounding decides when a warp ends"),
        bound(
            "endpoint error over OpenCV's",
            fmean(_errors(ours, truth)) / fmean(_errors(theirs, truth)),
            "",
            at_most=1.02,
            limit="the same algorithm",
        ),
    ]


def _errors(flows: list[np.ndarray], others: list[np.ndarray]) -> list[float]:
    """Mean distance of each pair, pixels."""
    return [float(np.hypot(*(flow - other)).mean()) for flow, other in zip(flows, others, strict=True)]


def _standard_error(some: list[float], others: list[float]) -> float:
    """Of the mean difference; 0 for a single pair."""
    differences = np.subtract(some, others)
    return float(differences.std(ddof=1) / np.sqrt(len(differences))) if len(differences) > 1 else 0.0


def _perturbed(first: np.ndarray, second: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noisy = [(image / 255 * (1 + ROUNDING * rng.uniform(-1, 1, image.shape))).astype(np.float32) for image in (first, second)]
    opencv_tvl1: Any = cv2.optflow.DualTVL1OpticalFlow.create()
    flow: np.ndarray = opencv_tvl1.calc(*noisy, None).transpose(2, 0, 1)
    return flow
