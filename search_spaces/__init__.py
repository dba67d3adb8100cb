"""What each paper fixed and reported, and the region searched around it; one paper per file.

A file's name is the model's name. Each module offers

- ``RECIPES: dict[str, Recipe]`` by corpus variant, the paper's own first;
- ``SPACE: Space``, the region searched around them; a dimension that a recipe has no field for is left out for that recipe;
- optionally ``SPACES: dict[str, Space]``, another region for some variants.
"""

import importlib
import pkgutil
from types import ModuleType

from search_spaces.recipe import Recipe, flatten
from search_spaces.space import Space

SHARED = ("published", "recipe", "space", "systems")


def names() -> list[str]:
    """Every model that has recipes."""
    return sorted(info.name for info in pkgutil.iter_modules(__path__) if info.name not in SHARED)


def variants(model: str) -> list[str]:
    """The corpus variants of a model's recipes, the paper's own first."""
    return list(_module(model).RECIPES)


def load(model: str, corpus: str | None = None) -> tuple[Recipe, Space]:
    """A recipe and the space around it, by default the first of the model's."""
    recipes: dict[str, Recipe] = _module(model).RECIPES
    variant = next(iter(recipes)) if corpus is None else corpus
    if variant not in recipes:
        raise ValueError(
            f"A recipe must be one of search_spaces/{model}.py, but got corpus '{variant}'. It has: {', '.join(recipes)}. "
            "Choose one of them or add a recipe there."
        )
    space: Space = getattr(_module(model), "SPACES", {}).get(variant, _module(model).SPACE)
    fields = flatten(recipes[variant])
    return recipes[variant], {name: dimension for name, dimension in space.items() if name in fields}


def _module(model: str) -> ModuleType:
    if model not in names():
        raise ValueError(f"A model must have a file in search_spaces/, but got '{model}'. Known models: {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{model}")
