"""MDMO: the main direction's mean flow in each of 36 regions of a face.

Paper: Liu, Zhang, Yan, Wang, Zhao, Fu, "A main directional mean optical flow feature for spontaneous micro-expression recognition",
IEEE Trans. Affective Computing 7(4), 2016: 36 regions between facial landmarks, eight directions, the mean of the vectors in the fullest
one, the mean of that over frames, lengths divided by the largest; 36 lengths and 36 angles.
The paper's landmarks are not dlib's. The regions follow a public partition for dlib's 68 (github.com/machanic/AU_R-CNN, config.py,
regions 1 to 36: forehead 6, temples and eyes 8, cheeks 6, beside the nose 4, beside the mouth 4, below it 4, chin 4), made symmetric
here; foreheads end a quarter of the eye distance above the brows (there: 20 pixels). ``steadied`` subtracts the affine motion of the head
from the flow, where the paper warps frames. T frames, H x W pixels.
"""

from typing import Literal

import cv2
import numpy as np

from preprocessing.steps.flow_blocks import direction_bins, polar
from preprocessing.steps.landmarks import eyes

NUM_REGIONS = 36
LIFT = 0.25
"""How far ``^`` lifts a landmark, in eye distances."""
STEADY = (27, 28, 29, 30, 36, 39, 42, 45)
"""Landmarks that move with the head alone: the nose's ridge and the corners of the eyes."""
_LEFT = (
    "17^ 19^ 19 17", "19^ 21^ 21 19", "21^ 27^^ 27 21",  # forehead
    "0 17 36 1", "17 19 37 36", "19 21 39 38 37", "21 27 28 39",  # temple and eye
    "2 2~41 3~29 3", "2~41 41 39 3~29", "39 28 29 3~29",  # cheek
    "3 3~29 4~33 4", "3~29 29 33 4~33",  # beside the nose
    "4 4~33 5~59 5", "4~33 33 59 5~59",  # beside the mouth
    "5~59 59 58 6~58", "6~58 58 57 8~57",  # below the mouth
    "5 5~59 6~58 6", "6 6~58 8~57 8",  # chin
)  # fmt: skip
"""Polygons of the half at the image's left; a~b is the middle of two landmarks."""
_SUBPIXEL = 4
Form = Literal["polar", "cartesian"]


def region_labels(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(68, 2) landmarks -> int64 (H, W): each pixel's region, 0 to 35, the left half of the face first; -1 outside of all.

    On a border the later region has the pixel. Parts beyond the image are cut off, and a region may have no pixel at all.
    """
    labels = np.full(size, -1, np.int32)
    for number, polygon in enumerate(polygons(points)):
        cv2.fillPoly(labels, [np.rint(polygon * 2**_SUBPIXEL).astype(np.int32)], number, shift=_SUBPIXEL)
    return labels.astype(np.int64)


def polygons(points: np.ndarray) -> list[np.ndarray]:
    """The regions' corners in pixels, (K, 2) each."""
    up = np.array([0.0, -LIFT * np.linalg.norm(np.subtract(*eyes(points)))])
    return [
        np.stack([_corner(name, half, up) for name in corners.split()]) for half in (points, points[list(_MIRROR)]) for corners in _LEFT
    ]


def steadied(flow: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Flow (T, 2, H, W) without the affine motion that fits the steady landmarks of (68, 2) best, frame by frame."""
    height, width = flow.shape[-2:]
    at = points[list(STEADY)]
    x, y = (np.rint(at[:, axis]).astype(int).clip(0, side - 1) for axis, side in ((0, width), (1, height)))
    places = np.stack([x, y, np.ones_like(x)], axis=1).astype(np.float64)
    motion = np.linalg.pinv(places) @ flow[:, :, y, x].astype(np.float64).transpose(0, 2, 1)  # (T, 3, 2)
    grid = np.stack([*np.mgrid[:height, :width][::-1], np.ones((height, width))])
    return np.asarray(flow - np.einsum("tpc,phw->tchw", motion, grid), dtype=flow.dtype)


def atoms(flow: np.ndarray, labels: np.ndarray, *, bins: int) -> np.ndarray:
    """Flow (T, 2, H, W) and region labels (H, W) -> float64 (T, 36, 2): the mean vector of each region's fullest direction bin.

    Of equally full bins the first; vectors of length 0 have no direction. A region without motion is 0.
    """
    magnitude, angle = polar(flow)
    inside = (labels >= 0) & (magnitude > 0)
    frame = np.broadcast_to(np.arange(len(flow))[:, None, None], inside.shape)
    index = ((frame * NUM_REGIONS + labels) * bins + direction_bins(angle, bins))[inside]
    shape = (len(flow), NUM_REGIONS, bins)
    counts, u, v = (
        np.bincount(index, weights, minlength=np.prod(shape)).reshape(shape) for weights in (None, *(flow[:, c][inside] for c in (0, 1)))
    )
    main = counts.argmax(axis=-1)[..., None]
    sums = np.concatenate([np.take_along_axis(part, main, axis=-1) for part in (u, v)], axis=-1)
    return np.asarray(sums / np.maximum(np.take_along_axis(counts, main, axis=-1), 1))


def mdmo(per_frame: np.ndarray, *, form: Form, balance: float) -> np.ndarray:
    """Atoms (T, 36, 2) -> float32 (72): lengths of the mean atoms, the largest 1, times ``balance``, then angles times 1 - ``balance``.

    Angles are in (-pi, pi]; ``cartesian`` gives u and v instead, which have no jump there. Without any motion all are 0.
    """
    if form not in ("polar", "cartesian"):
        raise ValueError(f"MDMO's form must be polar or cartesian, but got '{form}'. Pass --option form=polar.")
    if not 0 <= balance <= 1:
        raise ValueError(f"MDMO's balance must lie in [0, 1], but got {balance}. Pass --option balance=0.5.")
    mean = per_frame.mean(axis=0)
    mean = mean / (np.hypot(*mean.T).max() or 1.0) + 0.0
    first, second = (np.hypot(*mean.T), np.arctan2(mean[:, 1], mean[:, 0])) if form == "polar" else mean.T
    return np.concatenate([balance * first, (1 - balance) * second]).astype(np.float32)


def clip_atoms(per_frame: np.ndarray) -> np.ndarray:
    """Atoms (T, 36, 2) -> float32 (T, 72): what sparse MDMO codes, u of all regions, then v; the clip's longest vector is 1."""
    largest = np.hypot(per_frame[..., 0], per_frame[..., 1]).max() or 1.0
    return np.asarray(per_frame.transpose(0, 2, 1) / largest, dtype=np.float32).reshape(len(per_frame), -1)


def _corner(name: str, half: np.ndarray, up: np.ndarray) -> np.ndarray:
    numbers = [int(number) for number in name.rstrip("^").split("~")]
    return np.asarray(half[numbers].mean(axis=0) + name.count("^") * up)


_MIRROR = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
)  # fmt: skip
"""Where each of the 68 landmarks lies in the mirror image of a face."""
