"""Layouts: how each corpus lies on disk, one module per corpus, found by listing this folder.

A layout has ``VARIANTS`` (the first is the default), ``IMAGES`` (the kinds that its reader takes) and ``plan(settings) -> Plan``.
"""

import importlib
import pkgutil
from types import ModuleType


def names() -> list[str]:
    """The corpora that can be synthesized, which are the modules of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """The layout of that corpus."""
    if name not in names():
        raise ValueError(f"A corpus to synthesize must be one of {', '.join(names())}, but got '{name}'. Add synthesis/layouts/{name}.py.")
    return importlib.import_module(f"{__name__}.{name}")
