"""Eulerian video magnification: small motion made larger by amplifying a band of temporal frequencies at each spatial scale.

Source: Wu et al., SIGGRAPH 2012, as its Matlab release computes it (amplify_spatial_lpyr_temporal_iir); STRCN magnifies with it.
Differences: 1. all frames come out, where the release drops the last ten; 2. a level's factor is at least 0, where the release lets it
become negative (below alpha = 3.2 at 280 x 230) and so subtracts motion.
The release filters every coefficient of the pyramid in YIQ. Pyramid and colour space are linear, the filter is the same everywhere and the
finest level is thrown away, so that filtering the half-size RGB image and building the pyramid of the outcome gives equal images.
"""

import cv2
import numpy as np

from preprocessing.steps.pyramid import expand, num_levels, reduce, scale_bands
from preprocessing.steps.temporal_filter import Units, band_pass, low_pass

_YIQ_TO_RGB = np.array([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])  # Matlab's ntsc2rgb; rgb2ntsc is its inverse
_WHITE = {np.dtype(np.uint8): 255.0, np.dtype(np.float32): 1.0}


def magnify(
    frames: np.ndarray,
    *,
    alpha: float,
    low: float = 0.05,  # r2 of the release; STRCN Table V
    high: float = 0.4,  # r1
    filter_units: Units = "coef",
    fps: float | None = None,
    clamp: bool = True,
    lambda_c: float = 16.0,
    chroma: float = 0.1,
    exaggeration: float = 2.0,
) -> np.ndarray:
    """Frames (T, H, W) gray or (T, H, W, 3) RGB -> the same shape and type: uint8, or float32 in [0, 1].

    ``alpha``: largest factor. ``low``, ``high``: the band, in ``filter_units`` (see temporal_filter; Hz needs ``fps``). ``lambda_c``: the
    wavelength in pixels below which the factor falls. ``chroma``: share of the change in I and Q that is kept. ``exaggeration``: 2 as the
    release, 1 as the paper's bound. ``clamp=False`` keeps coefficients above 1, which swing or explode between black and white.
    """
    _check(frames, low, high)
    height, width = frames.shape[1:3]
    gains = level_alphas(height, width, alpha=alpha, lambda_c=lambda_c, exaggeration=exaggeration)
    fast, slow = (low_pass(cutoff, units=filter_units, fps=fps, clamp=clamp) for cutoff in (high, low))
    mix = _YIQ_TO_RGB @ np.diag([1, chroma, chroma]) @ np.linalg.inv(_YIQ_TO_RGB)
    dtype = np.float32 if clamp else np.float64

    out = np.empty_like(frames)
    bands = band_pass((reduce(frame.astype(dtype)) for frame in frames), fast, slow)
    for t, band in enumerate(bands):
        change = scale_bands(band, gains[1:])
        change = cv2.transform(change, mix) if frames.ndim == 4 else change
        out[t] = _add(frames[t], expand(change, height, width))
    return out


def level_alphas(height: int, width: int, *, alpha: float, lambda_c: float, exaggeration: float) -> tuple[float, ...]:
    """Factor of each pyramid level, finest first; that of the finest and of the lowest is 0.

    The lowest level stands for the wavelength diagonal / 3, each finer one for half of it; delta is the motion that ``alpha`` magnifies
    without artefacts at ``lambda_c``.
    """
    if alpha < 0 or lambda_c <= 0 or exaggeration <= 0:
        raise ValueError(
            f"Alpha must be at least 0, lambda_c and exaggeration more, but got {alpha}, {lambda_c} and {exaggeration}. "
            "STRCN has alpha 8, lambda_c 16, exaggeration 2."
        )
    levels = num_levels(height, width)
    delta = lambda_c / 8 / (1 + alpha)
    lowest = np.hypot(height, width) / 3
    bounds = [exaggeration * (lowest / 2 ** (levels - level) / (8 * delta) - 1) for level in range(2, levels)]
    return (0.0, *(float(min(alpha, max(0.0, bound))) for bound in bounds), 0.0)


def _add(frame: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The frame with the change, in its own range: as in ntsc2rgb a colour that is too bright keeps its hue, its largest channel white."""
    if not np.isfinite(change).all():
        raise ValueError(
            "A magnified frame must be finite, but got NaN or infinite values. Check the frames; an unclamped filter leaves float64 in "
            "clips of hundreds of frames."
        )
    white = _WHITE[frame.dtype]
    out = np.maximum(frame + change, 0)
    if frame.ndim == 3 and out.max() > white:
        red, green, blue = cv2.split(out)
        out *= (white / cv2.max(cv2.max(red, green), cv2.max(blue, white)))[..., None]
    out = np.minimum(out, white)
    return np.rint(out) if frame.dtype == np.uint8 else out


def _check(frames: np.ndarray, low: float, high: float) -> None:
    if frames.dtype not in _WHITE or frames.ndim not in (3, 4) or (frames.ndim == 4 and frames.shape[3] != 3) or len(frames) == 0:
        raise ValueError(
            f"Frames to magnify must be uint8 or float32, (T, H, W) or (T, H, W, 3), but got {frames.dtype} {frames.shape}. "
            "Convert them first."
        )
    if num_levels(*frames.shape[1:3]) < 3:
        raise ValueError(
            f"Frames to magnify must be at least 10x10, so that a pyramid has a level between its ends, but got {frames.shape[2]}x"
            f"{frames.shape[1]}. Magnify before resizing."
        )
    if not 0 <= low < high:
        raise ValueError(f"The band must have 0 <= low < high, but got low {low} and high {high}. Give the lower cutoff as low.")
