import numpy as np
import pytest
from scipy import signal

from preprocessing.steps.temporal_filter import LowPass, Units, band_pass, low_pass


def images(num_frames: int) -> np.ndarray:
    return np.random.default_rng(0).random((num_frames, 3, 4))


def filtered(lowpass: LowPass, stack: np.ndarray) -> np.ndarray:
    """scipy's filter, its state such that the first output is the first image and the input was constant before."""
    b, a = [lowpass.now, lowpass.before], [1, -lowpass.keep]
    state = (1 - lowpass.now) * stack[:1]
    return signal.lfilter(b, a, stack, axis=0, zi=state)[0]


@pytest.mark.parametrize(("units", "low", "high"), [("coef", 0.05, 0.4), ("hz", 1.0, 5.0), ("butterworth", 1.0, 5.0)])
def test_the_band_is_a_difference_of_two_filters(units: Units, low: float, high: float) -> None:
    fast, slow = (low_pass(cutoff, units=units, fps=200, clamp=True) for cutoff in (high, low))
    band = np.stack(list(band_pass(images(30), fast, slow)))
    np.testing.assert_allclose(band, filtered(fast, images(30)) - filtered(slow, images(30)), atol=1e-12)
    assert not band[0].any() and band[1:].any()


def test_input_images_are_left_alone() -> None:
    stack = images(5)
    fast, slow = LowPass(0.4, 0, 0.6), LowPass(0.05, 0, 0.95)
    assert len(list(band_pass(stack, fast, slow))) == 5 and np.array_equal(stack, images(5))


@pytest.mark.parametrize("cutoff", [0.5, 5.0, 40.0])
def test_butterworth_is_scipys_and_halves_power_at_its_cutoff(cutoff: float) -> None:
    lowpass = low_pass(cutoff, units="butterworth", fps=200, clamp=True)
    numerator, denominator = signal.butter(1, cutoff, fs=200)
    assert np.allclose([*lowpass], [*numerator, -denominator[1]], rtol=1e-12)
    _, gain = signal.freqz([lowpass.now, lowpass.before], [1, -lowpass.keep], worN=[cutoff], fs=200)
    assert abs(gain[0]) == pytest.approx(np.sqrt(0.5))


def test_hertz_are_a_resistor_and_a_capacitor() -> None:
    assert low_pass(0.05, units="hz", fps=200, clamp=True).now == pytest.approx(0.0016, abs=5e-5)
    assert low_pass(0.4, units="hz", fps=200, clamp=True).now == pytest.approx(0.0125, abs=5e-5)


def test_coefficients_above_one_are_clamped_unless_told() -> None:
    assert low_pass(5.0, units="coef", fps=None, clamp=True) == (1, 0, 0)
    assert low_pass(5.0, units="coef", fps=None, clamp=False) == (5, 0, -4)


@pytest.mark.parametrize("units", ["hz", "butterworth"])
@pytest.mark.parametrize(("cutoff", "fps"), [(1.0, None), (30.0, 60.0), (0.0, 60.0)])
def test_hertz_need_a_frame_rate(units: Units, cutoff: float, fps: float | None) -> None:
    with pytest.raises(ValueError, match="half the frame rate, but got"):
        low_pass(cutoff, units=units, fps=fps, clamp=True)


def test_unknown_units_are_refused() -> None:
    with pytest.raises(ValueError, match="but got 'Hz'"):
        low_pass(1.0, units="Hz", fps=60, clamp=True)  # type: ignore[arg-type]
