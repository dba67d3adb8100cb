"""Search dimensions: the region searched around a paper's point.

A space is a plain dict of dotted recipe names, in the order they are drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from search_spaces.recipe import Plain, Recipe, with_settings

Condition = Mapping[str, Plain]


@dataclass(frozen=True, kw_only=True)
class Float:
    """A number in [low, high]; with ``log`` uniform in its logarithm."""

    low: float
    high: float
    log: bool = False
    grid: int = 3
    """How many points of it a grid search visits."""
    when: Condition = field(default_factory=dict)
    """Drawn only where these settings hold; elsewhere the recipe's value stands."""


@dataclass(frozen=True, kw_only=True)
class Int:
    """A whole number in [low, high]."""

    low: int
    high: int
    log: bool = False
    grid: int = 3
    when: Condition = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of some plain values."""

    options: tuple[Plain, ...]
    when: Condition = field(default_factory=dict)


Dimension = Float | Int | Choice
Space = Mapping[str, Dimension]


def applies(dimension: Dimension, settings: Mapping[str, Plain]) -> bool:
    """Whether a conditional dimension is drawn, given the settings drawn so far and the recipe's for the rest."""
    return all(settings.get(name) == value for name, value in dimension.when.items())


def contains(dimension: Dimension, value: Plain) -> bool:
    """Whether a value lies in the dimension's region."""
    if isinstance(dimension, Choice):
        return value in dimension.options
    return isinstance(value, int | float) and not isinstance(value, bool) and dimension.low <= value <= dimension.high


def limit(space: Space, recipe: Recipe, max_epochs: int) -> tuple[Space, Recipe]:
    """Space and recipe with at most ``max_epochs`` epochs, so that a search fits a budget; trial 0 is then the paper's point cut short."""
    if max_epochs < 1:
        raise ValueError(f"A limit on epochs must be at least 1, but got {max_epochs} for '{recipe.model}'. Raise --max-epochs.")
    name = "training.epochs"
    recipe = with_settings(recipe, {name: min(recipe.training.epochs, max_epochs)})
    epochs = space.get(name)
    if isinstance(epochs, Int):
        space = {**space, name: replace(epochs, low=min(epochs.low, recipe.training.epochs), high=min(epochs.high, max_epochs))}
    return space, recipe
