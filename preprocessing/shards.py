"""Shards: the tensors of a corpus, one Arrow IPC file per qualified subject with one record batch, memory-mapped.

A leave-one-subject-out (LOSO) fold is then "all files but one". Written by ``preprocessing/shard_writer.py``. Shapes: N clips.
"""

import hashlib
import io
import json
import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

MANIFEST = "manifest.json"
FORMAT = 2
SCHEMA = pa.schema([
    *((name, pa.string()) for name in ("key", "corpus", "subject", "filename", "emotion", "split", "copy_of", "label_distribution")),
    ("tensor", pa.large_binary()), ("shape", pa.list_(pa.int32())), ("dtype", pa.string()), ("provenance", pa.string()),
])  # fmt: skip
"""Column ``tensor`` is raw bytes in C order and of the machine's (little-endian) byte order; ``provenance`` and
``label_distribution`` are JSON. Tensors of a ragged pipeline differ in their first dimension (frames)."""


@dataclass(frozen=True, kw_only=True)
class ClipRow:
    """What a shard says about one clip, beside its tensor."""

    key: str
    corpus: str
    subject: str
    filename: str
    emotion: str
    split: str
    copy_of: str
    label_distribution: str
    """JSON: pairs of emotion and share, where several raters voted; else ``[]``."""

    @property
    def qualified_subject(self) -> str:
        return f"{self.corpus}/{self.subject}"


def open_shards(folder: Path | str) -> "Shards":
    """Memory-map a finished build. Sizes are compared with the manifest, checksums only by ``verify()``."""
    folder = Path(folder).absolute()
    if not (folder / MANIFEST).is_file():
        raise ValueError(f"Shards must have a manifest, but got none in {folder}. Build them: python -m preprocessing.build --help")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest["format"] != FORMAT:
        raise ValueError(f"Shards must have format {FORMAT}, but got {manifest['format']} in {folder}. Build them again with this version.")
    return Shards(folder=folder, manifest=manifest, batches=tuple(_open(folder / s["file"], s["num_bytes"]) for s in manifest["shards"]))


def _open(path: Path, num_bytes: int) -> pa.RecordBatch:
    if not path.is_file() or path.stat().st_size != num_bytes:
        raise ValueError(f"A shard must have the {num_bytes} bytes of its manifest, but {path} is missing or of another size. {_REBUILD}")
    with path.open("rb") as file:  # Python's own map opens twice as fast as Arrow's and keeps no file descriptor
        content = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return pa.ipc.open_file(content, options=pa.ipc.IpcReadOptions(use_threads=False)).get_batch(0)


_REBUILD = "Run the same build again: only what is missing is built."


@dataclass(frozen=True, kw_only=True)
class Shards:
    """The shards of one corpus and pipeline. Clips are numbered in the order of ``rows``, which is that of their keys."""

    folder: Path
    manifest: Mapping[str, Any]
    batches: tuple[pa.RecordBatch, ...]
    """One per subject, in the manifest's order, memory-mapped."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open_shards, (self.folder,)  # a worker maps the files anew instead of receiving them

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def rows(self) -> tuple[ClipRow, ...]:
        """A row per clip, sorted by key."""
        return tuple(ClipRow(**self._table[shard][row]) for shard, row in self._places)

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The qualified subjects that have clips, sorted."""
        return tuple(sorted({row.qualified_subject for row in self.rows}))

    @cached_property
    def digest(self) -> str:
        """What a fold record remembers of the data: clips, labels and tensors, not the code or libraries that made them."""
        lines = [" ".join(self.channels), *sorted(f"{shard['subject']} {shard['content']}\n" for shard in self.manifest["shards"])]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.manifest["channels"])

    @property
    def quarantine(self) -> tuple[tuple[str, str], ...]:
        """(key, reason) of the clips that could not be read."""
        return tuple((key, reason) for key, reason in self.manifest["quarantine"])

    @cached_property
    def tensor_shape(self) -> tuple[int, ...]:
        """The shape that all clips share."""
        return self._shared("shape", {tuple(shape) for batch in self.batches for shape in batch["shape"].to_pylist()})

    @cached_property
    def dtype(self) -> np.dtype:
        return np.dtype(self._shared("dtype", {dtype for batch in self.batches for dtype in batch["dtype"].to_pylist()}))

    def tensors(self, indices: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """The clips' tensors (N, ...) in the order of ``indices``, by default all in the order of ``rows``: one copy out of the maps."""
        places = self._places if indices is None else [self._places[index] for index in indices]
        stacked = np.empty((len(places), *self.tensor_shape), dtype=self.dtype)
        for at, (shard, row) in enumerate(places):
            stacked[at] = self._views[shard][row]
        return stacked

    def clip_tensor(self, index: int) -> np.ndarray:
        """One clip's tensor, read-only, no copy. Works for ragged pipelines too, whose clips differ in their first dimension."""
        shard, row = self._places[index]
        batch = self.batches[shard]
        flat = np.frombuffer(batch["tensor"][row].as_buffer(), batch["dtype"][row].as_py())
        return flat.reshape(batch["shape"][row].as_py())

    def subject_tensors(self, subject: str) -> np.ndarray:
        """One qualified subject's tensors (N, ...) in the order of ``rows``: a read-only view of the mapped file, no copy."""
        for shard, view in zip(self.manifest["shards"], self._views, strict=True):
            if shard["subject"] == subject:
                return view
        raise ValueError(f"A subject must be one of {', '.join(self.subjects)}, but got '{subject}' for {self.folder}.")

    def verify(self) -> None:
        """Compare every file's sha256 with the manifest."""
        for shard in self.manifest["shards"]:
            found = file_sha256(self.folder / shard["file"])
            if found != shard["sha256"]:
                raise ValueError(
                    f"A shard must have the sha256 of its manifest ({shard['sha256'][:16]}), but got {found[:16]} "
                    f"for {self.folder / shard['file']}. Delete that file and the manifest, then run the same build again."
                )

    @cached_property
    def _table(self) -> list[list[dict[str, str]]]:
        return [batch.select(list(ClipRow.__dataclass_fields__)).to_pylist() for batch in self.batches]

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """(shard, row in it) of each clip, by key."""
        places = [(rows[at]["key"], shard, at) for shard, rows in enumerate(self._table) for at in range(len(rows))]
        return [(shard, at) for _, shard, at in sorted(places)]

    @cached_property
    def _views(self) -> list[np.ndarray]:
        """Per shard (N, ...), a view of the mapped file: a batch's tensors lie one behind the other."""
        buffers = [batch["tensor"].buffers()[2] or b"" for batch in self.batches]
        return [np.frombuffer(buffer, self.dtype)[: _size(batch, self)].reshape(-1, *self.tensor_shape)
                for buffer, batch in zip(buffers, self.batches, strict=True)]  # fmt: skip

    def _shared(self, what: str, values: set[Any]) -> Any:
        if len(values) != 1:
            some = ", ".join(map(str, sorted(values)[:3]))
            raise ValueError(
                f"All clips must share one tensor {what}, but got {len(values)}, such as {some}, in {self.folder}. "
                "Choose a pipeline with a fixed number of frames, or read clip by clip."
            )
        return values.pop()


def _size(batch: pa.RecordBatch, shards: Shards) -> int:
    """How many values a batch holds: buffers are padded behind them."""
    return batch.num_rows * int(np.prod(shards.tensor_shape))


def content_sha256(batch: pa.RecordBatch) -> str:
    """The sha256 of what training sees of a shard: every column but the provenance, without schema metadata."""
    seen = batch.select([name for name in SCHEMA.names if name != "provenance"]).replace_schema_metadata(None)
    sha = hashlib.sha256()
    with pa.ipc.new_stream(_Hashed(sha), seen.schema) as writer:
        writer.write_batch(seen)
    return sha.hexdigest()


class _Hashed(io.RawIOBase):
    """A file that only hashes what is written."""

    def __init__(self, sha: Any) -> None:
        self.sha = sha

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.sha.update(data)
        return len(data)


def file_sha256(path: Path) -> str:
    """The sha256 of a file's content, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
