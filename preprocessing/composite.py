"""Composite corpora: several corpora under one root, read by their own readers and put together."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from preprocessing.clip import Clip
from preprocessing.frame_files import subfolders
from preprocessing.survey import Survey


def combined(corpus: str, parts: Mapping[str, Survey], clips_of: Callable[[Survey], Iterable[Clip]]) -> Survey:
    """One survey of several; each fact and patch is told under its corpus' name."""
    return Survey(
        corpus=corpus,
        clips=tuple(sorted((clip for part in parts.values() for clip in clips_of(part)), key=lambda clip: clip.key)),
        problems=tuple(problem for part in parts.values() for problem in part.problems),
        facts=tuple((f"{name} {what}", found) for name, part in parts.items() for what, found in part.facts),
        patches=tuple((f"{name}:{patch}", outcome) for name, part in parts.items() for patch, outcome in part.patches),
    )


def folder_of(root: Path, name: str) -> Path:
    """A corpus' folder under ``root``, in any case; a path that exists is taken as it is."""
    if (root / name).is_dir():
        return root / name
    for folder in subfolders(root):
        if folder.name.lower() == name.lower():
            return folder
    raise ValueError(f"The composite must have a folder '{name}', but none is under {root}. Name another: --option {name}=FOLDER.")
