"""Six facial regions per frame, for the region CNNs and their LSTMs.

Paper: Aouayeb et al., "A spatiotemporal deep learning solution for automatic micro-expressions recognition from local facial regions",
MLSP 2019, Sec. 2.1; the authors' released ``crop_6_ROIs.py`` where the paper is silent. A clip of n frames gives n mosaics: the pipeline
is ragged.
"""

from typing import cast

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, Pipeline, flag, one_of
from preprocessing.steps import regions
from preprocessing.steps.decode import read_frames
from preprocessing.steps.landmarks import landmarks

MOSAIC = ((0, 0), (0, 100), (80, 0), (80, 120), (160, 160), (160, 0))
"""(top, left) of each region in the 220 x 220 mosaic: two eyes above, nose and one cheek, mouth and the other cheek."""
SIDE = 220


def _run(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (T, C, 220, 220), C of rgba, rgb or gray; what no region covers is 0."""
    enlarge, channels = flag(constants, "enlarge"), one_of(constants, "channels", ("rgba", "rgb", "gray"))
    background = one_of(constants, "background", ("black", "white_transparent"))
    centred = one_of(constants, "boxes", ("fixed", "landmark_centred")) == "landmark_centred"
    frames = read_frames(clip, colour=True)
    points = landmarks(frames[0], where=clip.key)
    placement = regions.place(regions.face_box(points, where=clip.key), enlarge=enlarge)
    canvases = regions.canvas(
        frames, placement, background=cast(regions.Background, background), channels=cast(regions.Channels, channels)
    )  # fmt: skip
    boxes = regions.landmark_boxes(points, placement) if centred else regions.BOXES
    return _mosaic(regions.regions(canvases if canvases.ndim == 4 else canvases[..., None], boxes))


def _mosaic(parts: list[np.ndarray]) -> np.ndarray:
    """Six stacks (T, h, w, C) side by side: (T, C, 220, 220)."""
    num_frames, _, _, channels = parts[0].shape
    mosaic = np.zeros((num_frames, channels, SIDE, SIDE), np.uint8)
    for (top, left), part in zip(MOSAIC, parts, strict=True):
        mosaic[:, :, top : top + part.shape[1], left : left + part.shape[2]] = part.transpose(0, 3, 1, 2)
    return mosaic


PIPELINES = (
    Pipeline(
        name="region",
        constants={
            "boxes": "fixed",  # code; sizes as printed in Sec. 2.1
            "enlarge": True,  # ours: the code never enlarges
            "background": "black",  # Sec. 2.1; code: white_transparent
            "channels": "rgba",  # the parameter count needs four
        },
        channels=("red", "green", "blue", "alpha"),
        units="8-bit; six regions in a 220 x 220 mosaic, see preprocessing/pipelines/region.py",
        run=_run,
    ),
)
