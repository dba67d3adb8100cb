"""Shard writer: one subject's shard file, and the manifest of a build. Plain Python, no Ray: ``preprocessing/build.py`` distributes it.

A subject's shard remembers the digest of its own inputs, so that a new build takes over the shards of an earlier one that did not change.
Equal inputs give equal bytes, whoever writes them and in whatever order.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from preprocessing import pipelines
from preprocessing.clip import Clip, Frame
from preprocessing.plan import Plan, canonical_json
from preprocessing.shards import MANIFEST, SCHEMA, file_sha256


def shard_name(subject: str) -> str:
    """``casme2/sub01`` -> ``casme2@sub01.arrow``; two subjects never share a name."""
    return "@".join(quote(part, safe="") for part in subject.split("/", 1)) + ".arrow"


def write_shard(job: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Render one subject's clips, write its shard atomically and describe it; clips that cannot be read are left out and named."""
    settings = json.loads(job["settings"])
    rows, quarantine = [], []
    for inputs in json.loads(job["clips"]):
        try:
            rows.append(_row(inputs, settings))
        except ValueError as error:
            quarantine.append([inputs["key"], str(error).replace(f"{job['root']}{os.sep}", "")])
    metadata = shard_metadata(job) | {"quarantine": canonical_json(quarantine)}
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA.with_metadata(metadata))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    path = folder / shard_name(job["subject"])
    write_atomically(path, sink.getvalue())
    return describe(path)


def shard_metadata(job: Mapping[str, str]) -> dict[str, str]:
    """A shard's schema metadata, but for its quarantine: JSON values."""
    settings = {name: canonical_json(value) for name, value in json.loads(job["settings"]).items()}
    return settings | {"subject": canonical_json(job["subject"]), "inputs": canonical_json(job["inputs"])}


def describe(path: Path) -> dict[str, Any]:
    """A finished shard's line in the manifest, with its quarantine."""
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        metadata, num_clips = reader.schema.metadata, reader.get_batch(0).num_rows
    return {
        "subject": json.loads(metadata[b"subject"]), "inputs": json.loads(metadata[b"inputs"]), "file": path.name, "num_clips": num_clips,
        "num_bytes": path.stat().st_size, "sha256": file_sha256(path), "quarantine": json.loads(metadata[b"quarantine"]),
    }  # fmt: skip


def write_manifest(plan: Plan, folder: Path, shards: list[dict[str, Any]]) -> None:
    """The build's last file: with it the build is finished."""
    lines = sorted(({k: v for k, v in shard.items() if k != "quarantine"} for shard in shards), key=lambda line: line["subject"])
    quarantine = sorted(entry for shard in shards for entry in shard["quarantine"])
    manifest = plan.settings | {"digest": plan.digest, "shards": lines, "quarantine": quarantine}
    write_atomically(folder / MANIFEST, (json.dumps(manifest, sort_keys=True, indent=1) + "\n").encode())


def write_atomically(path: Path, data: Any) -> None:
    """Temporary file beside it, fsync, rename: a reader sees the whole file or none."""
    temporary = temporary_name(path)
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _row(inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    clip = _clip(inputs)
    tensor = pipelines.load(settings["pipeline"]).tensor(clip, settings["constants"], settings["options"])
    return {name: getattr(clip, name) for name in ("key", "corpus", "subject", "filename", "emotion", "split", "copy_of")} | {
        "tensor": tensor.tobytes(),
        "shape": list(tensor.shape),
        "dtype": tensor.dtype.name,
        "provenance": canonical_json({"frames": inputs["frames"], "onset": clip.onset, "apex": clip.apex, "offset": clip.offset}),
    }


def _clip(inputs: Mapping[str, Any]) -> Clip:
    frames = tuple(Frame(number=n, path=Path(path)) for (n, _), path in zip(inputs["frames"], inputs["paths"], strict=True))
    return Clip(**{name: value for name, value in inputs.items() if name not in ("key", "frames", "paths")}, frames=frames)


def temporary_name(path: Path) -> Path:
    """Where a file is written before it is renamed to ``path``."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
