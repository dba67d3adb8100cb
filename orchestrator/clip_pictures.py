"""Clip pictures: the face and the flow of a prepared clip at the moments that its tensor tells of."""

from typing import Any

import numpy as np

from orchestrator.annotated import Pictures, moments
from orchestrator.clip_input import Prepared
from orchestrator.clip_source import nearest_frames
from orchestrator.prediction import Version, seen
from preprocessing.description import FRAMES, constants_of
from preprocessing.face_frames import face_frames
from preprocessing.steps import flow

SIDE = 168
"""Pixels of a face whose own pipeline names no size."""


def pictures(version: Version, made: Prepared, batch: np.ndarray, num_images: int) -> Pictures:
    """Of the ``num_images`` that the network sees: frames, and the flow of the tensor or, where it holds none, TV-L1 from the onset."""
    drawn = moments(num_images)
    own = _own_flow(version, batch)
    flows = own[drawn] if own is not None and len(own) == num_images else None
    if version.preprocessing["reads"] != FRAMES:
        return Pictures(moments=drawn, frames=None, flow=flows, flow_name="flow", is_seen=True)
    frames = _faces(version, made)
    at = nearest_frames(len(frames), num_images)[drawn]
    numbers = [frame.number for frame in made.clip.frames]
    if num_images == 1 and made.clip.apex in numbers:
        at = np.array([numbers.index(made.clip.apex)])
    if flows is not None:
        return Pictures(moments=drawn, frames=_cropped(frames[at], _share(version, batch)), flow=flows, flow_name="flow", is_seen=True)
    gray = np.round(frames @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    shown = np.stack([flow.compute(gray[0], gray[t], method="tvl1") for t in at])
    is_seen = "faces" in constants_of(version.preprocessing)
    return Pictures(moments=drawn, frames=frames[at], flow=shown, flow_name="flow from onset\n(for display)", is_seen=is_seen)


def _faces(version: Version, made: Prepared) -> np.ndarray:
    """RGB uint8 (frames, H, W, 3), cut as the pipeline cuts them."""
    constants = {"faces": "crop", **constants_of(version.preprocessing)}
    height, width = int(constants.get("face_height", SIDE)), int(constants.get("face_width", SIDE))
    return face_frames(made.clip, constants, made.context, height=height, width=width, colour=True)


def _own_flow(version: Version, batch: np.ndarray) -> np.ndarray | None:
    """(T, 2, H, W) of the tensor's channels u and v, as the network sees them; codes of an image about their median."""
    channels: list[Any] = version.preprocessing["channels"]
    if not {"u", "v"} <= set(channels) or batch.ndim < 4:
        return None
    images = seen(version, batch)
    uv = images.reshape(-1, *images.shape[-3:])[:, [channels.index("u"), channels.index("v")]]
    if version.preprocessing["tensor"]["dtype"] == "uint8":
        uv = uv - np.median(uv, axis=(2, 3), keepdims=True)
    return uv


def _share(version: Version, batch: np.ndarray) -> float:
    """Of the image's side that the network sees."""
    crop = version.settings.get("augmentation.crop")
    return 1.0 if crop is None else int(str(crop)) / batch.shape[-1]


def _cropped(frames: np.ndarray, share: float) -> np.ndarray:
    """The centre of the frames (T, H, W, 3)."""
    height, width = (round(side * (1 - share) / 2) for side in frames.shape[1:3])
    return frames[:, height : frames.shape[1] - height, width : frames.shape[2] - width]
