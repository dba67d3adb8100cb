"""Corpora: one module per corpus, found by listing this folder. Each has ``OPTIONS`` and ``read(root, **options) -> list[Clip]``."""

import importlib
import pkgutil
from types import ModuleType


def names() -> list[str]:
    """The corpora, which are the modules of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """The corpus module of that name."""
    if name not in names():
        raise ValueError(f"A corpus must be one of {', '.join(names())}, but got '{name}'. A new one is a file in preprocessing/corpora/.")
    return importlib.import_module(f"{__name__}.{name}")
