"""What every recipe and space must satisfy; finds them by itself."""

from collections.abc import Callable

import pytest
import torch

import models
import search_spaces
from search_spaces.published import rows, targets
from search_spaces.recipe import Recipe, flatten, with_settings
from search_spaces.space import Choice, Dimension, Int, applies, contains
from search_spaces.systems import systems

RECIPES = [(model, variant) for model in search_spaces.names() for variant in search_spaces.variants(model)]
each = pytest.mark.parametrize(("model", "variant"), RECIPES)


def _corners(dimension: Dimension) -> tuple[object, ...]:
    return dimension.options if isinstance(dimension, Choice) else (dimension.low, dimension.high)


@each
def test_the_published_point_lies_in_its_space(model: str, variant: str) -> None:
    recipe, space = search_spaces.load(model, variant)
    flat = flatten(recipe)
    outside = [name for name, dimension in space.items() if applies(dimension, flat) and not contains(dimension, flat[name])]
    assert not outside
    fallback = [name for name, dimension in space.items() if not applies(dimension, flat) and not contains(dimension, flat[name])]
    assert set(fallback) <= {"loss.mask_l1"}, "a value that only stands where its dimension is off should still be a plausible one"


@each
def test_conditions_refer_to_earlier_dimensions(model: str, variant: str) -> None:
    _, space = search_spaces.load(model, variant)
    drawn: dict[str, Dimension] = {}
    for name, dimension in space.items():
        for condition, value in dimension.when.items():
            assert condition in drawn and contains(drawn[condition], value), f"{name} when {condition} = {value}"
        drawn[name] = dimension


@each
def test_every_corner_of_the_space_is_a_valid_recipe(model: str, variant: str) -> None:
    recipe, space = search_spaces.load(model, variant)
    assert space
    for name, dimension in space.items():
        if isinstance(dimension, Choice):
            assert len(set(dimension.options)) == len(dimension.options) > 1, name
        else:
            assert 0 <= dimension.low < dimension.high and (not dimension.log or dimension.low > 0), name
            assert not isinstance(dimension, Int) or isinstance(dimension.low, int), name
        for value in _corners(dimension):
            with_settings(recipe, {name: value})  # type: ignore[dict-item]


@each
def test_every_model_setting_of_the_space_builds(model: str, variant: str) -> None:
    recipe, space = search_spaces.load(model, variant)
    assert recipe.name == model
    for name, dimension in space.items():
        for value in _corners(dimension) if name.startswith("model.") else ():
            with torch.device("meta"):
                models.build(recipe.model, 3, **with_settings(recipe, {name: value}).hparams)  # type: ignore[dict-item]


@pytest.mark.parametrize(("model", "variant"), [given for given in RECIPES if given[1].startswith("synthetic")])  # whose inputs are small
def test_a_small_recipe_runs_at_every_model_setting(model: str, variant: str) -> None:
    recipe, space = search_spaces.load(model, variant)
    settings = [{name: value} for name, dimension in space.items() if name.startswith("model.") for value in _corners(dimension)]
    for changes in settings:
        hparams = with_settings(recipe, changes).hparams  # type: ignore[arg-type]
        network = models.build(recipe.model, 3, **hparams).eval()
        assert network(torch.randn(1, *models.example_shape(recipe.model, **hparams))).shape == (1, 3), changes


@each
def test_targets_and_evidence(model: str, variant: str) -> None:
    recipe, _ = search_spaces.load(model, variant)
    assert recipe.paper and recipe.notes
    assert all(0 < target.value < 1 and target.source for target in targets(recipe))
    assert not (variant.startswith("synthetic") and targets(recipe)), "nothing is published of a synthetic corpus"
    printed = any(systems()[row.system].file == model and row.value is not None for row in rows())
    first = variant == search_spaces.variants(model)[0]
    assert targets(recipe) or not (printed and first), "the first recipe is the paper's own: what did it report?"


@each
def test_resolved_recipe_is_as_reviewed(model: str, variant: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{model}-{variant}.txt", _text(search_spaces.load(model, variant)[0]))


def _text(recipe: Recipe) -> str:
    settings = "".join(f"{name} = {value!r}\n" for name, value in sorted(flatten(recipe).items()))
    return settings + "".join(f"target {t.metric} {t.corpus} = {t.value!r}  # {t.source}\n" for t in targets(recipe))
