"""Frame subsets: STRCN's augmentation, each training clip magnified by ten factors and thinned to five shares of its frames, 50 copies.

Source: STRCN (Xia et al., IEEE TMM 2020). Order is kept and frame 0 too, because all motion is measured from it.
Testing takes factor 8 and all frames.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

ALPHAS = tuple(range(5, 15))
PERCENTS = (100, 90, 80, 70, 60)


class Copy(NamedTuple):
    """One augmented copy of a clip."""

    alpha: int
    percent: int

    @property
    def suffix(self) -> str:
        """Goes behind the clip's name: ``@a05p90``."""
        return f"@a{self.alpha:02d}p{self.percent:02d}"


def copies(alphas: Sequence[int] = ALPHAS, percents: Sequence[int] = PERCENTS) -> tuple[Copy, ...]:
    """Every copy of a clip, by factor and then by share."""
    return tuple(Copy(alpha, percent) for alpha in alphas for percent in percents)


def kept_frames(num_frames: int, percent: int, *, seed: int, key: str) -> np.ndarray:
    """Sorted indices of the frames that a copy keeps: int64, floor(percent of num_frames) of them, at least one, 0 among them.

    A pure function of its arguments: copies of a clip that differ in the factor alone keep the same frames. ``key`` is the clip's.
    """
    if num_frames < 1 or not 0 < percent <= 100:
        raise ValueError(f"A frame subset must keep 1-100 % of at least one frame, but got {percent} % of {num_frames} for '{key}'.")
    num_kept = max(num_frames * percent // 100, 1)
    digest = hashlib.sha256(f"losotune-frame-subset:{seed}\n{key}\n{percent}".encode()).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
    others = rng.choice(np.arange(1, num_frames), size=num_kept - 1, replace=False)
    return np.sort(np.append(0, others))
