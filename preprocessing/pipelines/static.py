"""Static images of faces: FER2013 and FERPlus, whole or as SHCNN's ten crops.

Paper: Miao et al., IEEE Access 2019, Sec. III-B: 48 x 48, ten crops of 42 x 42 (four corners, centre, and their mirror images).
"""

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, Pipeline
from preprocessing.pixel_csv import read_pixels
from preprocessing.steps import ten_crop


def _image(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (1, 48, 48)."""
    if len(clip.frames) != 1:
        raise ValueError(
            f"A static image must be one row of the table, but got {len(clip.frames)} for '{clip.key}'. Run the doctor on its corpus."
        )
    return read_pixels(clip.frames[0])[None]


def _crops(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (10, 1, 42, 42)."""
    return ten_crop.ten_crop(_image(clip, constants, context)[0])


PIPELINES = (
    Pipeline(name="static_image", constants={}, channels=("gray",), units="8-bit", run=_image),
    Pipeline(
        name="ten_crop", constants={}, channels=("gray",), units="8-bit; crops in the order of preprocessing/steps/ten_crop.py", run=_crops
    ),
)
