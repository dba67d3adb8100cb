"""Clip input: a clip that somebody brings, checked and run through a version's registered pipeline."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.clip_source import Span, open_source, rate_note
from orchestrator.prediction import Version
from preprocessing import pipelines
from preprocessing.clip import Clip
from preprocessing.description import FRAMES, IMAGE, RENDERED, constants_of
from preprocessing.face_frames import face_frames
from preprocessing.intermediates import Intermediates
from preprocessing.one_face import one_face
from preprocessing.pipeline import Context
from preprocessing.steps import apex
from preprocessing.steps.decode import read_image

BEYOND = 1.5
"""A value is out of the training clips' range where it is so many times as far from 0 as any of theirs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A clip as the pipeline sees it."""

    clip: Clip
    context: Context
    tensor: np.ndarray
    notes: tuple[str, ...]


def prepare(version: Version, path: Path, span: Span, *, fps: float | None, scratch: Path) -> Prepared:
    """Read the clip, check that the version can judge it, and run the pipeline.

    Raises:
        ValueError: it cannot be read, shows no face or several, or is not what the pipeline reads.
    """
    about = version.preprocessing
    pipeline, constants = pipelines.load(about["pipeline"]), constants_of(about)
    _check_reads(version, path)
    source = open_source(path, span, fps=fps, scratch=scratch)
    clip, notes = source.clip, [*source.notes]
    _check_frames(version, clip, path)
    if about["reads"] == FRAMES:
        trained = sorted({rate for found in about["recordings"].values() for rate in found["fps"]})
        notes += [note] if (note := rate_note(clip, trained)) else []
        notes += _face_notes(about, clip, path)
    if pipeline.code(constants) != about["code"]:
        notes.append(f"The code of pipeline '{pipeline.name}' has changed since '{version.label}' was registered: tensors may differ.")
    context = Context(contents=clip.key, intermediates=Intermediates(scratch / "kept"))
    clip = _with_apex(clip, constants, context)
    tensor = pipeline.tensor(clip, constants, context)
    return Prepared(clip=clip, context=context, tensor=tensor, notes=(*notes, *_range_notes(about["tensor"], tensor)))


def _check_reads(version: Version, path: Path) -> None:
    if version.preprocessing["reads"] == RENDERED:
        raise ValueError(
            f"A model must read clips to be given {path}, but '{version.label}' was trained on tensors rendered for the corpus "
            f"'{version.preprocessing['corpus']}', which nobody can record. Sweep and promote one on a corpus of videos: --corpus casme2."
        )


def _check_frames(version: Version, clip: Clip, path: Path) -> None:
    reads, corpus, num_frames = version.preprocessing["reads"], version.preprocessing["corpus"], len(clip.frames)
    if reads == IMAGE and num_frames != 1:
        raise ValueError(
            f"'{version.label}' must be given one image of the kind that the corpus '{corpus}' holds, but {path} has {num_frames} frames. "
            "Give such an image, or use a model whose pipeline reads frames, such as stanet's on casme2."
        )
    if reads == FRAMES and num_frames < 2:
        raise ValueError(
            f"A clip must have at least 2 frames to show motion, but {path} has {num_frames}. Give a video, a folder of frames, or a "
            "longer stretch: --onset N --offset N."
        )


def _face_notes(about: dict[str, Any] | Any, clip: Clip, path: Path) -> list[str]:
    """Exactly one face at the onset, if the pipeline looks for one."""
    if not any(step["name"] == "landmarks" for step in about["steps"]):
        return [f"Pipeline '{about['pipeline']}' takes frames that are cropped to the face: the whole image is used."]
    first = clip.frames[0]
    one_face(read_image(first.path, colour=False, where=str(path)), where=f"{path}, frame {first.number}")
    return []


def _with_apex(clip: Clip, constants: dict[str, Any], context: Context) -> Clip:
    """With the apex that the pipeline would spot, so that it can be told; a pipeline that spots on its own frames is left to it."""
    if clip.apex is not None or constants.get("apex") != "annotated":
        return clip
    side = int(constants.get("flow_size") or constants["size"])
    spotted = apex.spot(face_frames(clip, constants, context, height=side, width=side))
    return dataclasses.replace(clip, apex=clip.frames[spotted].number)


def _range_notes(trained: dict[str, Any], tensor: np.ndarray) -> list[str]:
    """Values far beyond those of the training clips: the head moved, or it is another kind of recording."""
    names = list(trained["range"])
    is_images = tensor.ndim >= 3 and len(names) == tensor.shape[-3]
    values = np.moveaxis(tensor, -3, 0).reshape(len(names), -1) if is_images else tensor.reshape(1, -1)
    notes = []
    for name, largest in zip(names, np.abs(values.astype(np.float64)).max(axis=1), strict=False):
        most = max(map(abs, trained["range"][name]))
        if largest > BEYOND * most:
            notes.append(f"'{name}' reaches {largest:.3g}, in the training clips at most {most:.3g}: did the head or the camera move?")
    return notes
