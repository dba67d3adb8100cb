"""Resume: what of a build exists already, here or in an earlier build of the corpus, and what is left to do. Needs no Ray."""

import contextlib
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from preprocessing.atomic import temporary_name
from preprocessing.parts import metadata_of, shard_metadata
from preprocessing.plan import Plan
from preprocessing.shard_writer import shard_name
from preprocessing.shards import MANIFEST, open_shards

_LEFTOVER_AGE_S = 3600


@dataclass(frozen=True, kw_only=True)
class Work:
    """A plan and what of it is still to do."""

    plan: Plan
    home: Path
    folder: Path
    missing: tuple[str, ...]
    """Subjects without a shard, largest first."""


def prepare(plan: Plan, home: Path) -> Work:
    """Find what is built already, here or in an earlier build of the corpus; needs no Ray."""
    home = home.expanduser().absolute()
    folder = plan.folder(home)
    if is_finished(folder):
        return Work(plan=plan, home=home, folder=folder, missing=())
    folder.mkdir(parents=True, exist_ok=True)
    missing = [subject for subject in plan.subjects if not _have(plan.job(subject), folder)]
    missing.sort(key=lambda subject: (-len(plan.subjects[subject]), subject))
    return Work(plan=plan, home=home, folder=folder, missing=tuple(missing))


def is_finished(folder: Path) -> bool:
    if not (folder / MANIFEST).is_file():
        return False
    try:
        open_shards(folder)
    except ValueError:
        (folder / MANIFEST).unlink()  # a shard was removed or cut: build that one again
        return False
    return True


def _have(job: Mapping[str, str], folder: Path) -> bool:
    return is_current(folder / shard_name(job["subject"]), job) or take_over(job, folder)


def is_current(path: Path, job: Mapping[str, str]) -> bool:
    """Whether a whole shard of exactly this job, made by these library versions, lies at ``path``."""
    return metadata_of(path) == shard_metadata(job)


def take_over(job: Mapping[str, str], folder: Path) -> bool:
    """Take an unchanged subject's shard from an earlier build of the corpus, as a hard link or else a copy."""
    for path in sorted(folder.parent.glob(f"*/{shard_name(job['subject'])}")):
        if path.parent != folder and is_current(path, job):
            temporary = temporary_name(folder / path.name)
            temporary.unlink(missing_ok=True)
            try:
                os.link(path, temporary)
            except OSError:
                shutil.copyfile(path, temporary)
            temporary.replace(folder / path.name)
            return True
    return False


def remove_leftovers(folder: Path) -> None:
    """Temporary files and parts of killed writers, old enough that no other build can be writing them."""
    for path in (*folder.glob(".*.tmp"), *folder.glob("parts/*"), *folder.glob("parts/.*.tmp")):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _LEFTOVER_AGE_S:
                path.unlink()
    with contextlib.suppress(OSError):  # absent, or still used by another build
        (folder / "parts").rmdir()
