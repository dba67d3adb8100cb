"""Corpus folder: where a synthetic corpus is written. It says so before it holds anything else, and is resumed, never mixed."""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from preprocessing.atomic import write_atomically
from preprocessing.synthesis import truth
from preprocessing.synthesis.plan import Plan, Unit

MARKER = "SYNTHETIC.txt"
_TEMPORARY = ".*.tmp"


@contextlib.contextmanager
def opened(plan: Plan, root: Path) -> Iterator[tuple[Unit, ...]]:
    """The units that are still to be written. The folder is new, or holds an earlier run of the same plan, and is ours alone meanwhile.

    Writes the marker, the truth and the sheets, and removes what a killed run left half-written. Raises ValueError for any other folder.
    """
    wanted = truth.encode(plan)
    _refuse_others(plan, root, wanted)
    root.mkdir(parents=True, exist_ok=True)
    with (root / MARKER).open("a") as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(f"One run at a time must write to a folder, but another is writing to {root}. Wait for it.") from error
        marker.truncate(0)
        marker.write(_text(plan))
        marker.flush()
        _remove_leftovers(root)
        for path, data in {truth.FILE: wanted, **plan.files}.items():
            if not (root / path).is_file():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                write_atomically(root / path, data)
        yield tuple(unit for unit in plan.units if not unit.is_finished(root))


def _refuse_others(plan: Plan, root: Path, wanted: bytes) -> None:
    """A folder of anything else is not ours to write to."""
    if root.exists() and not root.is_dir():
        raise ValueError(f"The corpus must go to a folder, but {root} is a file. Name another: --out DIR.")
    path = root / truth.FILE
    if path.is_file():
        if path.read_bytes() == wanted:
            return
        before, now = json.loads(path.read_text(encoding="utf-8"))["settings"], truth.plain_settings(plan.settings)
        changed = ", ".join(f"{name} {before.get(name)!r} instead of {value!r}" for name, value in now.items() if before.get(name) != value)
        raise ValueError(
            f"A folder must be empty or hold a run of the same command, but {root} was made with {changed or 'another version'}. "
            "Repeat that command, or name another folder: --out DIR."
        )
    found = sorted(p.name for p in root.iterdir() if p.name != MARKER and not p.match(_TEMPORARY)) if root.is_dir() else []
    if found:
        raise ValueError(f"A folder must be empty or hold an earlier run, but {root} has {found[0]}. Name another: --out DIR.")


def _remove_leftovers(root: Path) -> None:
    for path in sorted(root.rglob(_TEMPORARY)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _text(plan: Plan) -> str:
    settings = truth.plain_settings(plan.settings)
    quirks = sum(bool(clip.quirk) for clip in plan.clips)
    return "\n".join(
        [
            f"SYNTHETIC: this is not the corpus {plan.settings.corpus}, only its layout on disk.", "",
            "No person, no expression and no annotation in it is real, and nothing in it is licensed. The faces are invented variations",
            "of two photographs in the public domain (NASA's of Eileen Collins, the US Navy's of Grace Hopper); the expressions are",
            "displacements of skin whose true optical flow is known. Results on it tell about software, nothing about people.", "",
            f"{len(plan.clips)} clips, {quirks} of them with oddities; what they really show is in {truth.FILE}.", *plan.notes, "",
            "Made by: python -m preprocessing.synthesize", *(f"  {name}: {value}" for name, value in sorted(settings.items())), "",
        ]
    )  # fmt: skip
