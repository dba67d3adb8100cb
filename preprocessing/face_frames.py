"""Face frames: a clip's frames cut to the face as a pipeline's constants say, kept so that pipelines share them."""

from typing import Any

import numpy as np

from preprocessing.clip import Clip
from preprocessing.pipeline import Context, Options, text
from preprocessing.steps.faces import faces


def face_frames(clip: Clip, constants: Options, context: Context, *, height: int, width: int, colour: bool = False) -> np.ndarray:
    """uint8 gray (T, H, W) or RGB (T, H, W, 3), by the constant ``faces``."""
    how: dict[str, Any] = {"cut": text(constants, "faces"), "height": height, "width": width, "colour": colour}
    return context.kept((faces,), how, lambda: faces(clip, **how))
