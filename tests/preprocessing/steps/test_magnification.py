import numpy as np
import pytest

from preprocessing.steps.magnification import level_alphas, magnify
from preprocessing.steps.pyramid import num_levels
from tests.preprocessing.steps.reference_pyramid import build, collapse

YIQ_TO_RGB = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])
LOW, HIGH = 0.05, 0.4


def clip(num_frames: int, *shape: int) -> np.ndarray:
    """Frames that change by a few grey levels in patches of 6 pixels, float32 in [0, 1]."""
    rng = np.random.default_rng(0)
    patches = rng.standard_normal((num_frames, -(-shape[0] // 6), -(-shape[1] // 6), *shape[2:]))
    change = patches.repeat(6, axis=1).repeat(6, axis=2)[:, : shape[0], : shape[1]]
    return (0.5 + 0.3 * (rng.random(shape) - 0.5) + 0.02 * change).astype(np.float32)


def reference(frames: np.ndarray, alpha: float, exaggeration: float = 2.0) -> np.ndarray:
    """The release, coefficient by coefficient in YIQ, its filters' gain of sqrt(2) included, in float64."""
    height, width = frames.shape[1:3]
    levels, root = num_levels(height, width), np.sqrt(2)
    yiq = frames.astype(np.float64) @ np.linalg.inv(YIQ_TO_RGB).T
    fast: list[list[np.ndarray]] = [build(yiq[0, ..., c], levels, root) for c in range(3)]
    slow, out = fast, [frames[0].astype(np.float64)]
    for frame in yiq[1:]:
        bands = [build(frame[..., c], levels, root) for c in range(3)]
        fast = [[(1 - HIGH) * y + HIGH * x for y, x in zip(a, b, strict=True)] for a, b in zip(fast, bands, strict=True)]
        slow = [[(1 - LOW) * y + LOW * x for y, x in zip(a, b, strict=True)] for a, b in zip(slow, bands, strict=True)]
        change = np.empty_like(frame)
        for c in range(3):
            band = [a - b for a, b in zip(fast[c], slow[c], strict=True)]
            wavelength, delta = np.hypot(height, width) / 3, 16 / 8 / (1 + alpha)
            for level in range(levels - 1, -1, -1):
                band[level] *= min(alpha, exaggeration * (wavelength / delta / 8 - 1)) if 0 < level < levels - 1 else 0
                wavelength /= 2
            change[..., c] = collapse(band, root) * (1 if c == 0 else 0.1)
        rgb = np.maximum((frame + change) @ YIQ_TO_RGB.T, 0)  # Matlab's ntsc2rgb: negative is black, too bright is scaled to white
        out.append(rgb / np.maximum(rgb.max(axis=-1, keepdims=True), 1))
    return np.stack(out)


@pytest.mark.parametrize("size", [(45, 37), (40, 48)])
@pytest.mark.parametrize(("alpha", "exaggeration"), [(8.0, 2.0), (14.0, 1.0)])
def test_it_is_the_release(size: tuple[int, int], alpha: float, exaggeration: float) -> None:
    frames = clip(8, *size, 3)
    expected = reference(frames, alpha, exaggeration)
    out = magnify(frames, alpha=alpha, exaggeration=exaggeration)
    assert out.dtype == np.float32 and np.abs(expected - frames).max() > 0.05
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize("offset", [0.4, -0.4])
def test_colours_out_of_range_are_those_of_the_release(offset: float) -> None:
    frames = np.clip(clip(8, 45, 37, 3) + np.float32(offset), 0, 1)
    expected = reference(frames, 14)
    assert 0.005 < np.mean(expected[-1].max(axis=-1) == (offset > 0)) < 0.9
    np.testing.assert_allclose(magnify(frames, alpha=14), expected, atol=1e-5)


def test_grey_levels_are_those_of_the_release() -> None:
    frames = np.rint(255 * clip(8, 45, 37, 3)).astype(np.uint8)
    expected = 255 * reference(frames.astype(np.float64) / 255, 8)
    out = magnify(frames, alpha=8)
    assert out.dtype == np.uint8 and np.abs(out - expected).max() < 0.501
    assert np.array_equal(out[0], frames[0])


def test_gray_is_colour_with_equal_channels() -> None:
    gray = clip(8, 45, 37)
    np.testing.assert_allclose(magnify(np.repeat(gray[..., None], 3, axis=3), alpha=8)[..., 1], magnify(gray, alpha=8), atol=1e-5)


def test_alphas_of_casme2_faces() -> None:
    assert np.round(level_alphas(280, 230, alpha=8, lambda_c=16, exaggeration=2), 2).tolist() == [0, 2.25, 6.49, 8, 8, 8, 0]
    paper = level_alphas(280, 230, alpha=8, lambda_c=16, exaggeration=1)
    assert np.round(paper, 2).tolist() == [0, 1.12, 3.25, 7.49, 8, 8, 0]


@pytest.mark.parametrize("shape", [(30, 40, 3), (30, 40)])
def test_alpha_0_changes_nothing(shape: tuple[int, ...]) -> None:
    frames = np.rint(255 * clip(6, *shape)).astype(np.uint8)
    assert np.array_equal(magnify(frames, alpha=0), frames)


def band_gain(omega: float) -> complex:
    """Transfer function of the difference of the two low-passes at omega radians per frame."""
    z = np.exp(-1j * omega)
    return HIGH / (1 - (1 - HIGH) * z) - LOW / (1 - (1 - LOW) * z)


def amplified(pattern: np.ndarray, alpha: float) -> np.ndarray:
    """The pattern with each band times its level's factor: what the spatial part makes of it."""
    levels = num_levels(*pattern.shape)
    gains = level_alphas(*pattern.shape, alpha=alpha, lambda_c=16, exaggeration=2)
    return collapse([gain * band for gain, band in zip(gains, build(pattern, levels), strict=True)])


@pytest.mark.parametrize("period", [12, 40, 100])
def test_a_brightening_pattern_grows_by_the_filters_gain(period: int) -> None:
    """Amplitude and phase of the steady state: frame times 1 + H(omega) alpha, to 1 % of the change."""
    y, x = np.mgrid[:96, :96]
    pattern = np.cos(2 * np.pi * x / 24) * np.cos(2 * np.pi * y / 32)  # middle levels
    time = np.arange(200 + 4 * period)  # 200 frames later (1 - r2)^t is 4e-5
    frames = (0.5 + 0.01 * np.sin(2 * np.pi * time / period)[:, None, None] * pattern).astype(np.float32)
    out = magnify(frames, alpha=8)[200:]
    carrier = np.exp(-2j * np.pi * time[200:] / period)
    wave = 2j * np.tensordot(carrier, out, axes=1) / len(out)
    change = 0.01 * band_gain(2 * np.pi / period) * amplified(pattern, 8)
    assert np.abs(change).max() > 0.02  # more than twice what was there
    np.testing.assert_allclose(wave - 0.01 * pattern, change, atol=0.01 * np.abs(change).max())


def test_a_frequency_far_below_the_band_is_left_alone() -> None:
    period = 4000
    y, x = np.mgrid[:32, :32]
    pattern = np.cos(2 * np.pi * x / 16) * np.cos(2 * np.pi * y / 16)
    frames = (0.5 + 0.1 * np.sin(2 * np.pi * np.arange(period) / period)[:, None, None] * pattern).astype(np.float32)
    assert abs(band_gain(2 * np.pi / period)) < 0.03 < 0.5 < abs(band_gain(2 * np.pi / 40))
    change = np.abs(magnify(frames, alpha=8) - frames)[200:].max()
    assert change == pytest.approx(0.1 * abs(band_gain(2 * np.pi / period)) * np.abs(amplified(pattern, 8)).max(), rel=0.02)


def test_a_moving_pattern_moves_further() -> None:
    """A grating shifted by up to .1 px: its phase, read from the magnified frames, shifts by 1 + H(omega) alpha times as much."""
    wavelength, period, shift = 32, 40, 0.1
    time, x = np.arange(200 + 2 * period), np.arange(128)
    moved = x - shift * np.sin(2 * np.pi * time / period)[:, None]
    frames = np.repeat((0.5 + 0.2 * np.cos(2 * np.pi * moved / wavelength))[:, None].astype(np.float32), 64, axis=1)
    row = magnify(frames, alpha=8)[200:, 32, 32:96]  # away from the borders; two wavelengths
    phase = np.angle(row @ np.exp(2j * np.pi * x[32:96] / wavelength))
    measured = np.abs(2 * np.exp(-2j * np.pi * time[200:] / period) @ (phase * wavelength / (2 * np.pi)) / len(phase))
    grating = np.repeat(np.sin(2 * np.pi * x / wavelength)[None], 64, axis=0)  # what a small shift adds to the cosine
    spatial = 2 * (amplified(grating, 8)[32, 32:96] @ grating[32, 32:96]) / 64
    expected = shift * abs(1 + band_gain(2 * np.pi / period) * spatial)
    assert expected > 5 * shift
    assert measured == pytest.approx(expected, rel=0.03)  # first order in the shift: 3 % at .15 radians of the wavelength


def test_coefficients_of_one_leave_an_empty_band() -> None:
    frames = np.rint(255 * clip(6, 30, 40)).astype(np.uint8)
    assert np.array_equal(magnify(frames, alpha=8, low=1.0, high=5.0), frames)  # both clamped to 1
    wild = magnify(frames, alpha=8, low=1.0, high=5.0, clamp=False)
    assert not np.array_equal(wild, frames) and {0, 255} <= set(np.unique(wild))


def test_an_unstable_filter_that_overflows_is_an_error() -> None:
    frames = np.rint(255 * clip(700, 12, 12)).astype(np.uint8)
    with pytest.raises(ValueError, match="must be finite"), np.errstate(all="ignore"):
        magnify(frames, alpha=8, low=1.0, high=5.0, clamp=False)


def test_a_lower_cutoff_of_0_compares_with_the_first_frame() -> None:
    frames = clip(3, 30, 40)
    jump = np.concatenate([frames[:1], frames[1:2], frames[1:2]])
    held = magnify(jump, alpha=8, low=0.0, high=1.0)
    np.testing.assert_allclose(held[2], held[1], atol=1e-6)
    assert np.abs(held[2] - jump[2]).max() > 0.05


def test_hertz_depend_on_the_frame_rate() -> None:
    frames = clip(20, 30, 40)
    slow, fast = (magnify(frames, alpha=8, low=1, high=5, filter_units="hz", fps=fps) for fps in (60, 200))
    coefficients = magnify(frames, alpha=8, low=1 - np.exp(-2 * np.pi / 60), high=1 - np.exp(-10 * np.pi / 60))
    np.testing.assert_allclose(slow, coefficients, atol=1e-6)
    assert np.abs(slow - fast).max() > 0.01
    butterworth = magnify(frames, alpha=8, low=1, high=5, filter_units="butterworth", fps=60)
    assert np.abs(butterworth - slow).max() > 0.01


def test_frames_come_out_whatever_their_number() -> None:
    frames = clip(5, 30, 40, 3)
    assert np.array_equal(magnify(frames[:1], alpha=8), frames[:1])
    np.testing.assert_array_equal(magnify(frames, alpha=8)[:3], magnify(frames[:3], alpha=8))  # causal


def test_what_cannot_be_magnified_is_refused() -> None:
    for bad in (np.zeros((3, 30, 40)), np.zeros((30, 40), np.uint8), np.zeros((3, 30, 40, 4), np.uint8), np.zeros((0, 30, 40), np.uint8)):
        with pytest.raises(ValueError, match="Frames to magnify must be uint8 or float32"):
            magnify(bad, alpha=8)
    with pytest.raises(ValueError, match="at least 10x10, .* but got 30x9"):
        magnify(np.zeros((3, 9, 30), np.uint8), alpha=8)
    with pytest.raises(ValueError, match="0 <= low < high, but got low 0.4 and high 0.05"):
        magnify(np.zeros((3, 30, 40), np.uint8), alpha=8, low=0.4, high=0.05)
    with pytest.raises(ValueError, match="Alpha must be at least 0, .* but got -1"):
        magnify(np.zeros((3, 30, 40), np.uint8), alpha=-1)
