"""Published networks, one per file; architecture only: no optimiser, no device, no corpus.

A file's name is the model's name. Each module offers

- ``build(num_classes, *, ...) -> nn.Module``: hyperparameters are keyword-only and have no defaults, so that the recipe is the one
  place that sets them;
- ``example_shape(**hparams) -> tuple[int, ...]``: the shape of one valid input, without the batch;
- ``PARAMETERS``: by label, ``(arguments of build, number of parameters)``, as its docstring states them;
- optionally ``SMALL``: hyperparameters of a form that a test can train in seconds.

Packages of this folder hold blocks that several models share; docs/models.md has the whole contract.
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
    return sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name not in SHARED and not info.ispkg)


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


def small(name: str) -> dict[str, Any]:
    """Hyperparameters of a form of the model that a test can train: ``SMALL``, or the smallest of those that are counted."""
    arguments: dict[str, Any] = (
        getattr(module(name), "SMALL", None) or min(module(name).PARAMETERS.values(), key=lambda counted: counted[1])[0]
    )
    return {key: value for key, value in arguments.items() if key != "num_classes"}


def example_shape(name: str, **hparams: Any) -> tuple[int, ...]:
    """The shape of one valid input of a model, without the batch."""
    shape: tuple[int, ...] = module(name).example_shape(**hparams)
    return shape
