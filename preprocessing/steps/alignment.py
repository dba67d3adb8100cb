"""Alignment: a clip's frames warped so that the landmarks of its first frame come to lie on a model face.

Source: STRCN Sec. III-A (local weighted mean); similarity, affine and piecewise affine are the usual alternatives. One warp is fitted on
the first frame and applied to all, so that landmark jitter cannot pass for motion. It is fitted backwards, from the model face's pixels to
the image's. The local methods stretch cheeks and forehead, where no landmarks are, if a face smiles and the model face does not.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from preprocessing.steps import landmark_model, local_weighted_mean, procrustes
from preprocessing.steps.crop import DELTA
from preprocessing.steps.piecewise_affine import PiecewiseAffine
from preprocessing.steps.resampling import Map, positions_of, warp

Method = Literal["local_weighted_mean", "piecewise_affine", "affine", "similarity"]


@dataclass(frozen=True, kw_only=True)
class Warp:
    """A fitted alignment."""

    source: Map
    """Output positions (2, ...) -> input positions (2, ...), (x, y) in pixels."""

    def coordinates(self, size: tuple[int, int]) -> np.ndarray:
        """(2, H, W): where in the input each pixel of an output of ``size`` (height, width) lies."""
        return self.source(positions_of(size))

    def apply(self, frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Frames (T, h, w) or (T, h, w, 3), uint8 or float32 -> (T, H, W[, 3]); see ``resampling.warp``."""
        return warp(frames, self.source, size)


def fit(source: np.ndarray, target: np.ndarray, *, method: Method, num_neighbours: int = local_weighted_mean.NUM_NEIGHBOURS) -> Warp:
    """The warp that brings (K, 2) landmarks of the input, ``source``, to ``target`` in the output, both in pixels.

    Piecewise affine brings them there exactly, local weighted mean nearly (``num_neighbours`` is its n), the others as nearly as they can.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 2 or len(source) < 3:
        raise ValueError(
            f"Landmarks must come in pairs, (K, 2) of at least 3, but got {source.shape} and {target.shape}. Pass both faces' 68."
        )
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise ValueError("Landmarks must be finite, but some are not. Find them again.")
    if method == "local_weighted_mean":
        return Warp(source=local_weighted_mean.fit(target, source, num_neighbours))
    if method == "piecewise_affine":
        return Warp(source=PiecewiseAffine(target, source))
    if method == "affine":
        return Warp(source=procrustes.matrix_map(procrustes.affine(target, source)))
    if method == "similarity":
        return Warp(source=procrustes.matrix_map(procrustes.similarity(target, source)))
    raise ValueError(f"An alignment must be one of {', '.join(get_args(Method))}, but got '{method}'. Choose one of them.")


def model_face(shapes: np.ndarray | None = None) -> np.ndarray:
    """(68, 2) model face in eye distances, eyes at (-.5, 0) and (.5, 0): the mean of (N, 68, 2) landmarks, one shape per training subject.

    Without any, the mean face that the landmark model carries: the same for every fold, so that shards are built once and nothing leaks.
    """
    return procrustes.upright(landmark_model.mean_face()) if shapes is None else procrustes.mean_shape(shapes)


def place(face: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A model face in the pixels of an image of ``size`` (height, width): where the crop of Eq. (1), vector form, would have it."""
    height, width = size
    d = min(height / DELTA[2], width / DELTA[3])
    eye_line = height / 2 + (DELTA[1] - DELTA[2] / 2) * d
    return face * d + [width / 2 - 0.5, eye_line - 0.5]
