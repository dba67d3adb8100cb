"""Published networks, one per file; architecture only: no optimiser, no device, no corpus.

A file's name is the model's name. Each module offers

- ``build(num_classes, *, ...) -> nn.Module``: hyperparameters are keyword-only and have no defaults, so that the recipe is the one
  place that sets them;
- ``example_shape(**hparams) -> tuple[int, ...]``: the shape of one valid input, without the batch;
- ``PARAMETERS``: by label, ``(arguments of build, number of parameters)``, as its docstring states them.
"""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

from torch import nn

SHARED = ("layers", "losses")


def names() -> list[str]:
    """Every model in this folder."""
    return sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name not in SHARED)


def module(name: str) -> ModuleType:
    """The module of one model."""
    if name not in names():
        raise ValueError(f"A model must be a file of models/, but got '{name}'. Known models: {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{name}")


def build(name: str, num_classes: int, **hparams: Any) -> nn.Module:
    """A freshly initialised model; the initialisation depends on torch's global seed alone."""
    construct = module(name).build
    known = [p.name for p in inspect.signature(construct).parameters.values() if p.kind is p.KEYWORD_ONLY]
    unknown, missing = sorted(set(hparams) - set(known)), sorted(set(known) - set(hparams))
    if unknown or missing:
        raise ValueError(
            f"Model '{name}' must get exactly its hyperparameters, but got unknown {unknown} and misses {missing}. "
            f"Its hyperparameters: {', '.join(known)}. Correct them in search_spaces/{name}.py."
        )
    network: nn.Module = construct(num_classes, **hparams)
    return network


def example_shape(name: str, **hparams: Any) -> tuple[int, ...]:
    """The shape of one valid input of a model, without the batch."""
    shape: tuple[int, ...] = module(name).example_shape(**hparams)
    return shape
