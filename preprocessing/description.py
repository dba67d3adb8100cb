"""Description: a pipeline as its shards were made by it, for people and for machines, whole enough to make the same tensors elsewhere.

Plain values only. Shapes: C channels.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from preprocessing import corpora, pipelines
from preprocessing.clip import Clip
from preprocessing.pipeline import Pipeline
from preprocessing.pipeline_steps import STEPS, sources, steps
from preprocessing.shards import Shards
from preprocessing.steps import flow
from preprocessing.steps.decode import read_image
from preprocessing.synthesis.corpus_folder import MARKER

RENDERED, IMAGE, FRAMES = "nothing, tensors are rendered", "one image", "frames"
"""What a pipeline reads of a clip."""


def describe(shards: Shards, root: Path | None) -> dict[str, Any]:
    """What made these shards of the corpus at ``root``: steps, constants with their sources, channels, units, values, recordings."""
    made = shards.manifest
    pipeline = pipelines.load(made["pipeline"])
    recordings = _recordings(corpora.load(made["corpus"]).read(root, **made["options"]))
    return {
        "pipeline": pipeline.name,
        "about": _docstring(pipeline.run.__module__),
        "corpus": made["corpus"],
        "synthetic": made["corpus"] == "synthetic" or (root is not None and (root / MARKER).exists()),
        "reads": _reads(recordings),
        "recordings": recordings,
        "steps": [_step(name) for name in steps(pipeline, made["constants"])],
        "constants": _constants(pipeline, made["constants"]),
        "flow": _flow(made["constants"]),
        "channels": list(shards.channels),
        "units": pipeline.units,
        "tensor": _tensor(shards),
        "code": made["code"],
        "libraries": made["libraries"],
        "data_digest": shards.digest,
    }


def constants_of(description: Mapping[str, Any]) -> dict[str, Any]:
    """The pipeline's constants by name."""
    return {each["name"]: each["value"] for each in description["constants"]}


def markdown(description: Mapping[str, Any]) -> str:
    """The same for people."""
    tensor, flow_ = description["tensor"], description["flow"]
    recordings = [f"| {name} | {_recording(found)} |" for name, found in description["recordings"].items()]
    constants = [f"| `{each['name']}` | `{each['value']}` | {each['source']} |" for each in description["constants"]]
    ranges = [f"| {name} | {low:.6g} | {high:.6g} |" for name, (low, high) in tensor["range"].items()]
    return "\n\n".join([
        f"# Pipeline `{description['pipeline']}`", description["about"],
        "## What it reads", f"Of each clip: {description['reads']}. The training clips (`{description['corpus']}`):",
        "\n".join(["| corpus | clips, frames, pixels, frames per second |", "|---|---|", *recordings]),
        "## What it gives",
        f"A tensor {tensor['shape']} of {tensor['dtype']}, C order; channels in this order: {', '.join(description['channels'])}. "
        f"Unit: {description['units']}. Values of the training clips:",
        "\n".join(["| channel | least | largest |", "|---|---|---|", *ranges]),
        "## Constants", "\n".join(["| constant | value | from |", "|---|---|---|", *constants]),
        *([f"Optical flow: {', '.join(f'{name} {value}' for name, value in flow_.items())}."] if flow_ else []),
        "## Steps, in this order",
        *(f"### {at}. {each['name']}\n\n{each['text']}" for at, each in enumerate(description["steps"], start=1)),
        f"Libraries: {', '.join(f'{name} {version}' for name, version in description['libraries'].items())}.",
    ]) + "\n"  # fmt: skip


def _constants(pipeline: Pipeline, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Name, value, and where it is from: the comment in the pipeline's file, or a recipe that departs from it."""
    written = sources(pipeline)
    return [
        {"name": name, "value": value, "source": source if value == default else f"the recipe; {default} is {source or 'the default'}"}
        for name, value in values.items()
        for default, source in [(pipeline.constants[name], written.get(name, ""))]
    ]


def _step(name: str) -> dict[str, str]:
    text = _docstring(f"{STEPS}{name}")
    return {"name": name, "title": text.partition("\n")[0], "text": text}


def _docstring(module: str) -> str:
    return (import_module(module).__doc__ or "").strip()


def _flow(constants: Mapping[str, Any]) -> dict[str, Any]:
    """The flow method with every constant of its own that the pipeline leaves alone, and the versions behind it."""
    return {} if "flow" not in constants else flow.describe(constants["flow"], {})


def _reads(recordings: Mapping[str, Any]) -> str:
    most = max(found["frames"][2] for found in recordings.values())
    return FRAMES if most > 1 else IMAGE if most == 1 else RENDERED


def _recordings(clips: Iterable[Clip]) -> dict[str, dict[str, Any]]:
    """Per source corpus: how many clips, fewest, median and most frames, frames per second, and the first image's pixels."""
    by_corpus: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        by_corpus[clip.corpus].append(clip)
    return {corpus: _recorded(of) for corpus, of in sorted(by_corpus.items())}


def _recorded(clips: list[Clip]) -> dict[str, Any]:
    lengths = [len(clip.frames) for clip in clips]
    first = next((clip.frames[0].path for clip in clips if clip.frames), None)
    size = None if first is None or first.suffix == ".csv" else read_image(first, colour=False, where=clips[0].key).shape[::-1]
    return {
        "num_clips": len(clips),
        "frames": [min(lengths), int(median(lengths)), max(lengths)],
        "fps": sorted({clip.fps for clip in clips if clip.fps is not None}),
        "size": None if size is None else list(size),
    }


def _recording(found: Mapping[str, Any]) -> str:
    fewest, middle, most = found["frames"]
    frames = f"of {fewest} to {most} frames (median {middle})" if most > 1 else f"of {most} image"
    size = "" if found["size"] is None else f", {found['size'][0]} x {found['size'][1]} pixels"
    fps = ", ".join(f"{each:g}" for each in found["fps"])
    rate = f", {fps or 'unknown'} frames per second" if most > 1 else ""
    return f"{found['num_clips']} clips {frames}{size}{rate}"


def _tensor(shards: Shards) -> dict[str, Any]:
    """Shape (null: differs between clips), type, and least and largest value of each channel, or of all where there is one list."""
    tensors = [shards.clip_tensor(at) for at in range(len(shards))]
    first, is_images = tensors[0], tensors[0].ndim >= 3 and tensors[0].shape[-3] == len(shards.channels)
    lengths = {tensor.shape[0] for tensor in tensors}
    per_channel = [
        np.moveaxis(tensor, -3, 0).reshape(len(shards.channels), -1) if is_images else tensor.reshape(1, -1) for tensor in tensors
    ]
    low, high = (reduce([each(values, axis=1) for values in per_channel], axis=0) for each, reduce in ((np.min, np.min), (np.max, np.max)))
    return {
        "shape": [first.shape[0] if len(lengths) == 1 else None, *first.shape[1:]],
        "dtype": first.dtype.name,
        "range": {name: [float(low[at]), float(high[at])] for at, name in enumerate(shards.channels[: len(low)])},
    }
