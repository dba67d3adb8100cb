"""Faces: a clip's frames cut to the face, before anything is measured on them: decode, landmarks of the onset frame, crop or alignment.

One warp for all frames of a clip, so that no jitter of landmarks passes for motion. Shapes: T frames, H x W pixels of the result.
"""

from typing import cast

import numpy as np

from preprocessing.clip import Clip
from preprocessing.steps import alignment, crop
from preprocessing.steps.decode import read_frames
from preprocessing.steps.landmarks import landmarks
from preprocessing.steps.resampling import resized

CUTS = ("none", "crop", "crop_literal", "similarity", "affine", "piecewise_affine", "local_weighted_mean")


def faces(clip: Clip, *, cut: str, height: int, width: int, colour: bool) -> np.ndarray:
    """uint8 (T, H, W) or RGB (T, H, W, 3).

    none          The images as they are, only resized: for corpora that are distributed cropped.
    crop          STRCN Eq. (1), vector form; crop_literal: as printed.
    the others    Aligned to the mean face of the landmark model, placed where Eq. (1) has it; STRCN's is the local weighted mean.
    """
    if cut not in CUTS:
        raise ValueError(f"Faces must be cut by one of {', '.join(CUTS)}, but got '{cut}' for '{clip.key}'. Pass --option faces=crop.")
    frames, size = read_frames(clip, colour=colour), (height, width)
    if cut == "none":
        return resized(frames, size)
    points = landmarks(frames[0], where=clip.key)
    if cut in ("crop", "crop_literal"):
        return crop.crop(frames, crop.rectangle(points, form="vector" if cut == "crop" else "literal"), size=size)
    model = alignment.place(alignment.model_face(), size)
    return alignment.fit(points, model, method=cast(alignment.Method, cut)).apply(frames, size)
