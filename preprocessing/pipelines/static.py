"""Static images of faces: FER2013 and FERPlus, whole, enlarged, cut to their centre, or as SHCNN's ten crops.

Papers: Miao et al. (SHCNN), IEEE Access 2019, Sec. III-B: 48 x 48, ten crops of 42 x 42 (four corners, centre, and their mirror images);
"without augmentation" (Tables 3 and 5) the centre alone. Barsoum et al. (VGG-13), "Training deep networks for facial expression recognition
with crowd-sourced label distribution", ICMI 2016, Sec. 4: 64 x 64; that their code also flattens each image's brightness is left out.
"""

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, Pipeline, count
from preprocessing.pixel_csv import read_pixels
from preprocessing.steps import ten_crop
from preprocessing.steps.decode import read_image
from preprocessing.steps.resampling import resized


def _image(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (1, 48, 48)."""
    if len(clip.frames) != 1:
        raise ValueError(
            f"A static image must be one row of the table, but got {len(clip.frames)} for '{clip.key}'. Run the doctor on its corpus."
        )
    (frame,) = clip.frames
    is_row = frame.path.suffix == ".csv"  # else FERPlus as Microsoft lays it out: a file per image
    return (read_pixels(frame) if is_row else read_image(frame.path, colour=False, where=clip.key))[None]


def _resized(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (1, H, W)."""
    side = count(constants, "size")
    return resized(_image(clip, constants, context), (side, side))


def _centre(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (1, 42, 42)."""
    return ten_crop.centre_crop(_image(clip, constants, context)[0])


def _crops(clip: Clip, constants: Options, context: Context) -> np.ndarray:
    """uint8 (10, 1, 42, 42)."""
    return ten_crop.ten_crop(_image(clip, constants, context)[0])


PIPELINES = (
    Pipeline(name="static_image", constants={}, channels=("gray",), units="8-bit", run=_image),
    Pipeline(name="static_resized", constants={"size": 64}, channels=("gray",), units="8-bit", run=_resized),
    Pipeline(name="centre_crop", constants={}, channels=("gray",), units="8-bit", run=_centre),
    Pipeline(
        name="ten_crop", constants={}, channels=("gray",), units="8-bit; crops in the order of preprocessing/steps/ten_crop.py", run=_crops
    ),
)
