"""Temporary homes that have a recipe's shards, built without Ray."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestrator.setting_shards import plan_corpus
from preprocessing.resume import prepare
from preprocessing.shard_writer import write_manifest, write_shard
from search_spaces.recipe import Recipe


@contextmanager
def built_home(recipe: Recipe) -> Iterator[Path]:
    """It is removed with all that was written to it, also by processes that are still ending."""
    with TemporaryDirectory(prefix="losotune-bench-", ignore_cleanup_errors=True) as folder:
        build_shards(recipe, Path(folder))
        yield Path(folder)


def build_shards(recipe: Recipe, home: Path) -> Path:
    """The recipe's shards below a home, as ``preprocessing.build`` makes them on Ray; gives their folder."""
    plan = plan_corpus(recipe, None)
    work = prepare(plan, home)
    if work.missing:
        write_manifest(plan, work.folder, [write_shard(plan.job(subject), work.folder) for subject in plan.subjects])
    return work.folder
