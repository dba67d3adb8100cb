import time

import numpy as np
import pytest

from preprocessing.clip import Clip
from preprocessing.corpora import synthetic
from preprocessing.steps.synthetic_flow import IDENTITY_PX, NOISE_PX, render, time_course

SIGNAL = dict(synthetic.OPTIONS)
IDENTITY = SIGNAL | {"signal": False, "identity": True}
NOISE = SIGNAL | {"signal": False}


def features(clips: list[Clip], options: dict) -> np.ndarray:
    """Mean flow over time, blurred to 8x8: what a simple classifier sees."""
    flow = np.stack([render(options, clip.key, clip.emotion, 8, 32).mean(0) for clip in clips])
    return flow.reshape(len(clips), 2, 8, 4, 8, 4).mean((3, 5)).reshape(len(clips), -1)


def nearest_mean_uar(clips: list[Clip], options: dict, *, leak: bool) -> float:
    """Nearest neighbour by correlation, leaving out the clip's subject (honest) or only the clip (leak): unweighted average recall."""
    x = features(clips, options)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    similarity = x @ x.T
    subjects = np.array([clip.subject for clip in clips])
    similarity[np.eye(len(clips), dtype=bool) if leak else subjects[:, None] == subjects[None, :]] = -np.inf
    labels = np.array([clip.emotion for clip in clips])
    right = labels[similarity.argmax(1)] == labels
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def test_a_clip_is_drawn_equally_every_time_and_differs_from_others() -> None:
    first = render(SIGNAL, "synthetic/s01/positive_01", "positive", 8, 32)
    assert first.shape == (8, 2, 32, 32) and first.dtype == np.float32 and np.isfinite(first).all()
    assert np.array_equal(first, render(dict(SIGNAL), "synthetic/s01/positive_01", "positive", 8, 32))
    assert not np.array_equal(first, render(SIGNAL, "synthetic/s01/positive_02", "positive", 8, 32))
    assert not np.array_equal(first, render(SIGNAL | {"seed": 1}, "synthetic/s01/positive_01", "positive", 8, 32))


def test_motion_is_a_bell_over_time() -> None:
    course = time_course(SIGNAL, "a/b/c", 64)
    apex = int(course.argmax())
    assert 0.2 < apex / 64 < 0.85 and (np.diff(course[: apex + 1]) > 0).all() and (np.diff(course[apex:]) < 0).all()


def test_motion_reads_the_class_on_unseen_subjects() -> None:
    assert nearest_mean_uar(synthetic.read(None), SIGNAL, leak=False) > 0.75


def test_identity_reads_the_class_only_where_the_subject_leaks() -> None:
    clips = synthetic.read(None)
    honest = [nearest_mean_uar(clips, IDENTITY | {"seed": seed}, leak=False) for seed in range(6)]
    assert abs(np.mean(honest) - 1 / 3) < 0.06 and max(honest) < 0.5
    assert min(nearest_mean_uar(clips, IDENTITY | {"seed": seed}, leak=True) for seed in range(2)) > 0.8


def test_identity_has_no_part_common_to_a_class() -> None:
    """Over many subjects, textures of one class are as unlike as textures of different classes."""
    x = {
        emotion: np.stack([render(IDENTITY, f"c/p{i}/{emotion}", emotion, 1, 32)[0].ravel() for i in range(200)])
        for emotion in ("negative", "positive", "surprise")
    }
    common = {emotion: float(np.sqrt(np.mean(fields.mean(0) ** 2))) for emotion, fields in x.items()}
    assert all(size < 3 * IDENTITY_PX / np.sqrt(200) for size in common.values())


def test_without_signal_and_identity_there_is_only_noise() -> None:
    flow = render(NOISE, "synthetic/s01/positive_01", "positive", 32, 32)
    assert abs(flow.std() / NOISE_PX - 1) < 0.02 and np.abs(flow.mean(0)).max() < 6 * NOISE_PX / np.sqrt(32)


def test_rendering_is_fast() -> None:
    render(IDENTITY, "a/b/c", "positive", 8, 32)
    times = []
    for i in range(20):
        start = time.perf_counter()
        render(SIGNAL | {"identity": True}, f"a/b/{i}", "positive", 8, 32)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.002


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="but got 'bored'"):
        render(SIGNAL, "a/b/c", "bored", 8, 32)
