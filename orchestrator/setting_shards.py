"""Shards of a setting: a search may vary constants of the pipeline (``data.options.<constant>``), and each setting has shards of its own.

They are built by the first trial that asks, in its process, because the workers have every core; whoever asks later finds them.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from orchestrator.fold_job import clips_of
from preprocessing.build import finish
from preprocessing.plan import Plan, make_plan, split_options
from preprocessing.resume import prepare
from search_spaces.recipe import Data, Recipe, digest

_found: dict[str, Path] = {}
"""What this process has found or built: setting -> folder."""


def plan_corpus(recipe: Recipe, root: Path | None) -> Plan:
    """Read the recipe's corpus as its owners deliver it; needs no Ray."""
    return make_plan(recipe.data.corpus, root=root, pipeline=recipe.data.pipeline, options=_scalars(recipe.data))


def shards_for(recipe: Recipe, base: Data, base_shards: Path, *, root: Path | None, home: Path) -> Path:
    """The folder of the recipe's shards, built here if they are missing. ``base`` is what the session's own shards were built by.

    Raises:
        ValueError: the setting leaves out other clips than ``base``.
    """
    data = recipe.data
    key = digest([str(home), str(root), data.corpus, data.pipeline, sorted(data.options.items())])
    if key not in _found:
        folder = finish(prepare(_plan(recipe, base, root), home), num_workers=0, progress=False).folder
        theirs = _keys(replace(recipe, data=base), base_shards)
        ours = _keys(recipe, folder)
        if ours != theirs:
            raise ValueError(
                f"All settings of a search must be scored on the same clips, but {folder} has {len(ours)} and {base_shards} {len(theirs)}. "
                "See their manifests for clips that were left out, or narrow the space."
            )
        _found[key] = folder
    return _found[key]


def _keys(recipe: Recipe, shards: Path) -> set[str]:
    return {clip.key for clip in clips_of(recipe, shards).clips}


def _plan(recipe: Recipe, base: Data, root: Path | None) -> Plan:
    """Frames are read and hashed once per process, unless the setting varies what the corpus reads."""
    of_corpus, constants = split_options(recipe.data.corpus, recipe.data.pipeline, _scalars(recipe.data))
    known = _plan_once(base.corpus, root, base.pipeline, tuple(base.options.items()))
    return replace(known, constants=constants) if of_corpus == known.options else plan_corpus(recipe, root)


@lru_cache(maxsize=2)
def _plan_once(corpus: str, root: Path | None, pipeline: str, options: tuple[tuple[str, Any], ...]) -> Plan:
    return make_plan(corpus, root=root, pipeline=pipeline, options=dict(options))


def _scalars(data: Data) -> dict[str, bool | int | float | str | None]:
    return cast(dict[str, bool | int | float | str | None], dict(data.options))  # corpora and pipelines take scalars
