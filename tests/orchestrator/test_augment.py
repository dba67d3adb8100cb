"""Augmentation: what happens to images and flow vectors, and that draws belong to a fold alone."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from orchestrator import augment
from orchestrator.augment import Draw
from search_spaces.recipe import Augmentation
from tests.orchestrator.training_examples import ALL_ON

SIDE = 16
FLOW = Augmentation(flow_channels=(0, 1), flow_center=0.5)
NOTHING = Draw(affine=None, factor=None, erase=None, noise_seed=None, mixup=None)


def images(number: int = 6, *, sequence: bool = False, seed: int = 0) -> Tensor:
    """(N, [T,] 3, H, W) in [0, 1): u, v and strain."""
    shape = (number, 2, 3, SIDE, SIDE) if sequence else (number, 3, SIDE, SIDE)
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def affine(rows: list[list[float]], number: int = 1) -> Draw:
    return dataclasses.replace(NOTHING, affine=torch.tensor(rows).expand(number, 2, 3))


def uniform_flow(u: float, v: float, settings: Augmentation) -> Tensor:
    x = torch.full((1, 3, SIDE, SIDE), 0.25, dtype=torch.float64)
    x[:, settings.flow_channels[0]], x[:, settings.flow_channels[1]] = settings.flow_center + u, settings.flow_center + v
    return x


def settings(**changes: Any) -> Augmentation:
    return dataclasses.replace(FLOW, **changes)


def test_off_is_the_identity() -> None:
    x, drawn = images(), augment.draw(FLOW, 6, SIDE, generator())
    assert drawn == NOTHING
    assert augment.apply(x, drawn, FLOW) is x and augment.evaluation_view(x, FLOW) is x
    mixed, goal = augment.apply_noise_and_mixup(x, torch.eye(6), drawn, FLOW)
    assert mixed is x and torch.equal(goal, torch.eye(6))


@pytest.mark.parametrize("sequence", (False, True))
def test_a_flip_mirrors_the_image_and_negates_u_about_its_zero(sequence: bool) -> None:
    x, always = images(sequence=sequence), settings(flip=1.0)
    flipped = augment.apply(x, augment.draw(always, 6, SIDE, generator()), always)
    expected = x.flip(-1).clone()
    expected[..., 0, :, :] = 2 * 0.5 - expected[..., 0, :, :]
    torch.testing.assert_close(flipped, expected, rtol=0, atol=1e-6)


def test_half_of_the_clips_are_flipped() -> None:
    drawn = augment.draw(settings(flip=0.5), 2000, SIDE, generator())
    assert drawn.affine is not None
    assert 0.45 < float((drawn.affine[:, 0, 0] < 0).float().mean()) < 0.55


@pytest.mark.parametrize("channels", ((0, 1), (2, 1)))
def test_a_quarter_turn_turns_images_and_vectors(channels: tuple[int, int]) -> None:
    """Output x looks at input y: the picture turns by 90 degrees, and a vector along x becomes one along y."""
    chosen = settings(flow_channels=channels)
    turn = affine([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
    turned = augment.apply(uniform_flow(0.2, 0.1, chosen), turn, chosen)
    torch.testing.assert_close(turned[0, channels[0]], torch.full((SIDE, SIDE), 0.5 + 0.1, dtype=torch.float64), rtol=0, atol=1e-6)
    torch.testing.assert_close(turned[0, channels[1]], torch.full((SIDE, SIDE), 0.5 - 0.2, dtype=torch.float64), rtol=0, atol=1e-6)
    strain = ({0, 1, 2} - set(channels)).pop()
    picture = images(1)
    torch.testing.assert_close(augment.apply(picture, turn, chosen)[0, strain], picture[0, strain].rot90(1), rtol=0, atol=1e-6)


def test_a_moving_point_moves_the_way_its_turned_vector_says() -> None:
    """A blob at p and at p + d: after any drawn rotation, flip and crop the blobs lie d' apart, d' the turned vector."""
    chosen = settings(flip=0.5, rotation=25.0, crop=12, crop_scales=(0.9, 1.1), flow_center=0.0)
    side, d = 64, (6.0, -4.0)
    axis = torch.arange(side, dtype=torch.float64)

    def blob(x: float, y: float) -> Tensor:
        return torch.exp(-((axis[None] - x) ** 2 + (axis[:, None] - y) ** 2) / 8)

    first, second = blob(30, 34), blob(30 + d[0], 34 + d[1])
    constant = torch.ones(side, side, dtype=torch.float64)
    drawn = augment.draw(dataclasses.replace(chosen, crop=48), 8, side, generator())
    moved = {}
    for name, picture in (("first", first), ("second", second)):
        x = torch.stack([constant * d[0], constant * d[1], picture]).expand(8, 3, side, side)
        moved[name] = augment.apply(x, drawn, chosen)
    for clip in range(8):
        centres = []
        for name in ("first", "second"):
            picture = moved[name][clip, 2]
            centres.append(((picture.sum(0) @ axis) / picture.sum(), (picture.sum(1) @ axis) / picture.sum()))
        measured = [float(b - a) for a, b in zip(*centres, strict=True)]
        vector = moved["first"][clip, :2, side // 2, side // 2].tolist()
        np.testing.assert_allclose(vector, measured, atol=0.05)


def test_a_crop_is_a_crop_resized_and_lengthens_the_vectors() -> None:
    chosen, side, crop = settings(crop=12, flow_channels=(0, 1)), SIDE, 12
    x, drawn = images(20), augment.draw(settings(crop=12), 20, SIDE, generator())
    cropped = augment.apply(x, drawn, chosen)
    corners = {(0, 0), (0, 4), (4, 0), (4, 4), (2, 2)}
    found = set()
    for clip in range(20):
        best = min(corners, key=lambda corner: float((cropped[clip] - by_hand(x[clip], corner, crop)).abs()[:, 1:-1, 1:-1].max()))
        inner = (cropped[clip] - by_hand(x[clip], best, crop)).abs()[:, 1:-1, 1:-1]  # at the border the crop sees beyond itself
        assert float(inner.max()) < 1e-5
        found.add(best)
    assert found == corners
    longer = augment.apply(uniform_flow(0.2, -0.1, chosen).expand(20, -1, -1, -1), drawn, chosen)[:, :2, side // 2, side // 2]
    np.testing.assert_allclose(longer - 0.5, [[0.2 * side / crop, -0.1 * side / crop]] * 20, atol=1e-5)


def by_hand(clip: Tensor, corner: tuple[int, int], crop: int) -> Tensor:
    """An independent crop and bilinear resize; flow about .5 grows with the scale."""
    top, left = corner
    part = F.interpolate(clip[None, :, top : top + crop, left : left + crop], size=(SIDE, SIDE), mode="bilinear", align_corners=False)[0]
    part[:2] = 0.5 + (part[:2] - 0.5) * SIDE / crop
    return part


def test_evaluation_takes_the_centre_crop() -> None:
    x, chosen = images(), settings(crop=12, flip=1.0, rotation=30.0, noise=1.0)
    seen = augment.evaluation_view(x, chosen)
    expected = torch.stack([by_hand(clip, (2, 2), 12) for clip in x])
    torch.testing.assert_close(seen[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1], rtol=0, atol=1e-5)
    assert torch.equal(seen, augment.evaluation_view(x, chosen))


def test_crop_scales_are_drawn_and_never_exceed_the_clip() -> None:
    drawn = augment.draw(settings(crop=15, crop_scales=(0.8, 1.0, 1.2)), 200, SIDE, generator())
    assert drawn.affine is not None
    assert {round(float(scale) * SIDE) for scale in drawn.affine[:, 1, 1]} == {12, 15, 16}


def test_shifts_and_rotations_stay_in_their_limits_and_reach_for_them() -> None:
    drawn = augment.draw(settings(shift=0.1, rotation=20.0), 500, SIDE, generator())
    assert drawn.affine is not None
    shifts, angles = drawn.affine[:, :, 2] / 2, torch.rad2deg(torch.atan2(drawn.affine[:, 1, 0], drawn.affine[:, 0, 0]))
    assert 0.095 < float(shifts.abs().max()) <= 0.1 and 19 < float(angles.abs().max()) <= 20.001


def test_magnitude_scales_flow_about_its_zero_and_strain_about_zero() -> None:
    chosen = settings(magnitude=0.4)
    x, drawn = images(200), augment.draw(chosen, 200, SIDE, generator())
    assert drawn.factor is not None and 0.6 <= float(drawn.factor.min()) < 0.65 and 1.35 < float(drawn.factor.max()) <= 1.4
    factor = drawn.factor.double().view(-1, 1, 1, 1)
    scaled = augment.apply(x, drawn, chosen)
    torch.testing.assert_close(scaled[:, :2] - 0.5, factor * (x[:, :2] - 0.5))
    torch.testing.assert_close(scaled[:, 2:], factor * x[:, 2:])


def test_erasing_sets_a_sixteenth_to_zero_flow() -> None:
    chosen, x = settings(erase=1.0), images(30, sequence=True) + 1  # no value is the zero of its channel
    erased = augment.apply(x, augment.draw(chosen, 30, SIDE, generator()), chosen)
    zero = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64).view(3, 1, 1)
    gone = (erased - zero).abs() < 1e-12
    assert bool((gone == gone[:, :1, :1]).all()), "all frames and channels of a clip lose the same rectangle"
    assert gone[:, 0, 0].sum((1, 2)).tolist() == [(SIDE // 4) ** 2] * 30
    torch.testing.assert_close(erased[~gone], x[~gone])
    assert augment.draw(settings(erase=0.3), 2000, SIDE, generator()).erase[:, 0].mean().sub(0.3).abs() < 0.05  # type: ignore[index]


def test_mixup_mixes_neighbours_and_targets_alike() -> None:
    chosen, x, goal = settings(mixup=0.4), images(), torch.eye(3, dtype=torch.float64).repeat(2, 1)
    drawn = augment.draw(chosen, 6, SIDE, generator())
    mixed, targets = augment.apply_noise_and_mixup(x, goal, drawn, chosen)
    assert drawn.mixup is not None and bool(((drawn.mixup >= 0.5) & (drawn.mixup <= 1)).all())
    torch.testing.assert_close(targets.sum(1), torch.ones(6, dtype=torch.float64))
    for clip in range(6):
        share = float(drawn.mixup[clip])
        torch.testing.assert_close(mixed[clip], share * x[clip] + (1 - share) * x[clip - 1])
        torch.testing.assert_close(targets[clip], share * goal[clip] + (1 - share) * goal[clip - 1])


@pytest.mark.parametrize("concentration", (0.01, 0.4, 5.0))
def test_mixup_shares_are_beta_distributed(concentration: float) -> None:
    from scipy import stats

    share = augment.draw(settings(mixup=concentration), 4000, SIDE, generator()).mixup
    assert share is not None and bool(share.isfinite().all())
    beta = stats.beta(concentration, concentration)
    for quantile in (0.6, 0.8, 0.95):  # of max(share, 1 - share)
        assert float((share <= quantile).float().mean()) == pytest.approx(beta.cdf(quantile) - beta.cdf(1 - quantile), abs=0.03)


def test_noise_has_its_strength_and_belongs_to_the_fold() -> None:
    chosen, x, goal = settings(noise=0.05), images(40), torch.eye(40)
    drawn = augment.draw(chosen, 40, SIDE, generator())
    noisy, _ = augment.apply_noise_and_mixup(x, goal, drawn, chosen)
    again, _ = augment.apply_noise_and_mixup(x, goal, drawn, chosen)
    other, _ = augment.apply_noise_and_mixup(x, goal, augment.draw(chosen, 40, SIDE, generator(1)), chosen)
    assert float((noisy - x).std()) == pytest.approx(0.05, rel=0.02)
    assert torch.equal(noisy, again) and not torch.equal(noisy, other)


def test_a_folds_draw_does_not_depend_on_what_is_beside_it() -> None:
    """Two folds drawn and applied together, each as it would be alone."""
    draws = [augment.draw(ALL_ON, 3, SIDE, generator(seed)) for seed in (1, 2)]
    x = images(6)
    together = augment.apply(x, Draw.together(draws), ALL_ON)
    for row, seed in enumerate((1, 2)):
        part = slice(3 * row, 3 * row + 3)
        alone = augment.apply(x[part], augment.draw(ALL_ON, 3, SIDE, generator(seed)), ALL_ON)
        torch.testing.assert_close(together[part], alone, rtol=0, atol=1e-12)


def test_every_clip_and_every_batch_is_drawn_anew() -> None:
    source = generator()
    first, second = (augment.draw(ALL_ON, 4, SIDE, source) for _ in range(2))
    assert first.affine is not None and second.affine is not None
    rows = torch.cat([first.affine, second.affine]).flatten(1)
    assert len(torch.unique(rows, dim=0)) == 8 and first.noise_seed != second.noise_seed


def test_all_frames_of_a_clip_share_one_draw() -> None:
    frame = images(4)
    sequence = torch.stack([frame, frame], 1)
    changed = augment.apply(sequence, augment.draw(ALL_ON, 4, SIDE, generator()), ALL_ON)
    torch.testing.assert_close(changed[:, 0], changed[:, 1], rtol=0, atol=0)
    assert not math.isclose(float(changed.std()), float(sequence.std()))
