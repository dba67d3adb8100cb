"""Shards of noise in the layout of ``preprocessing/shard_writer.py``, as large as wanted, in seconds."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from preprocessing.atomic import write_atomically
from preprocessing.shard_writer import describe, shard_name
from preprocessing.shards import FORMAT, MANIFEST, SCHEMA

SHAPE = (112, 112, 2)


def write(folder: Path, *, num_frames: int, num_files: int) -> None:
    """``num_frames`` float16 tensors over ``num_files`` subjects."""
    noise = np.random.default_rng(0).random((-(-num_frames // num_files), *SHAPE), dtype=np.float32).astype(np.float16)
    counts = [len(part) for part in np.array_split(np.arange(num_frames), num_files)]
    lines = [_write_subject(folder, f"sub{index:02d}", noise[:count]) for index, count in enumerate(counts)]
    manifest = {"format": FORMAT, "corpus": "noise", "channels": ["u", "v"], "shards": lines, "quarantine": []}
    write_atomically(folder / MANIFEST, json.dumps(manifest).encode())


def _write_subject(folder: Path, subject: str, tensors: np.ndarray) -> dict[str, object]:
    num = len(tensors)
    names = [f"frame{index:05d}" for index in range(num)]
    same = {"corpus": "noise", "subject": subject, "emotion": "neutral", "split": "", "copy_of": "", "label_distribution": "[]"}
    same |= {"dtype": "float16", "provenance": "{}"}
    columns = {name: [value] * num for name, value in same.items()} | {
        "key": [f"noise/{subject}/{name}" for name in names],
        "filename": names,
        "tensor": [tensor.tobytes() for tensor in tensors],
        "shape": [list(SHAPE)] * num,
    }
    metadata = {name: json.dumps(value) for name, value in {"subject": f"noise/{subject}", "inputs": "", "quarantine": []}.items()}
    batch = pa.RecordBatch.from_pydict(columns, schema=SCHEMA.with_metadata(metadata))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    path = folder / shard_name(f"noise/{subject}")
    write_atomically(path, sink.getvalue())
    return describe(path)
