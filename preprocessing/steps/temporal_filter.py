"""Temporal filter: a band as the difference of two first-order low-passes, one frame at a time, in memory of a few images.

Source: Wu et al., "Eulerian video magnification", SIGGRAPH 2012, and the filters of its Matlab release: 'iir' is units ``coef``.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import numpy as np

Units = Literal["coef", "hz", "butterworth"]


class LowPass(NamedTuple):
    """y[n] = now x[n] + before x[n-1] + keep y[n-1], and y[0] = x[0]."""

    now: float
    before: float
    keep: float

    def advance(self, state: np.ndarray, image: np.ndarray, previous: np.ndarray) -> None:
        """y[n-1] in ``state`` becomes y[n]."""
        state *= self.keep
        state += self.now * image
        if self.before:
            state += self.before * previous


def low_pass(cutoff: float, *, units: Units, fps: float | None, clamp: bool) -> LowPass:
    """A low-pass by its cutoff.

    coef         The coefficient r itself: y <- (1 - r) y + r x. Above 1 it overshoots, from 2 on it is unstable; ``clamp`` makes it 1.
    hz           r = 1 - exp(-2 pi f / fps).
    butterworth  First order, cutoff in Hz. The Matlab release gives f / fps to a function that expects f / (fps / 2): half of what it says.
    """
    if units == "coef":
        r = min(cutoff, 1.0) if clamp else cutoff
        return LowPass(r, 0.0, 1 - r)
    if units not in ("hz", "butterworth"):
        raise ValueError(f"Filter units must be coef, hz or butterworth, but got '{units}'.")
    if fps is None or not 0 < cutoff < fps / 2:
        raise ValueError(
            f"A cutoff in Hz must lie between 0 and half the frame rate, but got {cutoff} Hz at {fps} frames per second. "
            "Name the clip's frame rate, or give filter coefficients."
        )
    if units == "hz":
        keep = math.exp(-2 * math.pi * cutoff / fps)
        return LowPass(1 - keep, 0.0, keep)
    warped = math.tan(math.pi * cutoff / fps)  # bilinear transform of 1 / (s + 1)
    return LowPass(warped / (1 + warped), warped / (1 + warped), (1 - warped) / (1 + warped))


def band_pass(images: Iterable[np.ndarray], fast: LowPass, slow: LowPass) -> Iterator[np.ndarray]:
    """What ``fast`` lets through and ``slow`` does not, image by image; zero at the first."""
    stream = iter(images)
    previous = next(stream)
    fast_state, slow_state = previous.copy(), previous.copy()
    yield fast_state - slow_state
    for image in stream:
        fast.advance(fast_state, image, previous)
        slow.advance(slow_state, image, previous)
        previous = image
        yield fast_state - slow_state
