"""Clip sources: what a home holds of one clip: the tensor that a fold was trained on, its flow, and the face frames it was made from.

Nothing is computed anew and no corpus is needed: tensors come from shards, frames from what builds keep under ``HOME/intermediates``.
Shapes: T images, C channels, H x W pixels.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.ledger import FoldRecord
from preprocessing.intermediates import Intermediates
from preprocessing.parts import contents_of
from preprocessing.shards import FORMAT, MANIFEST, ClipRow, Shards, open_shards
from preprocessing.steps.faces import faces

COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """One clip in one build of its corpus."""

    row: ClipRow
    tensor: np.ndarray
    """As the shard holds it, read-only."""
    manifest: Mapping[str, Any]
    """Of the build: pipeline, constants, channels, units."""
    provenance: Mapping[str, Any]
    """``frames``: pairs of number and sha256; ``onset``, ``apex``, ``offset``."""

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.manifest["channels"])

    @property
    def images(self) -> np.ndarray | None:
        """(T, C, H, W), or None where the pipeline makes a descriptor, which has no pixels."""
        if self.tensor.ndim not in (3, 4):
            return None
        images = self.tensor if self.tensor.ndim == 4 else self.tensor[None]
        return images if images.shape[1] == len(self.channels) else None

    @property
    def flow(self) -> np.ndarray | None:
        """float32 (T, 2, H, W): u, v. Codes of 8 bits keep no zero: the median stands for it, since most of a face stays where it is."""
        if self.images is None or not {"u", "v"} <= set(self.channels):
            return None
        flow = self.images[:, [self.channels.index("u"), self.channels.index("v")]].astype(np.float32)
        return flow - np.median(flow, axis=(2, 3), keepdims=True) if self.tensor.dtype == np.uint8 else flow

    @property
    def pictures(self) -> np.ndarray | None:
        """uint8 (T, H, W) or RGB (T, H, W, 3), where the tensor itself is made of pictures."""
        if self.images is None:
            return None
        if set(COLOURS) <= set(self.channels):
            return _eight_bits(self.images[:, [self.channels.index(name) for name in COLOURS]].transpose(0, 2, 3, 1))
        return _eight_bits(self.images[:, self.channels.index("gray")]) if "gray" in self.channels else None


def trained_on(home: Path, record: FoldRecord, key: str) -> Source:
    """The clip as the record's fold saw it.

    Raises:
        ValueError: the home has no such shards any more, or they lack the clip.
    """
    settings = record.id.settings
    folder = _folder(home, str(settings["data.corpus"]), str(settings["data.pipeline"]), record.id.data_digest)
    source = _source(_opened(folder), key)
    if source is None:
        raise ValueError(f"A clip must be one of its corpus, but '{key}' is not in {folder}. Choose another clip.")
    return source


def with_flow(home: Path, source: Source) -> Source | None:
    """The source itself if it holds flow, else another build of the same frames that does."""
    if source.flow is not None:
        return source
    for folder, manifest in _builds(home, source.manifest["corpus"]):
        if {"u", "v"} <= set(manifest["channels"]):
            other = _source(_opened(folder), source.row.key)
            if other is not None and other.provenance["frames"] == source.provenance["frames"] and other.flow is not None:
                return other
    return None


def face_frames(home: Path, source: Source) -> np.ndarray | None:
    """uint8 (T, H, W) or RGB (T, H, W, 3): the faces that the pipeline was given, where the home still keeps them."""
    kept = Intermediates(home / "intermediates")
    contents = contents_of({"key": source.row.key, **source.provenance})
    for how in _cuts(source.manifest["constants"]):
        path = kept.path((faces,), contents, how)
        if path.is_file():
            return np.load(path, mmap_mode="r", allow_pickle=False)
    return None


def _cuts(constants: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every way in which a pipeline with these constants may have asked for faces (``preprocessing.face_frames``)."""
    sides = [(constants.get(height), constants.get(width)) for height, width in _SIDES]
    if "margin" in constants:  # of SHCNN, cut off after the flow
        sides.append((constants["size"] + 2 * int(constants["margin"]),) * 2)
    for height, width in dict.fromkeys(pair for pair in sides if all(pair)):
        for colour in (True, False):
            yield {"cut": str(constants.get("faces")), "height": height, "width": width, "colour": colour}


_SIDES = (("face_height", "face_width"), ("height", "width"), ("flow_size", "flow_size"), ("size", "size"))


@lru_cache(maxsize=256)
def _folder(home: Path, corpus: str, pipeline: str, data_digest: str) -> Path:
    for folder, manifest in _builds(home, corpus):
        if manifest["pipeline"] == pipeline and Shards(folder=folder, manifest=manifest, batches=()).digest == data_digest:
            return folder
    raise ValueError(
        f"A clip is shown from the shards that its fold was trained on, but {home / 'shards' / corpus} has none of data "
        f"{data_digest[:12]} by {pipeline}. Build them again: python -m preprocessing.build {corpus} --pipeline {pipeline} --home {home}"
    )


def _builds(home: Path, corpus: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The finished builds of a corpus: folder and manifest."""
    for path in sorted((home / "shards" / corpus).glob(f"*/{MANIFEST}")):
        manifest = _manifest(path, path.stat().st_mtime_ns)
        if manifest["format"] == FORMAT:
            yield path.parent, manifest


@lru_cache(maxsize=1024)
def _manifest(path: Path, changed_ns: int) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


@lru_cache(maxsize=8)
def _opened(folder: Path) -> Shards:
    return open_shards(folder)


def _source(shards: Shards, key: str) -> Source | None:
    place = next((place for place, row in enumerate(shards.rows) if row.key == key), None)
    if place is None:
        return None
    row = shards.rows[place]
    batch = shards.batches[[shard["subject"] for shard in shards.manifest["shards"]].index(row.qualified_subject)]
    provenance = json.loads(batch["provenance"][batch["key"].to_pylist().index(key)].as_py())
    return Source(row=row, tensor=shards.clip_tensor(place), manifest=shards.manifest, provenance=provenance)


def _eight_bits(images: np.ndarray) -> np.ndarray:
    """uint8; values of 0 to 1 are stretched."""
    if images.dtype == np.uint8:
        return images
    values = images.astype(np.float32) * (255 if float(images.max()) <= 1 else 1)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
