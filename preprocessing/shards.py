"""Shards: the tensors of a corpus, one Arrow IPC file per qualified subject with one record batch, memory-mapped.

A leave-one-subject-out (LOSO) fold is then "all files but one". Written by ``preprocessing/shard_writer.py``. Shapes: N clips.
"""

import hashlib
import io
import json
import math
import mmap
import os
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
    batches = tuple(_open(f"{folder}/{shard['file']}", shard["num_bytes"]) for shard in manifest["shards"])
    return Shards(folder=folder, manifest=manifest, batches=batches)


def _open(path: str, num_bytes: int) -> pa.RecordBatch:
    try:
        with open(path, "rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size != num_bytes:
                raise FileNotFoundError
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # Python's own map opens twice as fast as Arrow's
    except FileNotFoundError:
        raise ValueError(
            f"A shard must have the {num_bytes} bytes of its manifest, but {path} is missing or of another size. {_REBUILD}"
        ) from None
    mapped.madvise(mmap.MADV_SEQUENTIAL)  # shards are read from front to back: the disk reads further ahead, cold a sixth faster
    return pa.RecordBatchFileReader(mapped, options=_READ).get_batch(0)


_READ = pa.ipc.IpcReadOptions(use_threads=False)
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
        return self._shared("shape", {tuple(shape) for batch in self.batches for shape in _different(batch["shape"])})

    @cached_property
    def dtype(self) -> np.dtype:
        return np.dtype(self._shared("dtype", {dtype for batch in self.batches for dtype in _different(batch["dtype"])}))

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
        if subject in self._by_subject:
            return self._by_subject[subject]
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
        size = math.prod(self.tensor_shape)
        flat = [np.frombuffer(batch["tensor"].buffers()[2] or b"", self.dtype)[: batch.num_rows * size] for batch in self.batches]
        return [values.reshape(-1, *self.tensor_shape) for values in flat]  # buffers are padded behind their values

    @cached_property
    def _by_subject(self) -> dict[str, np.ndarray]:
        return {shard["subject"]: view for shard, view in zip(self.manifest["shards"], self._views, strict=True)}

    def _shared(self, what: str, values: set[Any]) -> Any:
        if len(values) != 1:
            some = ", ".join(map(str, sorted(values)[:3]))
            raise ValueError(
                f"All clips must share one tensor {what}, but got {len(values)}, such as {some}, in {self.folder}. "
                "Choose a pipeline with a fixed number of frames, or read clip by clip."
            )
        return values.pop()


def _different(column: pa.Array) -> list[Any]:
    """The values of a column of strings or lists of int32, once if all are equal: seen from its bytes, in no time."""
    if not len(column) or column.offset:
        return list(column.to_pylist())
    width = 1 if pa.types.is_string(column.type) else 4
    ends = width * np.frombuffer(column.buffers()[1], np.int32)[: len(column) + 1]
    content = bytes(column.buffers()[-1] or b"")[: ends[-1]]
    alike = ends[0] == 0 and (np.diff(ends) == ends[1]).all() and content == content[: ends[1]] * len(column)
    return list((column[:1] if alike else column).to_pylist())


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
