"""Axes: settings as the axes of parallel coordinates. A setting that a dimension does not apply to stands at its foot, at the dash."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution

from search_spaces.recipe import Plain

ABSENT = "–"
NUM_TICKS = 5


def axes(
    names: Sequence[str], settings: Sequence[Mapping[str, Plain]], distributions: Mapping[str, BaseDistribution]
) -> list[dict[str, Any]]:
    """One axis, as Plotly's ``Parcoords`` takes it, per dimension."""
    return [_axis(name, [given.get(name, ABSENT) for given in settings], distributions[name]) for name in names]


def score_axis(title: str, scores: np.ndarray) -> dict[str, Any]:
    return {"label": title, "values": scores.tolist()}


def _axis(name: str, values: Sequence[Any], distribution: BaseDistribution) -> dict[str, Any]:
    if isinstance(distribution, CategoricalDistribution):
        return _named(name, values)
    log = bool(getattr(distribution, "log", False))
    place = math.log10 if log else float
    numbers = [None if value == ABSENT else place(float(value)) for value in values]
    low, high = place(distribution.low), place(distribution.high)
    foot = low - 0.15 * (high - low)
    ticks = np.linspace(low, high, NUM_TICKS).tolist()
    texts = [_short(10**tick if log else tick) for tick in ticks]
    if None in numbers:
        ticks, texts, low = [foot, *ticks], [ABSENT, *texts], foot
    shown = [foot if number is None else number for number in numbers]
    return {"label": _label(name), "values": shown, "range": [low, high], "tickvals": ticks, "ticktext": texts}


def _named(name: str, values: Sequence[Any]) -> dict[str, Any]:
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    order = sorted(set(texts), key=lambda text: (text != ABSENT, text))
    places = {text: place for place, text in enumerate(order)}
    return {
        "label": _label(name),
        "values": [places[text] for text in texts],
        "range": [-0.2, len(order) - 0.8],
        "tickvals": list(range(len(order))),
        "ticktext": order,
    }


def _label(name: str) -> str:
    """``training.lr`` -> ``lr``: what it is called in a narrow place."""
    return name.partition(".")[2] or name


def _short(number: float) -> str:
    return f"{number:.3g}"
