"""From JPEG frames to flow shards: SHCNN's pipeline on a synthesized CASME II, cropped faces of 280x340, by ``preprocessing.build``.

Against what a student would write: the published script's calls (colour image, gray, 120x120, OpenCV's TV-L1, HSV, centre of 112x112) in
one process, and in a pool of as many processes as ours. Every number is per pair of frames. Both sides read the same files.
"""

import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measure import NUM_WORKERS, PLAIN_ENVIRONMENT, Row, Size, faster, interleave, overhead, processes, seconds
from benchmarks.sessions import local_ray, synthesized
from orchestrator.cluster import WORKER_ENVIRONMENT
from preprocessing.clip import Clip
from preprocessing.corpora import casme2
from preprocessing.steps import flow_tvl1
from preprocessing.steps.decode import read_frames
from preprocessing.steps.resampling import resized

LIMIT = "the kernel: division and square root of the dual update; then decoding, 0.4-0.8 ms a frame"
SIDE = 120


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is built."""

    rounds: int
    subjects: int
    clips_per_subject: int
    max_frames: int
    peer_pairs: int
    """Pairs that the slow peer does."""


PLANS: dict[Size, Plan] = {
    "full": Plan(rounds=2, subjects=16, clips_per_subject=6, max_frames=80, peer_pairs=48),
    "quick": Plan(rounds=1, subjects=8, clips_per_subject=2, max_frames=60, peer_pairs=24),
    "tiny": Plan(rounds=1, subjects=2, clips_per_subject=1, max_frames=3, peer_pairs=2),
}


def run(size: Size) -> list[Row]:
    plan = PLANS[size]
    with tempfile.TemporaryDirectory(prefix="losotune-bench-", ignore_cleanup_errors=True) as folder:
        about = {"subjects": plan.subjects, "clips_per_subject": plan.clips_per_subject, "max_frames": plan.max_frames}
        root = synthesized("casme2", Path(folder) / "corpus", images="cropped", **about)
        clips = casme2.read(root, images="cropped")
        num_pairs = sum(len(clip.frames) - 1 for clip in clips)
        with local_ray(), processes(1, WORKER_ENVIRONMENT) as alone, processes(NUM_WORKERS, PLAIN_ENVIRONMENT) as pool:
            few = _first_pairs(clips, plan.peer_pairs)
            took = interleave(
                {
                    "ours": lambda: _build(root, Path(folder), NUM_WORKERS) / num_pairs,
                    "one": lambda: _build(root, Path(folder), 1) / num_pairs,
                    "parts": lambda: alone.submit(_decode_and_flow, clips).result() / num_pairs,
                    "script": lambda: pool.submit(_script, few).result() / len(few),
                    "pool": lambda: seconds(lambda: list(pool.map(_script, (few[::2], few[1::2])))) / len(few),
                },
                plan.rounds,
            )
    ms = {name: 1000 * value for name, value in took.items()}
    what = f"JPEG frames to flow shards, {NUM_WORKERS} workers"
    return [
        faster(what, ms["ours"], "the published script's calls", ms["script"], goal=20, limit=LIMIT),
        faster(what, ms["ours"], f"the same calls in {NUM_WORKERS} processes", ms["pool"], limit=LIMIT),
        overhead(f"{what}, whole", ms["ours"], "decode and flow alone, shared out", ms["parts"] / NUM_WORKERS, goal=1.25, unit="ms"),
        faster(f"{what}: scaling over cores", ms["ours"], "1 worker", ms["one"], goal=0.9 * NUM_WORKERS, limit="cores"),
    ]


def _build(root: Path, folder: Path, num_workers: int) -> float:
    """Wall time of a build from nothing on a Ray that is up."""
    from preprocessing.build import build

    home = folder / uuid.uuid4().hex
    return seconds(
        lambda: build(
            "casme2", root=root, home=home, pipeline="shcnn", options={"images": "cropped"}, num_workers=num_workers, progress=False
        )
    )


def _decode_and_flow(clips: Sequence[Clip]) -> float:
    """The bare work on one core: read, resize, flow; no Ray, no shards."""
    cv2.setNumThreads(1)
    flow_tvl1.compute(np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint8))  # the kernel is loaded

    def work() -> None:
        for clip in clips:
            frames = resized(read_frames(clip, colour=False), (SIDE, SIDE))
            for frame in frames[1:]:
                flow_tvl1.compute(frames[0], frame)

    return seconds(work)


def _first_pairs(clips: Sequence[Clip], num_pairs: int) -> list[tuple[str, str]]:
    pairs = [(str(clip.frames[0].path), str(frame.path)) for clip in clips for frame in clip.frames[1:]]
    return pairs[:: max(1, len(pairs) // num_pairs)][:num_pairs]


def _script(pairs: Sequence[tuple[str, str]]) -> float:
    """What the published script does for each pair, without writing its image."""
    cv2.setNumThreads(1)

    def gray(path: str) -> np.ndarray:
        return cv2.resize(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2GRAY), (SIDE, SIDE))

    def work() -> None:
        for first, second in pairs:
            flow = cv2.optflow.DualTVL1OpticalFlow.create().calc(gray(first), gray(second), None)
            magnitude, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1])
            hsv = np.full((SIDE, SIDE, 3), 255, np.uint8)
            hsv[..., 0] = angle * 180 / np.pi / 2
            hsv[..., 2] = cv2.normalize(magnitude, None, 0, 255, cv2.NORM_MINMAX)
            cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[4:116, 4:116].copy()

    return seconds(work)
