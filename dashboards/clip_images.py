"""Clip images: the part of a clip's page that shows its pixels: frames, flow, attention, saliency, and the input as numbers.

What is missing has its reason on the page. Shapes: T images, C channels, H x W pixels.
"""

from pathlib import Path

import numpy as np

from dashboards import clip_figures as figures
from dashboards.clip_case import Witness
from dashboards.clip_network import Examined, examine
from dashboards.clip_sources import Source, face_frames, trained_on, with_flow
from dashboards.page import Block, Callout, Figure, Text
from orchestrator.attention_figures import flow_colours, overlay


def images(home: Path, key: str, witness: Witness) -> list[Block]:
    """What the witness's network was given of the clip, and what it made of it."""
    try:
        source = trained_on(home, witness.record, key)
    except ValueError as error:
        return [Callout(tone="warn", title="No images", text=str(error))]
    examined = examine(home, witness.record, key, source.tensor)
    return [*_given(home, source, examined, witness), *_attention(source, examined, witness), *_numbers(home, source, examined)]


def _given(home: Path, source: Source, examined: Examined, witness: Witness) -> list[Block]:
    """What the network was given, over time, with what it made of it below."""
    rows, notes = _rows(home, source, examined)
    if not rows:
        return [Text(title="Images", text=" ".join(notes))]
    names = ", then ".join(row.name.replace("<br>", " ") for row in rows)
    order = "from left to right" if len(rows[0].images) == 1 else "from above"
    caption = f"{source.row.key} by the pipeline {source.manifest['pipeline']}; {f'{order}: {names}' if len(rows) > 1 else names}."
    if any(row.name == "flow" for row in rows):
        caption += " Of flow, the hue is where a pixel moves and the saturation how far, up to the clip's largest; white stands still."
    blocks: list[Block] = [Figure(title="What it was given, and where it looks", figure=figures.strip(rows), caption=caption)]
    if epoch_note := _epoch_note(examined, witness):
        notes.append(epoch_note)
    return [*blocks, *([Text(text="\n\n".join(notes))] if notes else [])]


def _epoch_note(examined: Examined, witness: Witness) -> str:
    if examined.probabilities is None or witness.epoch == witness.record.epochs[-1]:
        return ""
    return (
        f"Attention and saliency are those of the last epoch, {witness.record.epochs[-1]}: weights of epoch {witness.epoch} are not kept."
    )


def _rows(home: Path, source: Source, examined: Examined) -> tuple[list[figures.Row], list[str]]:
    """The lines of the strip, and why others are missing."""
    rows, notes = [], []
    frames = face_frames(home, source)
    if frames is not None:
        rows.append(figures.Row("face", np.asarray(frames)))
    if source.pictures is not None:
        rows.append(figures.Row("input", source.pictures))
    if not rows:
        notes.append(_no_frames(source))
    moving = with_flow(home, source)
    if moving is None or moving.flow is None:
        notes.append(f"No flow: the pipeline {source.manifest['pipeline']} makes none, and no other build in {home / 'shards'} has it.")
    else:
        rows += _motion(moving, source, examined)
    if examined.saliency is not None:
        rows.append(figures.Row("saliency", figures.heat(examined.saliency)))
    notes += [f"No {part}: {reason}" for part, reason in _reasons(examined).items()]
    return rows, notes


def _reasons(examined: Examined) -> dict[str, str]:
    """Part -> why it is missing; where there is no network at all, once."""
    if "network" in examined.missing:
        return {"attention and no saliency": examined.missing["network"]}
    return dict(examined.missing)


def _no_frames(source: Source) -> str:
    if not source.provenance["frames"]:
        return "No frames: the clips of this corpus are rendered as tensors, there was never a video."
    if len(source.provenance["frames"]) == 1:
        return "No frames: the corpus is distributed as one flow image per clip."
    corpus = source.manifest["corpus"]
    return (
        "No frames: HOME/intermediates, where builds keep the faces, has none of this clip (it was removed, or the pipeline keeps "
        f"none). A build makes them again: python -m preprocessing.build {corpus} --root DIR, after removing its shards."
    )


def _motion(moving: Source, source: Source, examined: Examined) -> list[figures.Row]:
    """Flow, and the mask over it, in the network's own view where it is known."""
    flow = moving.flow
    assert flow is not None
    if moving is source and examined.seen is not None:
        flow = np.stack(_uv(source, examined.seen), axis=1)
    colours = flow_colours(flow)
    rows = [figures.Row("flow", _to_bytes(colours))]
    if examined.mask is not None and len(examined.mask) == len(colours):
        rows.append(figures.Row("attention<br>over flow", _to_bytes(overlay(colours, examined.mask[:, None]))))
    return rows


def _attention(source: Source, examined: Examined, witness: Witness) -> list[Block]:
    """Temporal weights, and the spatial mask as numbers beside what moves."""
    blocks: list[Block] = []
    if examined.temporal is not None:
        caption = (
            f"Temporal attention of trial {witness.trial}: image {int(examined.temporal.argmax()) + 1} of {len(examined.temporal)} counts "
            "most. Dashed: what each would weigh if all counted alike."
        )
        blocks.append(Figure(title="When it looks", figure=figures.weights(examined.temporal), caption=caption))
    if examined.mask is not None and examined.seen is not None:
        mean = examined.mask.mean(0)
        caption = (
            f"Left: {'how far pixels move' if source.flow is not None else 'the input'}, mean over images. Right: spatial attention, mean "
            f"over channels and images: {mean.shape[1]} x {mean.shape[0]} cells between {mean.min():.3f} and {mean.max():.3f}. In the "
            "strip it is stretched to its own range: read here how much it varies at all."
        )
        given = np.hypot(*_uv(source, examined.seen)).mean(0) if source.flow is not None else examined.seen.mean((0, 1))
        blocks.append(Figure(title="Where it looks", figure=figures.arrays([("given", given), ("attention", mean)]), caption=caption))
    return blocks


def _uv(source: Source, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u and v, (T, H, W) each, of images of the source's channels; codes of 8 bits about their median."""
    u, v = (images[:, source.channels.index(name)] for name in ("u", "v"))
    if source.tensor.dtype != np.uint8:
        return u, v
    return u - np.median(u, axis=(1, 2), keepdims=True), v - np.median(v, axis=(1, 2), keepdims=True)


def _numbers(home: Path, source: Source, examined: Examined) -> list[Block]:
    """The input as numbers: channels of the image that moves most; a descriptor's values, and the flow of the same frames."""
    if source.images is not None:
        return [_channels(source, examined.seen, "The input as numbers")]
    blocks: list[Block] = []
    if source.tensor.ndim == 1:
        caption = f"The {len(source.tensor)} numbers that the classifier sees ({source.manifest['units']})."
        blocks.append(Figure(title="The descriptor", figure=figures.descriptor(source.tensor), caption=caption))
    moving = with_flow(home, source)
    return blocks if moving is None else [*blocks, _channels(moving, None, "The flow as numbers")]


def _channels(source: Source, seen: np.ndarray | None, title: str) -> Figure:
    assert source.images is not None
    images = seen if seen is not None else source.images.astype(np.float32)
    strongest = int(np.abs(images - np.median(images, axis=(2, 3), keepdims=True)).mean((1, 2, 3)).argmax())
    channels = [_channel(source, name, images[strongest, place]) for place, name in enumerate(source.channels)][:4]
    which = f"image {strongest + 1} of {len(images)}, the one that differs most from rest" if len(images) > 1 else "the clip's one image"
    caption = f"The channels of {which}, by the pipeline {source.manifest['pipeline']}: {source.manifest['units']}."
    return Figure(title=title, figure=figures.arrays(channels), caption=caption)


def _channel(source: Source, name: str, values: np.ndarray) -> tuple[str, np.ndarray]:
    """Codes of flow about their median, which stands for no motion."""
    if source.tensor.dtype == np.uint8 and name in ("u", "v"):
        return f"{name} - median", values - np.median(values)
    return name, values


def _to_bytes(images: np.ndarray) -> np.ndarray:
    """RGB in [0, 1] -> uint8."""
    return np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
