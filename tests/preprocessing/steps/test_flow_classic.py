"""Classic-L and Classic+NL-fast: true flow of analytic textures, and each piece against a reference or an exact solution."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.ndimage import correlate1d, map_coordinates
from skimage.restoration import denoise_tv_chambolle

from preprocessing.steps import flow_classic, flow_classic_l, flow_classic_median, flow_classic_nl_fast
from preprocessing.steps.flow_classic_images import CENTRAL, DERIVATIVE, derivatives, hermite, pyramid, resized, structure, texture
from preprocessing.steps.flow_classic_system import solve

METHODS = {"classic_l": flow_classic_l.compute, "classic_nl_fast": flow_classic_nl_fast.compute}
Compute = Callable[..., np.ndarray]


def waves(y: np.ndarray, x: np.ndarray, seed: int = 0) -> np.ndarray:
    """A texture that is known at every position: 24 plane waves of 5 to 25 pixels; gray levels."""
    rng = np.random.default_rng(seed)
    angle, phase = rng.uniform(0, 2 * np.pi, (2, 24))
    frequency = 2 * np.pi / rng.uniform(5, 25, 24)
    along = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y
    return 128 + 24 * np.sin(frequency[:, None, None] * along + phase[:, None, None]).sum(0) / np.sqrt(24) * np.sqrt(2)


def images(flow: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two images that the flow (2, H, W) connects without error but that of 8 bits: first(x) = second(x + flow(x))."""
    y, x = np.mgrid[: flow.shape[1], : flow.shape[2]].astype(float)
    first, second = (np.rint(waves(*at, seed)).clip(0, 255).astype(np.uint8) for at in ((y + flow[1], x + flow[0]), (y, x)))
    return first, second


def smooth_flow(height: int, width: int, peak: float) -> np.ndarray:
    """A bell that moves to the lower right over a slow drift to the left, of up to ``peak`` pixels."""
    y, x = np.mgrid[:height, :width]
    bell = np.exp(-((y - 0.55 * height) ** 2 + (x - 0.45 * width) ** 2) / (2 * (0.2 * height) ** 2))
    return peak * np.stack([0.8 * bell - 0.2, 0.6 * bell])


def error(flow: np.ndarray, truth: np.ndarray, where: np.ndarray | slice = slice(None)) -> float:
    """Mean end point error in pixels, four pixels from the border on."""
    inside = np.hypot(*(flow - truth))
    inside[:4] = inside[-4:] = inside[:, :4] = inside[:, -4:] = np.nan
    return float(np.nanmean(inside[where]))


@pytest.mark.parametrize("peak", [0.3, 2.0])
@pytest.mark.parametrize("method", METHODS)
def test_finds_a_smooth_flow(method: str, peak: float) -> None:
    truth = smooth_flow(56, 64, peak)
    first, second = images(truth)
    flow = METHODS[method](first, second)
    assert flow.dtype == np.float32 and flow.shape == (2, 56, 64)
    opencv_tvl1: Any = cv2.optflow.DualTVL1OpticalFlow.create()
    tvl1 = opencv_tvl1.calc(first, second, None).transpose(2, 0, 1)
    assert error(flow, truth) < min(0.35 * error(0 * truth, truth), error(tvl1, truth))


@pytest.mark.parametrize("method", METHODS)
def test_finds_a_translation_beyond_the_finest_level(method: str) -> None:
    truth = np.broadcast_to(np.array([4.6, -3.3])[:, None, None], (2, 64, 64))
    flow = METHODS[method](*images(truth))
    assert error(flow, truth) < 0.05


@pytest.mark.parametrize("method", METHODS)
def test_an_outlier_does_not_spoil_the_rest(method: str) -> None:
    """A patch of noise in the second image: robust penalties suffer less from it than quadratic ones (one stage), and only near it."""
    truth = smooth_flow(64, 64, 1.0)
    first, second = images(truth)
    spoilt = second.copy()
    spoilt[24:40, 36:52] = np.random.default_rng(1).integers(0, 256, (16, 16))
    away = np.ones((64, 64), bool)
    away[20:44, 32:56] = False
    compute = METHODS[method]
    clean, hurt = compute(first, second), compute(first, spoilt)
    damage = error(hurt, truth) - error(clean, truth)
    quadratic = [error(compute(first, image, gnc_stages=1), truth) for image in (second, spoilt)]
    assert error(hurt, truth, away) < error(clean, truth, away) + 0.015
    assert 0 < damage < 0.7 * (quadratic[1] - quadratic[0])


@pytest.mark.parametrize("method", METHODS)
def test_without_texture_nothing_moves(method: str) -> None:
    flat = np.full((32, 40), 90, np.uint8)
    assert not METHODS[method](flat, flat).any() and not METHODS[method](flat, flat + 7).any()
    bars = np.repeat(waves(np.zeros((1, 40)), np.arange(40.0)[None]), 32, axis=0).astype(np.uint8)
    u, v = METHODS[method](bars, np.roll(bars, 1, axis=1))
    assert np.abs(v).max() < 1e-4 and abs(np.median(u) - 1) < 0.1


@pytest.mark.parametrize("method", METHODS)
def test_equal_inputs_give_equal_bytes_and_stay(method: str) -> None:
    first, second = images(smooth_flow(32, 40, 1.0))
    before = first.copy(), second.copy()
    flow = METHODS[method](first, second)
    assert np.array_equal(flow, METHODS[method](first, second)) and flow.flags.c_contiguous
    assert np.array_equal(first, before[0]) and np.array_equal(second, before[1])


@pytest.mark.parametrize("method", METHODS)
def test_what_does_not_fit_is_refused(method: str) -> None:
    image = np.zeros((32, 40), np.uint8)
    for other in (image[:, :32], image.astype(np.float32), np.zeros((32, 40, 3), np.uint8)):
        with pytest.raises(ValueError, match=f"Flow by {method} must get two uint8 images of one shape"):
            METHODS[method](image, other)
    with pytest.raises(ValueError, match="sides of at least 16, but got uint8 \\(15, 40\\)"):
        METHODS[method](image[:15], image[:15])
    with pytest.raises(ValueError, match=f"An option must be one that {method} has, but got 'num_warp'"):
        METHODS[method](image, image, num_warp=3)
    with pytest.raises(ValueError, match="A warp must be 'cubic' or 'bicubic', but got 'linear'"):
        METHODS[method](image, image, warp="linear")
    with pytest.raises(ValueError, match="must be over 3 or 5 pixels, but got 4"):
        METHODS[method](image, image, median_size=4)
    with pytest.raises(ValueError, match="must be at least 1 .* num_warps=0"):
        METHODS[method](image, image, num_warps=0)


def test_colour_guides_the_weighted_median() -> None:
    """Gray as R = G = B gives the same data term; a colour edge that gray does not see changes the votes."""
    y, x = np.mgrid[:40, :40]
    truth = np.stack([np.where(x < 20, 1.0, -1.0), 0.0 * x])
    first, second = images(truth)
    plain = np.stack([first] * 3, axis=2), np.stack([second] * 3, axis=2)
    coloured = plain[0].astype(int) + np.where(x < 20, 1, -1)[..., None] * np.array([40, -20, -2])  # 0.299 R + 0.587 G + 0.114 B stays
    gray_flow = flow_classic_nl_fast.compute(*plain)
    colour_flow = flow_classic_nl_fast.compute(np.clip(coloured, 0, 255).astype(np.uint8), plain[1])
    assert error(gray_flow, truth) < 0.2 and error(colour_flow, truth) < error(gray_flow, truth)


# Pieces


def test_structure_of_a_step_is_exact() -> None:
    """Rudin-Osher-Fatemi on a step: each plateau of n columns moves by theta / n towards the other one."""
    step = np.repeat(np.where(np.arange(16) < 6, 0.0, 1.0)[None], 12, axis=0)
    expected = np.where(step == 0, 0.125 / 6, 1 - 0.125 / 10)
    assert np.abs(structure(step, 1 / 8, 2000) - expected).max() < 1e-3


def test_structure_is_the_reference_minimiser() -> None:
    rng = np.random.default_rng(3)
    image = waves(*np.mgrid[:40, :48]) / 128 - 1 + 0.1 * rng.standard_normal((40, 48))

    def energy(u: np.ndarray) -> float:
        gradient = np.zeros((2, *u.shape))
        gradient[0, :, :-1], gradient[1, :-1] = np.diff(u, axis=1), np.diff(u, axis=0)
        return float(np.hypot(*gradient).sum() + ((u - image) ** 2).sum() / (2 * 0.125))

    reference = denoise_tv_chambolle(image, weight=0.125, eps=1e-9, max_num_iter=3000)
    ours = structure(image, 1 / 8, 100)
    assert energy(ours) < 0.9 * energy(image) and energy(ours) < 1.01 * energy(reference)
    assert np.abs(structure(image, 1 / 8, 2000) - reference).max() < 0.01


def test_texture_is_stretched_over_both_images() -> None:
    pair = np.stack(images(smooth_flow(32, 40, 1.0))).astype(float)
    found = texture(pair, theta=1 / 8, iterations=100, share=0.95)
    assert found.min() == 0 and found.max() == 255 and found[0].max() != found[1].max()
    assert np.array_equal(texture(2 * pair + 5, theta=1 / 8, iterations=100, share=0.95).round(6), found.round(6))
    shaded = pair + np.linspace(0, 60, 40)  # light that falls off: the texture hardly sees it
    assert np.corrcoef(texture(shaded, theta=1 / 8, iterations=100, share=0.95).ravel(), found.ravel())[0, 1] > 0.95


def test_derivatives_are_exact_up_to_degree_four() -> None:
    y, x = np.mgrid[:20, :24].astype(float)
    image = 0.01 * x**4 - 0.02 * y**4 + 0.3 * x * y**2 - x + 2 * y
    truth = np.stack([0.04 * x**3 + 0.3 * y**2 - 1, -0.08 * y**3 + 0.6 * x * y + 2])
    for warp in ("cubic", "bicubic"):
        change, *gradient = derivatives(image, image, np.zeros((2, 20, 24)), warp=warp, blend=0.5)
        assert np.abs(change).max() == 0
        assert np.allclose(np.stack(gradient)[:, 2:-2, 2:-2], truth[:, 2:-2, 2:-2])


def test_blend_is_the_second_images_share() -> None:
    y, x = np.mgrid[:20, :20].astype(float)
    _, i_x, i_y = derivatives(3 * x, 7 * x + y, np.zeros((2, 20, 20)), warp="cubic", blend=0.25)
    assert np.allclose(i_x[2:-2, 2:-2], 0.25 * 7 + 0.75 * 3) and np.allclose(i_y[2:-2, 2:-2], 0.25)


def test_what_leaves_the_image_has_no_data() -> None:
    image = waves(*np.mgrid[:20, :20].astype(float))
    flow = np.zeros((2, 20, 20))
    flow[0] = 2.5
    for warp in ("cubic", "bicubic"):
        fields = derivatives(image, image, flow, warp=warp, blend=0.5)
        assert not fields[:, :, 17:].any() and (np.abs(fields[:, :, :17]).sum(0) > 0).all()


def test_warps_follow_the_flow_to_a_subpixel() -> None:
    truth = smooth_flow(48, 48, 1.5)
    y, x = np.mgrid[:48, :48].astype(float)
    first, second = waves(y + truth[1], x + truth[0]), waves(y, x)
    linear = np.abs(map_coordinates(second, [y + truth[1], x + truth[0]], order=1) - first)[4:-4, 4:-4].mean()
    for warp in ("cubic", "bicubic"):
        assert np.abs(derivatives(first, second, truth, warp=warp, blend=0.5)[0])[4:-4, 4:-4].mean() < 0.4 * linear


def test_central_slopes_make_keys_kernel() -> None:
    def kernel(t: float) -> float:
        t = abs(t)
        return 1.5 * t**3 - 2.5 * t**2 + 1 if t < 1 else -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0

    rng = np.random.default_rng(5)
    image = rng.uniform(0, 255, (12, 14))
    y, x = rng.uniform(2, 9, (6, 5)), rng.uniform(2, 11, (6, 5))
    near = np.vectorize(kernel)(y[..., None] - np.arange(12)), np.vectorize(kernel)(x[..., None] - np.arange(14))
    expected = np.einsum("abi,abj,ij->ab", *near, image)
    assert np.allclose(hermite(image[None], y, x, CENTRAL, orders=((0, 0),))[0, 0], expected)


def test_five_point_slopes_reproduce_cubics_and_their_derivatives() -> None:
    def cubic(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return x**3 - 2 * y**3 + x * y**2 - 3 * x * y + 4

    rng = np.random.default_rng(6)
    y, x = rng.uniform(3, 8, (2, 7, 7))
    grid = cubic(*np.mgrid[:12, :12].astype(float))
    value, by_x, by_y = hermite(grid[None], y, x, DERIVATIVE, orders=((0, 0), (0, 1), (1, 0)))[:, 0]
    assert (
        np.allclose(value, cubic(y, x)) and np.allclose(by_x, 3 * x**2 + y**2 - 3 * y) and np.allclose(by_y, -6 * y**2 + 2 * x * y - 3 * x)
    )


def test_pyramid_halves_and_keeps_constants() -> None:
    levels = pyramid(np.full((50, 33, 3), 7.0), 2.0, 3)
    assert [level.shape for level in levels] == [(50, 33, 3), (25, 17, 3), (13, 9, 3)] and all(np.allclose(level, 7) for level in levels)
    assert pyramid(np.zeros((50, 33, 5)), 1.25, 2)[1].shape == (40, 27, 5)
    weights = np.exp(-(np.arange(-2, 3) ** 2) / 2)
    image = waves(*np.mgrid[:32, :32].astype(float))
    smooth = correlate1d(
        correlate1d(image, weights / weights.sum(), axis=0, mode="reflect"), weights / weights.sum(), axis=1, mode="reflect"
    )
    assert np.allclose(pyramid(image[..., None], 2.0, 2)[1].squeeze(), smooth.reshape(16, 2, 16, 2).mean((1, 3)))


def test_pyramid_levels_of_the_papers_size() -> None:
    schedule = flow_classic.Schedule()
    assert schedule.levels(0, 300, 245) == (2.0, 4) and schedule.levels(1, 300, 245) == (1.25, 2)
    assert [schedule.levels(0, side, 400)[1] for side in (16, 31, 32, 64)] == [1, 1, 2, 3]


def test_resized_flow_is_the_same_motion() -> None:
    assert np.allclose(resized(np.ones((2, 10, 20)), 30, 10), np.array([0.5, 3.0])[:, None, None])


def test_penalties() -> None:
    x, h = np.linspace(-4, 4, 81)[:, None], 1e-6
    for weight, rho in (
        (flow_classic_l.lorentzian(1.5), lambda x: np.log(1 + x**2 / (2 * 1.5**2))),
        (flow_classic_nl_fast.charbonnier(0.45, 1e-3), lambda x: (x**2 + 1e-6) ** 0.45),
    ):
        assert np.allclose(x * weight(x), (rho(x + h) - rho(x - h)) / (2 * h), atol=1e-6)


def test_the_system_minimises_its_energy() -> None:
    """Against dense least squares: sum data (change + gradient . step)^2 + sum weight (difference of flow + step)^2."""
    rng = np.random.default_rng(7)
    height, width = 7, 9
    data, change = rng.uniform(0.1, 2, (height, width)), rng.standard_normal((height, width))
    gradient, flow = rng.standard_normal((2, 2, height, width))
    across, down = 10 ** rng.uniform(-2, 2, (2, height, width - 1)), 10 ** rng.uniform(-2, 2, (2, height - 1, width))

    def residual(step: np.ndarray) -> np.ndarray:
        moved = flow + step.reshape(2, height, width)
        fit = np.sqrt(data) * (change + (gradient * (moved - flow)).sum(0))
        bends = [np.sqrt(weight) * np.diff(moved, axis=axis) for weight, axis in ((across, 2), (down, 1))]
        return np.concatenate([part.ravel() for part in (fit, *bends)])

    start = residual(np.zeros(2 * height * width))
    columns = np.stack([residual(unit) - start for unit in np.eye(2 * height * width)], axis=1)
    expected = np.linalg.lstsq(columns, -start, rcond=None)[0].reshape(2, height, width)
    assert np.abs(solve(data, gradient, change, flow, across, down) - expected).max() < 1e-5 * np.abs(expected).max()


def test_median_is_numpys() -> None:
    flow = np.random.default_rng(8).standard_normal((2, 9, 11))
    padded = np.pad(flow, ((0, 0), (2, 2), (2, 2)), mode="symmetric")
    expected = [[[np.median(padded[k, i : i + 5, j : j + 5]) for j in range(11)] for i in range(9)] for k in range(2)]
    assert np.abs(flow_classic.median(flow, 5) - expected).max() < 1e-6


def slow_weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value with the least weighted sum of distances to all of them; the smaller one of two."""
    costs = [(float((weights * np.abs(values - value)).sum()), float(value)) for value in values]
    return min(costs)[1]


def test_weighted_median_is_the_slow_one() -> None:
    rng = np.random.default_rng(9)
    values, weights = rng.standard_normal((50, 31)), rng.uniform(0, 1, (50, 31)) ** 4
    found = flow_classic_median.weighted_median(values, weights)
    assert np.array_equal(found, [slow_weighted_median(*row) for row in zip(values, weights, strict=True)])
    assert np.array_equal(flow_classic_median.weighted_median(values, np.ones((50, 31))), np.median(values, axis=1))


def test_weighted_median_filter_is_the_slow_one() -> None:
    rng = np.random.default_rng(10)
    flow, guide, log_visibility = rng.standard_normal((2, 10, 12)), rng.uniform(0, 30, (10, 12, 3)), -rng.exponential(2, (10, 12))
    where = rng.uniform(size=(10, 12)) < 0.4
    found = flow_classic_median.weighted_median_filter(flow, where, guide, log_visibility, radius=3, sigma_x=2.0, sigma_i=7.0)
    rows, columns = (np.pad(np.arange(size), 3, mode="symmetric") for size in (10, 12))
    expected = []
    for i, j in zip(*np.nonzero(where), strict=True):
        near = [(rows[i + a], columns[j + b], a - 3, b - 3) for a in range(7) for b in range(7)]
        weights = [
            np.exp(-(a * a + b * b) / 8 - ((guide[m, n] - guide[i, j]) ** 2).mean() / 98 + log_visibility[m, n]) for m, n, a, b in near
        ]
        expected.append([slow_weighted_median(np.array([part[m, n] for m, n, *_ in near]), np.array(weights)) for part in flow])
    assert np.array_equal(found, np.transpose(expected))
    vanishing = flow_classic_median.weighted_median_filter(flow, where, guide, log_visibility - 1e5, radius=3, sigma_x=2.0, sigma_i=7.0)
    assert np.array_equal(found, vanishing)


def test_edges_and_visibility() -> None:
    y, x = np.mgrid[:40, :40].astype(float)
    closing = np.stack([np.where(x < 20, 1.0, -1.0), 0 * x])  # both sides run into each other: what is between is covered
    assert flow_classic_median.near_edges(closing)[:, 17:23].all() and not flow_classic_median.near_edges(closing)[:, [14, 26]].any()
    assert not flow_classic_median.near_edges(np.ones((2, 40, 40))).any()
    image = waves(y, x)
    seen = [flow_classic_median.visibility(image, image, flow, sigma_divergence=0.3, sigma_intensity=1e9) for flow in (closing, -closing)]
    assert np.allclose(seen[0][:, 19:21], -1 / (2 * 0.3**2)) and np.allclose(seen[0][:, :18], 0) and np.allclose(seen[1], 0)
    changed = flow_classic_median.visibility(image, image + 20, np.zeros((2, 40, 40)), sigma_divergence=0.3, sigma_intensity=20.0)
    assert np.allclose(changed, -0.5)
