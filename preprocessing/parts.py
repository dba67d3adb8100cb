"""Parts: a few clips of one subject, the unit of work of a build. Small enough to share out evenly and to lose little when killed.

A part is an Arrow file of shard rows under ``FOLDER/parts``; it is named by the digest of its subject's inputs and its place, and made
once. How a subject is cut into parts depends on its clips alone, so that shards have equal bytes however many workers made them.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from preprocessing import pipelines
from preprocessing.atomic import temporary_name
from preprocessing.clip import Clip, Frame
from preprocessing.intermediates import Intermediates
from preprocessing.pipeline import Context, Pipeline
from preprocessing.plan import UNREADABLE, canonical_json, digest
from preprocessing.shards import SCHEMA

Job = Mapping[str, str]
"""Work as plain text, ready to travel: a subject's clips (JSON), settings (JSON), subject, inputs, root and, of a part, its place."""
MAX_FRAMES = 96
"""A part ends with the clip that reaches this number of frames: about two clips of CASME II."""


def parts_of(job: Job) -> list[dict[str, str]]:
    """A subject's job cut into parts; a subject without clips is one empty part."""
    groups: list[list[Any]] = [[]]
    num_frames = 0
    for inputs in json.loads(job["clips"]):
        if num_frames >= MAX_FRAMES:
            groups.append([])
            num_frames = 0
        groups[-1].append(inputs)
        num_frames += max(1, len(inputs["frames"]))
    return [{**job, "clips": canonical_json(group), "place": f"{at:04d}"} for at, group in enumerate(groups)]


def num_clips(job: Job) -> int:
    """How many clips a job has."""
    return len(json.loads(job["clips"]))


def part_path(job: Job, folder: Path) -> Path:
    """Where a part is written."""
    return folder / "parts" / f"{job['inputs'][:24]}-{job['place']}.arrow"


def is_made(job: Job, folder: Path) -> bool:
    """Whether a whole part of exactly this job, made by these library versions, is there."""
    return metadata_of(part_path(job, folder)) == shard_metadata(job)


def quarantine_of(job: Job, folder: Path) -> list[list[str]]:
    """The (key, reason) of a finished part's clips that could not be read."""
    with pa.memory_map(str(part_path(job, folder))) as source:
        return json.loads(pa.ipc.open_file(source).schema.metadata[b"quarantine"])


def write_part(job: Job, folder: Path, intermediates: Path | None = None, device: str = "cpu") -> None:
    """Render a part's clips into its file, atomically; clips that cannot be read are left out and listed in its quarantine."""
    settings = json.loads(job["settings"])
    pipeline = pipelines.load(settings["pipeline"])
    kept = None if intermediates is None else Intermediates(intermediates)
    rows: list[dict[str, Any]] = []
    quarantine: list[list[str]] = []
    for inputs in json.loads(job["clips"]):
        context = Context(options=settings["options"], contents=contents_of(inputs), intermediates=kept, device=device)
        try:
            rows += list(_rows(inputs, pipeline, settings["constants"], context))
        except ValueError as error:
            quarantine.append([inputs["key"], str(error).replace(f"{job['root']}{os.sep}", "")])
    schema = SCHEMA.with_metadata(shard_metadata(job) | {"quarantine": canonical_json(quarantine)})
    path = part_path(job, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
    temporary.replace(path)


def shard_metadata(job: Job) -> dict[str, str]:
    """Schema metadata of a subject's parts and shard, but for the quarantine: JSON values."""
    settings = {name: canonical_json(value) for name, value in json.loads(job["settings"]).items()}
    return settings | {"subject": canonical_json(job["subject"]), "inputs": canonical_json(job["inputs"])}


def metadata_of(path: Path) -> dict[str, str] | None:
    """What a part or shard says of itself, without its quarantine; None: no whole file."""
    try:
        with pa.memory_map(str(path)) as source:
            found = pa.ipc.open_file(source).schema.metadata or {}
    except (FileNotFoundError, pa.ArrowInvalid):
        return None  # absent, or cut short by something else than our writer, which renames whole files
    return {key.decode(): value.decode() for key, value in found.items() if key != b"quarantine"}


def _rows(inputs: Mapping[str, Any], pipeline: Pipeline, constants: Mapping[str, Any], context: Context) -> Iterator[dict[str, Any]]:
    """The clip's row and those of its augmented copies."""
    clip = _clip(inputs)
    provenance = {"frames": inputs["frames"], "onset": clip.onset, "apex": clip.apex, "offset": clip.offset}
    yield _row(clip, pipeline, constants, context, provenance)
    for copy in pipeline.copies(clip, constants):
        key = f"{clip.key}@{copy.name}"
        row = _row(clip, pipeline, {**constants, **copy.changes}, context, provenance | {"changes": dict(copy.changes)})
        yield row | {"key": key, "filename": f"{clip.filename}@{copy.name}", "copy_of": clip.key}


def _row(clip: Clip, pipeline: Pipeline, constants: Mapping[str, Any], context: Context, provenance: Mapping[str, Any]) -> dict[str, Any]:
    tensor = pipeline.tensor(clip, constants, context)
    return {name: getattr(clip, name) for name in ("key", "corpus", "subject", "filename", "emotion", "split", "copy_of")} | {
        "label_distribution": canonical_json(clip.label_distribution),
        "tensor": tensor.tobytes(),
        "shape": list(tensor.shape),
        "dtype": tensor.dtype.name,
        "provenance": canonical_json(provenance),
    }


def _clip(inputs: Mapping[str, Any]) -> Clip:
    frames = tuple(Frame(number=n, path=Path(path)) for (n, _), path in zip(inputs["frames"], inputs["paths"], strict=True))
    fields = {name: value for name, value in inputs.items() if name not in ("key", "frames", "paths", "label_distribution")}
    return Clip(**fields, frames=frames, label_distribution=tuple((name, share) for name, share in inputs["label_distribution"]))


def contents_of(inputs: Mapping[str, Any]) -> str:
    """What intermediate results of a clip depend on; empty where a frame cannot be read."""
    if any(content == UNREADABLE for _, content in inputs["frames"]):
        return ""
    return digest([inputs[name] for name in ("key", "frames", "onset", "apex", "offset")])
