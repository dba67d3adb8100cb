"""The facial dynamics map against loops over cuboids, and on flows whose map is known."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

from preprocessing.steps.fdm import aligned, fdm, principal_directions

SETTINGS: dict[str, Any] = {"rows": 2, "cols": 3, "segments": 2, "angle": 60.0}


def literal_direction(vectors: list[tuple[float, float]], angle: float) -> tuple[float, float]:
    """Of one cuboid: from the mean of all to the mean of the supporters until they stay the same."""
    supporters, mean = list(range(len(vectors))), (0.0, 0.0)
    for _ in range(50):
        if supporters:
            mean = (sum(vectors[i][0] for i in supporters) / len(supporters), sum(vectors[i][1] for i in supporters) / len(supporters))
        limit = math.cos(math.radians(angle)) * math.hypot(*mean)
        found = [i for i, (u, v) in enumerate(vectors) if u * mean[0] + v * mean[1] >= limit * math.hypot(u, v)]
        if found == supporters:
            break
        supporters = found
    return mean


def literal_map(flow: np.ndarray, rows: int, cols: int, segments: int, angle: float) -> np.ndarray:
    num_frames, _, height, width = flow.shape
    result = np.zeros((segments, 2, rows, cols))
    for s, r, c in np.ndindex(segments, rows, cols):
        vectors = [
            (float(flow[t, 0, y, x]), float(flow[t, 1, y, x]))
            for t in range(s * num_frames // segments, (s + 1) * num_frames // segments)
            for y in range(r * height // rows, (r + 1) * height // rows)
            for x in range(c * width // cols, (c + 1) * width // cols)
        ]
        result[s, :, r, c] = literal_direction(vectors, angle)
    return result


@pytest.mark.parametrize("angle", [10.0, 45.0, 60.0, 90.0, 180.0])
@pytest.mark.parametrize("drift", [0.0, 0.7])
def test_directions_are_those_of_the_loop_over_cuboids(angle: float, drift: float) -> None:
    flow = np.random.default_rng(0).standard_normal((5, 2, 9, 10)) + drift
    settings = {**SETTINGS, "angle": angle}
    assert np.allclose(principal_directions(flow, **settings), literal_map(flow, **settings))


def test_all_vectors_within_reach_give_the_plain_mean() -> None:
    flow = np.random.default_rng(1).standard_normal((1, 2, 6, 6))
    got = principal_directions(flow, rows=1, cols=1, segments=1, angle=180.0)
    assert np.allclose(got.ravel(), flow.mean(axis=(0, 2, 3)))


def test_outliers_do_not_bend_the_principal_direction() -> None:
    flow = np.zeros((1, 2, 4, 4))
    flow[:, 0] = 1
    flow[:, :, 0, :2] = [[[0.0], [-5.0]]]  # two of sixteen jump upwards
    got = principal_directions(flow, rows=1, cols=1, segments=1, angle=45.0)
    assert got.ravel().tolist() == [1, 0] and flow.mean(axis=(0, 2, 3))[1] < -0.6


def test_a_direction_that_nothing_supports_stays() -> None:
    flow = np.zeros((1, 2, 1, 2))
    flow[0, 0] = 0.1
    flow[0, 1] = [[1, -1]]
    assert np.allclose(principal_directions(flow, rows=1, cols=1, segments=1, angle=60.0).ravel(), [0.1, 0])


def test_alignment_takes_away_what_most_vectors_share() -> None:
    rng = np.random.default_rng(2)
    motion = np.zeros((3, 2, 12, 12))
    motion[:, :, 4:8, 4:8] = rng.uniform(1, 2, (3, 2, 4, 4))
    shift = np.array([[0.4, -0.3], [-1.2, 0.0], [0.0, 0.0]])[:, :, None, None]
    assert np.allclose(aligned(motion + shift, cell=0.1), motion)
    for t, frame in enumerate(motion + shift):
        cells = Counter((round(u / 0.1), round(v / 0.1)) for u, v in frame.reshape(2, -1).T.tolist())
        assert cells.most_common(1)[0][0] == tuple(np.rint(shift[t, :, 0, 0] / 0.1).astype(int))


def test_the_map_of_a_region_that_moves_to_the_right() -> None:
    flow = np.full((2, 2, 9, 9), 0.25, np.float32)  # the head drifts
    flow[:, 0, :3, 6:] += 2
    got = fdm(flow, rows=3, cols=3, segments=1, angle=60.0, cell=0.1, unit=False)
    assert got.dtype == np.float32 and got.shape == (18,)
    u, v = got.reshape(2, 3, 3)
    assert u[0, 2] == pytest.approx(2) and np.count_nonzero(u) == 1 and not v.any()
    longer = flow.copy()
    longer[:, 0, :3, 6:] += 5
    one, other = (fdm(each, rows=3, cols=3, segments=1, angle=60.0, cell=0.1, unit=True) for each in (flow, longer))
    assert np.allclose(one, other) and one.max() == pytest.approx(1)


def test_turning_all_vectors_turns_the_map() -> None:
    flow = np.random.default_rng(3).standard_normal((4, 2, 8, 8)) + 0.5
    turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    here, turned = (principal_directions(each, **SETTINGS) for each in (flow, np.einsum("ab,tbhw->tahw", turn, flow)))
    assert np.allclose(np.einsum("ab,sbrc->sarc", turn, here), turned)


@pytest.mark.parametrize("unit", [False, True])
def test_no_motion_is_0(unit: bool) -> None:
    assert not fdm(np.zeros((2, 2, 6, 6)), rows=2, cols=2, segments=1, angle=60.0, cell=0.1, unit=unit).any()


def test_a_cell_without_a_side_is_refused() -> None:
    with pytest.raises(ValueError, match="must have a side, but got 0"):
        aligned(np.zeros((1, 2, 4, 4)), cell=0.0)
