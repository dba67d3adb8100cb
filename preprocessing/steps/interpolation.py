"""Temporal interpolation: a clip of n frames becomes one of T frames, first and last frame kept.

Linear   STANet (T = 20) and STRCN (T = 30): positions evenly spaced, each a blend of its two neighbours.
TIM      The temporal interpolation model, Zhou, Zhao, Pietikainen, "Towards a practical lipreading system", CVPR 2011: frames
         lie on the curve f_k(t) = sin(pi k t + pi (n - k) / 2n), k = 1 .. n-1, which embeds a path graph; frame i is at t = i/n.
Frames are (n, ...): images, or pixels chosen from them. Fewer than n positions are sampled as they are, without smoothing in time first.
"""

import numpy as np

_BLOCK = 1 << 11  # pixels converted to float64 at once


def linear(frames: np.ndarray, num_frames: int, *, rounded: bool = False) -> np.ndarray:
    """(n, ...) -> float32 (T, ...) at positions linspace(0, n - 1, T), uint8 if ``rounded``. One frame is repeated; T = 1 is the first."""
    _check(frames, num_frames, rounded)
    positions = np.linspace(0, len(frames) - 1, num_frames)
    before = np.floor(positions).astype(np.int64)
    after = np.minimum(before + 1, len(frames) - 1)
    out = np.empty((num_frames, *frames.shape[1:]), dtype=np.float32)
    for t, share in enumerate(positions - before):
        out[t] = (1 - share) * frames[before[t]].astype(np.float64) + share * frames[after[t]].astype(np.float64)
    return _round(out) if rounded else out


def tim(frames: np.ndarray, num_frames: int, *, rounded: bool = False) -> np.ndarray:
    """(n, ...) -> float32 (T, ...) on TIM's curve, or uint8 if ``rounded``. Between frames the curve may leave their range of values.

    The paper subtracts the mean frame, projects onto the n - 1 singular vectors, finds the transform W that takes the projections to the
    curve and synthesises by its inverse. For linearly independent frames the singular values cancel: what remains is the mean plus each
    frame weighted by the curve's basis (a cosine transform). In this form it holds for dependent frames too, where the paper's W does
    not exist; a constant clip stays constant.
    """
    _check(frames, num_frames, rounded)
    weights = _tim_weights(len(frames), num_frames)
    pixels = frames.reshape(len(frames), -1)
    out = np.empty((num_frames, pixels.shape[1]), dtype=np.float32)
    for start in range(0, pixels.shape[1], _BLOCK):
        block = slice(start, start + _BLOCK)
        # einsum, not BLAS, whose sums may depend on the number of threads
        out[:, block] = np.einsum("tn,np->tp", weights, pixels[:, block].astype(np.float64))
    out = out.reshape(num_frames, *frames.shape[1:])
    return _round(out) if rounded else out


def _tim_weights(num_given: int, num_wanted: int) -> np.ndarray:
    """How much of each given frame is in each wanted one: float64 (T, n), rows sum to 1."""
    k = np.arange(1, num_given)
    shift = np.pi * (num_given - k) / (2 * num_given)
    given = np.arange(1, num_given + 1)[:, None] / num_given  # t = 1/n .. 1
    wanted = np.linspace(1 / num_given, 1, num_wanted)[:, None]
    curve_given, curve_wanted = np.sin(np.pi * k * given + shift), np.sin(np.pi * k * wanted + shift)  # (n, n-1), (T, n-1)
    # The columns of curve_given are orthogonal, of squared norm n / 2.
    return (1 + 2 * np.einsum("tk,nk->tn", curve_wanted, curve_given)) / num_given


def _round(frames: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(frames), 0, 255).astype(np.uint8)


def _check(frames: np.ndarray, num_frames: int, rounded: bool) -> None:
    if len(frames) < 1 or num_frames < 1:
        raise ValueError(
            f"Interpolation must have at least one frame to start from and one to make, but got {len(frames)} and {num_frames}. "
            "Check the clip's onset and offset."
        )
    if rounded and frames.dtype != np.uint8:
        raise ValueError(f"Only uint8 frames can be rounded to uint8 again, but got {frames.dtype}. Leave 'rounded' out.")
