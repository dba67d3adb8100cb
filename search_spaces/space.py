"""Search dimensions: the region searched around a paper's point. A space is a plain dict of dotted recipe names, in the order they are drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from search_spaces.recipe import Plain

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
