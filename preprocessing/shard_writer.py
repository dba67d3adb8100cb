"""Shard writer: one subject's shard file, and the manifest of a build. Plain Python, no Ray: ``preprocessing/build.py`` distributes it.

A subject's shard is put together from parts of a few clips each (``preprocessing/parts.py``) and remembers the digest of its inputs, so
that a new build takes over the shards of an earlier one that did not change. Equal inputs give equal bytes, whoever writes them.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from preprocessing.atomic import commit, temporary_name, write_atomically
from preprocessing.parts import Job, part_path, parts_of, shard_metadata, write_part
from preprocessing.plan import Plan, canonical_json
from preprocessing.shards import MANIFEST, SCHEMA, content_sha256, file_sha256


def shard_name(subject: str) -> str:
    """``casme2/sub01`` -> ``casme2@sub01.arrow``; two subjects never share a name."""
    return "@".join(quote(part, safe="") for part in subject.split("/", 1)) + ".arrow"


def write_shard(job: Job, folder: Path) -> dict[str, Any]:
    """One subject's shard from nothing, in this process, and its description; clips that cannot be read are left out and named."""
    parts = parts_of(job)
    for part in parts:
        write_part(part, folder)
    return assemble(parts, folder)


def assemble(parts: Sequence[Job], folder: Path) -> dict[str, Any]:
    """Put a subject's finished parts, all of them in order, together, atomically, remove them, and describe the shard."""
    paths = [part_path(part, folder) for part in parts]
    tables, quarantine = [], []
    for path in paths:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
        quarantine += json.loads(table.schema.metadata[b"quarantine"])
        tables.append(table.replace_schema_metadata(None))
    schema = SCHEMA.with_metadata(shard_metadata(parts[0]) | {"quarantine": canonical_json(quarantine)})
    whole = pa.concat_tables(tables).combine_chunks()  # the one copy: a subject may be FERPlus' whole training part
    columns = [column.chunk(0) if column.num_chunks else pa.array([], column.type) for column in whole.columns]
    batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    path = folder / shard_name(parts[0]["subject"])
    temporary = temporary_name(path)
    with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(batch)
    commit(temporary, path)
    for part in paths:
        part.unlink(missing_ok=True)
    return describe(path)


def describe(path: Path) -> dict[str, Any]:
    """A finished shard's line in the manifest, with its quarantine."""
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        metadata, batch = reader.schema.metadata, reader.get_batch(0)
        num_clips = sum(not copied for copied in batch["copy_of"].to_pylist())
        num_copies, content = batch.num_rows - num_clips, content_sha256(batch)
    return {
        "subject": json.loads(metadata[b"subject"]), "inputs": json.loads(metadata[b"inputs"]), "file": path.name, "num_clips": num_clips,
        "num_copies": num_copies, "num_bytes": path.stat().st_size, "sha256": file_sha256(path),
        "content": content, "quarantine": json.loads(metadata[b"quarantine"]),
    }  # fmt: skip


def write_manifest(plan: Plan, folder: Path, shards: list[dict[str, Any]]) -> None:
    """The build's last file: with it the build is finished."""
    lines = sorted(({k: v for k, v in shard.items() if k != "quarantine"} for shard in shards), key=lambda line: line["subject"])
    quarantine = sorted(entry for shard in shards for entry in shard["quarantine"])
    manifest = plan.settings | {"digest": plan.digest, "shards": lines, "quarantine": quarantine}
    write_atomically(folder / MANIFEST, (json.dumps(manifest, sort_keys=True, indent=1) + "\n").encode())
