"""Bi-WOOF against the release's loop over blocks, written out, and on flows whose histogram is known."""

import math

import numpy as np
import pytest

from preprocessing.steps.bi_woof import Weight, bi_woof
from preprocessing.steps.strain import strain


def moving(u: float, v: float, side: int = 20) -> np.ndarray:
    return np.stack([np.full((side, side), u), np.full((side, side), v)])


def released(flow: np.ndarray, strain_: np.ndarray, rows: int, cols: int, bins: int) -> np.ndarray:
    """biwoof.m with blocks that tile: angles from -180 degrees, one block after the other."""
    height, width = strain_.shape
    feature: list[float] = []
    for r in range(rows):
        for c in range(cols):
            histogram, weight = [0.0] * bins, 0.0
            for y in range(r * height // rows, (r + 1) * height // rows):
                for x in range(c * width // cols, (c + 1) * width // cols):
                    u, v = float(flow[0, y, x]), float(flow[1, y, x])
                    degrees = math.degrees(math.atan2(v, u))
                    histogram[int((degrees + 180) // (360 / bins)) % bins] += math.hypot(u, v)
                    weight += float(strain_[y, x])
            feature += [value / sum(histogram) * weight for value in histogram[bins // 2 :] + histogram[: bins // 2]]  # from 0 degrees
    return np.array(feature) / math.sqrt(sum(value**2 for value in feature))


@pytest.mark.parametrize(
    ("shape", "rows", "cols", "bins"), [((20, 20), 5, 5, 8), ((28, 28), 5, 5, 8), ((17, 23), 8, 8, 8), ((9, 9), 2, 3, 6)]
)
def test_it_is_the_release(shape: tuple[int, int], rows: int, cols: int, bins: int) -> None:
    rng = np.random.default_rng(0)
    flow, strain_ = rng.standard_normal((2, *shape)), rng.random(shape)
    got = bi_woof(flow, strain_, rows=rows, cols=cols, bins=bins)
    assert got.dtype == np.float32 and got.shape == (rows * cols * bins,)
    assert np.allclose(got, released(flow, strain_, rows, cols, bins), atol=1e-6)


def test_motion_to_the_right_is_in_bin_0() -> None:
    got = bi_woof(moving(1.5, 0), np.ones((20, 20)), rows=5, cols=5, bins=8).reshape(25, 8)
    assert np.allclose(got[:, 0], 1 / 5) and not got[:, 1:].any()


def test_turning_all_vectors_by_a_bin_moves_the_histogram_by_a_bin() -> None:
    rng = np.random.default_rng(1)
    length, angle = rng.random((20, 20)) + 0.1, (rng.integers(0, 8, (20, 20)) + rng.uniform(0.1, 0.9, (20, 20))) * np.pi / 4
    here, turned = (
        bi_woof(length * np.stack([np.cos(a), np.sin(a)]), length, rows=4, cols=4, bins=8).reshape(16, 8)
        for a in (angle, angle + np.pi / 4)
    )
    assert np.allclose(np.roll(here, 1, axis=1), turned, atol=1e-6)


def test_a_common_factor_changes_nothing() -> None:
    flow = np.random.default_rng(2).standard_normal((2, 20, 20))
    one, other = (bi_woof(scale * flow, strain(scale * flow), rows=5, cols=5, bins=8) for scale in (1.0, 30.0))
    assert np.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("local", ["none", "magnitude", "strain"])
@pytest.mark.parametrize("whole", ["none", "magnitude", "strain"])
def test_no_motion_is_0(local: Weight, whole: Weight) -> None:
    still = moving(0, 0)
    assert not bi_woof(still, np.ones((20, 20)), rows=5, cols=5, bins=8, local=local, whole=whole).any()
    half = moving(1, 0)
    half[:, 10:] = 0
    got = bi_woof(half, np.ones((20, 20)), rows=2, cols=1, bins=8, local=local, whole=whole)
    assert np.linalg.norm(got) == pytest.approx(1) and not got[8:].any()


def test_weights_say_what_counts() -> None:
    flow = np.concatenate([moving(3.0, 0, 4), moving(0, 1.0, 4)], axis=2)  # right, three times as fast as down
    strain_ = np.concatenate([np.full((4, 4), 1.0), np.full((4, 4), 2.0)], axis=1)
    one = {"rows": 1, "cols": 1, "bins": 4, "whole": "none"}
    for local, (right, down) in {"none": (1, 1), "magnitude": (3, 1), "strain": (1, 2)}.items():
        got = bi_woof(flow, strain_, local=local, **one)  # type: ignore[arg-type]
        assert got[0] / got[1] == pytest.approx(right / down)
    two = {"rows": 1, "cols": 2, "bins": 4, "local": "none"}
    for whole, (left, right) in {"none": (1, 1), "magnitude": (3, 1), "strain": (1, 2)}.items():
        got = bi_woof(flow, strain_, whole=whole, **two)  # type: ignore[arg-type]
        assert got[0] / got[5] == pytest.approx(left / right)


@pytest.mark.parametrize("wrong", [{"local": "area"}, {"whole": "area"}])
def test_an_unknown_weight_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="none, magnitude, strain, but got 'area'"):
        bi_woof(moving(1, 0), np.ones((20, 20)), rows=1, cols=1, bins=8, **wrong)  # type: ignore[arg-type]
