"""Pipelines: one file per paper, found by listing this folder. Each has ``PIPELINES``; a new one is a file here."""

import functools
import importlib
import pkgutil

from preprocessing import corpora
from preprocessing.pipeline import Pipeline


def names() -> list[str]:
    """The known pipelines."""
    return sorted(_known())


def load(name: str) -> Pipeline:
    """The pipeline of that name."""
    if name not in _known():
        raise ValueError(
            f"A pipeline must be one of {', '.join(names())}, but got '{name}'. A new one is a file in preprocessing/pipelines/."
        )
    return _known()[name]


def default_for(corpus: str) -> str:
    """The pipeline that a corpus is built with where none is named: the corpus module's own, or flow from onset to apex."""
    return getattr(corpora.load(corpus), "PIPELINE", "onset_apex_flow")


@functools.cache
def _known() -> dict[str, Pipeline]:
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return {pipeline.name: pipeline for module in modules for pipeline in module.PIPELINES}
