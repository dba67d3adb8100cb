"""Plan: everything that a build's result depends on, read and hashed before any work is distributed.

A build's folder is named by the digest of (clip contents, pipeline). File names, sizes and times do not matter, content does.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from preprocessing import corpora, pipelines
from preprocessing.clip import Clip
from preprocessing.options import Plain, resolve
from preprocessing.shards import FORMAT, file_sha256

UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that a build's result depends on."""

    corpus: str
    pipeline: str
    constants: Mapping[str, Plain]
    options: Mapping[str, Plain]
    """Of the corpus."""
    clips: tuple[Clip, ...]
    contents: Mapping[Path, str]
    """sha256 of every frame file."""
    root: Path | None

    @cached_property
    def subjects(self) -> dict[str, list[Clip]]:
        """Qualified subject -> its clips by key."""
        subjects: dict[str, list[Clip]] = {}
        for clip in sorted(self.clips, key=lambda clip: clip.key):
            subjects.setdefault(clip.qualified_subject, []).append(clip)
        return dict(sorted(subjects.items()))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What all shards of the build share; their schema metadata."""
        pipeline = pipelines.load(self.pipeline)
        return {
            "format": FORMAT, "corpus": self.corpus, "pipeline": self.pipeline, "constants": dict(self.constants),
            "options": dict(self.options), "channels": list(pipeline.channels), "units": pipeline.units,
            "code": pipeline.code(self.constants),
            "libraries": {"numpy": np.__version__, "opencv": cv2.__version__, "pyarrow": pa.__version__},
        }  # fmt: skip

    @cached_property
    def inputs(self) -> dict[str, str]:
        """Subject -> digest of its clips' contents and the pipeline; file names, sizes and times do not matter."""
        how = {name: self.settings[name] for name in ("format", "corpus", "pipeline", "constants", "options", "code")}
        return {subject: digest([how, [self._clip_inputs(clip) for clip in clips]]) for subject, clips in self.subjects.items()}

    @cached_property
    def digest(self) -> str:
        return digest(self.inputs)

    def folder(self, home: Path) -> Path:
        return home / "shards" / self.corpus / self.digest[:16]

    def job(self, subject: str) -> dict[str, str]:
        """One subject's work as plain text, ready to travel."""
        clips = [self._clip_inputs(clip) | {"paths": [str(frame.path) for frame in clip.frames]} for clip in self.subjects[subject]]
        texts = {"clips": canonical_json(clips), "settings": canonical_json(self.settings)}
        return texts | {"subject": subject, "inputs": self.inputs[subject], "root": str(self.root)}

    def _clip_inputs(self, clip: Clip) -> dict[str, Any]:
        fields = {name: value for name, value in vars(clip).items() if name != "frames"}  # asdict would copy every path
        return fields | {"key": clip.key, "frames": [[frame.number, self.contents[frame.path]] for frame in clip.frames]}


def make_plan(corpus: str, *, root: Path | str | None, pipeline: str | None, options: Mapping[str, Plain]) -> Plan:
    """Read the corpus' sheet and folders and the content of its files."""
    pipeline = pipeline or pipelines.default_for(corpus)
    corpus_options, constants = split_options(corpus, pipeline, options)
    folder = None if root is None else Path(root).expanduser().absolute()
    clips = tuple(corpora.load(corpus).read(folder, **corpus_options))
    return Plan(
        corpus=corpus, pipeline=pipeline, constants=constants, options=corpus_options, clips=clips, contents=hash_frames(clips), root=folder
    )


def split_options(corpus: str, pipeline: str, options: Mapping[str, Plain]) -> tuple[dict[str, Plain], dict[str, Plain]]:
    """(corpus options, pipeline constants), complete with defaults. A name that neither has raises."""
    of_corpus, of_pipeline = corpora.load(corpus).OPTIONS, pipelines.load(pipeline).constants
    where = f"'{corpus}' with '{pipeline}'"
    resolved = resolve({**of_pipeline, **of_corpus}, options, where)
    return {name: resolved[name] for name in sorted(of_corpus)}, {name: resolved[name] for name in sorted(of_pipeline)}


def hash_frames(clips: Iterable[Clip]) -> dict[Path, str]:
    """sha256 of every frame file; a file that cannot be read is marked, so that its clip ends in quarantine."""
    paths = list(dict.fromkeys(frame.path for clip in clips for frame in clip.frames))
    batches = [paths[at : at + 256] for at in range(0, len(paths), 256)]  # a task per file costs as much as the file
    with ThreadPoolExecutor(8) as pool:
        contents = pool.map(lambda batch: [_content(path) for path in batch], batches)
        return dict(zip(paths, chain.from_iterable(contents), strict=True))


def _content(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError:
        return UNREADABLE


def canonical_json(plain: Any) -> str:
    """The one JSON text of a plain value."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(plain: Any) -> str:
    """The sha256 of a plain value's canonical JSON."""
    return hashlib.sha256(canonical_json(plain).encode()).hexdigest()
