"""MDMO against loops over pixels, its regions on the mean face and on photographs, and flows whose feature is known."""

import math

import numpy as np
import pytest

from preprocessing.steps import alignment
from preprocessing.steps.mdmo import NUM_REGIONS, atoms, clip_atoms, mdmo, polygons, region_labels, steadied
from tests.preprocessing.steps.photographs import NAMES, face, photograph

SIZE = (220, 180)
POINTS = alignment.place(alignment.model_face(), SIZE)
HALF = NUM_REGIONS // 2


def literal_atoms(flow: np.ndarray, labels: np.ndarray, bins: int) -> np.ndarray:
    result = np.zeros((len(flow), NUM_REGIONS, 2))
    for t in range(len(flow)):
        for region in range(NUM_REGIONS):
            directions: list[list[np.ndarray]] = [[] for _ in range(bins)]
            for y, x in np.argwhere(labels == region):
                u, v = flow[t, :, y, x]
                if u or v:
                    directions[int((math.atan2(v, u) % (2 * math.pi)) / (2 * math.pi) * bins)].append(flow[t, :, y, x])
            main = max(directions, key=len)
            if main:
                result[t, region] = np.mean(main, axis=0)
    return result


def test_there_are_36_regions_that_tile_the_face() -> None:
    labels = region_labels(POINTS, SIZE)
    counts = np.bincount(labels[labels >= 0], minlength=NUM_REGIONS)
    assert labels.shape == SIZE and len(counts) == NUM_REGIONS and counts.min() > 300
    assert (labels >= 0).mean() > 0.8  # the mouth, the eyes and the corners are outside


@pytest.mark.parametrize("name", NAMES)
def test_every_region_lies_on_a_real_face(name: str) -> None:
    labels = region_labels(face(name), photograph(name).shape[:2])
    assert sorted(np.unique(labels)) == list(range(-1, NUM_REGIONS))
    u, v = face(name)[[19, 30, 8]].T
    assert labels[int(v[0]) - 3, int(u[0])] in (0, 1)  # above a brow
    assert labels[int(v[1]), int(u[1]) - 5] == 11 and labels[int(v[1]), int(u[1]) + 5] == 11 + HALF  # beside the tip of the nose
    assert labels[int(v[2]) - 4, int(u[2]) - 2] == 17  # chin


def test_the_right_half_mirrors_the_left() -> None:
    points = POINTS + np.random.default_rng(0).uniform(-2, 2, POINTS.shape)
    mirrored = np.stack([SIZE[1] - 1 - points[:, 0], points[:, 1]], axis=1)
    order = [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31]
    order += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]
    order += [64, 63, 62, 61, 60, 67, 66, 65]
    here, there = polygons(points), polygons(mirrored[order])
    for region in range(HALF):
        assert np.allclose(there[region] * [-1, 1] + [SIZE[1] - 1, 0], here[region + HALF])
        assert here[region][:, 0].mean() < here[region + HALF][:, 0].mean()


def test_parts_beyond_the_image_are_cut_off() -> None:
    labels = region_labels(POINTS + [400, 0], SIZE)
    assert (labels == -1).all()
    assert not atoms(np.ones((1, 2, *SIZE)), labels, bins=8).any()


def test_atoms_are_those_of_the_loop_over_pixels() -> None:
    rng = np.random.default_rng(1)
    flow, labels = rng.standard_normal((3, 2, 30, 30)), rng.integers(-1, NUM_REGIONS, (30, 30))
    flow[1, :, :10], flow[2] = 0, 0
    got = atoms(flow, labels, bins=8)
    assert got.shape == (3, NUM_REGIONS, 2) and np.allclose(got, literal_atoms(flow, labels, 8)) and not got[2].any()


def test_the_main_direction_wins_by_number_not_by_length() -> None:
    labels, flow = np.zeros((1, 5), np.int64), np.zeros((1, 2, 1, 5))
    flow[0, :, 0] = [[0.1, 0.1, 0.1, -9, -9], [0.02, 0.04, 0.06, 1, 1]]
    assert np.allclose(atoms(flow, labels, bins=8)[0, 0], [0.1, 0.04])


def test_the_feature_is_the_mean_over_frames_in_polar_form() -> None:
    per_frame = np.random.default_rng(2).standard_normal((4, NUM_REGIONS, 2))
    got = mdmo(per_frame, form="polar", balance=0.25)
    assert got.dtype == np.float32 and got.shape == (72,)
    means = [(sum(frame[region][0] for frame in per_frame) / 4, sum(frame[region][1] for frame in per_frame) / 4) for region in range(36)]
    longest = max(math.hypot(*mean) for mean in means)
    for region, (u, v) in enumerate(means):
        assert got[region] == pytest.approx(0.25 * math.hypot(u, v) / longest, abs=1e-6)
        assert got[region + 36] == pytest.approx(0.75 * math.atan2(v, u), abs=1e-6)
    cartesian = mdmo(per_frame, form="cartesian", balance=0.5)
    assert np.allclose(cartesian, 0.5 * np.array(means).T.ravel() / longest)


def test_a_face_that_moves_to_the_right_has_length_1_and_angle_0() -> None:
    flow = np.zeros((2, 2, *SIZE), np.float32)
    flow[:, 0] = 0.3
    got = mdmo(atoms(flow, region_labels(POINTS, SIZE), bins=8), form="polar", balance=0.5)
    assert np.allclose(got, [0.5] * 36 + [0.0] * 36)


def test_turning_all_vectors_by_a_bin_turns_the_atoms() -> None:
    rng = np.random.default_rng(3)
    angle, length = (rng.integers(0, 8, (2, 30, 30)) + rng.uniform(0.1, 0.9, (2, 30, 30))) * np.pi / 4, rng.uniform(0.1, 1, (2, 30, 30))
    labels = rng.integers(0, 2, (30, 30)) * 2  # many pixels, so that no two bins tie
    here, turned = (atoms(np.stack([length * np.cos(a), length * np.sin(a)], axis=1), labels, bins=8) for a in (angle, angle + np.pi / 4))
    turn = np.array([[1, -1], [1, 1]]) / math.sqrt(2)
    assert np.allclose(here @ turn.T, turned)


def test_no_motion_is_0() -> None:
    still = atoms(np.zeros((3, 2, *SIZE)), region_labels(POINTS, SIZE), bins=8)
    assert not still.any() and not clip_atoms(still).any()
    assert not mdmo(still, form="polar", balance=0.5).any() and not mdmo(still, form="cartesian", balance=0.5).any()


def test_clip_atoms_keep_frames_and_share_one_scale() -> None:
    per_frame = np.random.default_rng(4).standard_normal((5, NUM_REGIONS, 2))
    got = clip_atoms(per_frame)
    assert got.dtype == np.float32 and got.shape == (5, 72)
    assert np.hypot(got[:, :36], got[:, 36:]).max() == pytest.approx(1)
    assert np.allclose(got[2, [7, 43]] / got[4, [0, 36]], per_frame[2, 7] / per_frame[4, 0], rtol=1e-4)


def test_steadied_takes_the_heads_affine_motion_away() -> None:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float64)
    head = np.stack([np.stack([0.5 + 0.01 * x - 0.02 * y, -0.3 + 0.02 * x + 0.01 * y]), np.zeros((2, *SIZE))])
    mouth = np.zeros_like(head)
    mouth[:, :, 150:, 60:120] = 1
    assert np.allclose(steadied(head + mouth, POINTS), mouth, atol=1e-9)
    assert steadied(head.astype(np.float32), POINTS + 1000).dtype == np.float32  # landmarks beyond the border take its flow


@pytest.mark.parametrize("wrong", [{"form": "round"}, {"balance": 1.5}])
def test_unknown_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="but got"):
        mdmo(np.ones((1, 36, 2)), **{"form": "polar", "balance": 0.5, **wrong})  # type: ignore[arg-type]
