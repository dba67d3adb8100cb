"""Every number of the papers has a system, and every system a place: recipes that are compared with it, or the reason why not."""

from functools import cache

import pytest

import search_spaces
from search_spaces.published import Row, matching, rows
from search_spaces.systems import systems

RECIPES = [(model, variant) for model in search_spaces.names() for variant in search_spaces.variants(model)]
THERE = [name for name, system in systems().items() if system.file]


@cache
def compared(file: str) -> frozenset[Row]:
    """The rows that some recipe of a file is compared with."""
    recipes = (search_spaces.load(file, variant)[0] for variant in search_spaces.variants(file))
    return frozenset(row for recipe in recipes for wanted in recipe.published for row in matching(wanted, file))


@pytest.mark.parametrize(("system", "dataset", "protocol"), sorted({(row.system, row.dataset, row.protocol) for row in rows()}))
def test_every_row_has_a_system(system: str, dataset: str, protocol: str) -> None:
    assert system in systems(), f"rows of {dataset}, {protocol}: search_spaces/systems.yaml has no '{system}'"


@pytest.mark.parametrize("name", systems())
def test_a_system_is_named_somewhere(name: str) -> None:
    has_rows = any(row.system == name for row in rows())
    assert has_rows != bool(systems()[name].where), "`where` is for systems without a row"


@pytest.mark.parametrize("name", THERE)
def test_a_system_that_is_there_has_recipes(name: str) -> None:
    assert systems()[name].file in search_spaces.names()


@pytest.mark.parametrize("file", search_spaces.names())
def test_recipes_belong_to_a_system(file: str) -> None:
    assert file in {system.file for system in systems().values()}, "say in search_spaces/systems.yaml whose recipes these are"


@pytest.mark.parametrize(("file", "variant"), RECIPES)
def test_a_recipe_is_compared_with_rows_of_its_own_system(file: str, variant: str) -> None:
    recipe, _ = search_spaces.load(file, variant)
    named = {row.system for wanted in recipe.published for row in matching(wanted, file)}
    assert {systems()[system].file for system in named} <= {file}


@pytest.mark.parametrize("name", THERE)
def test_every_number_of_a_system_that_is_there_has_a_recipe_or_a_reason(name: str) -> None:
    system = systems()[name]
    assert system.file is not None
    left = [row for row in rows() if row.system == name and row.value is not None and row not in compared(system.file)]
    for reason in system.open:
        assert any(reason.concerns(row) for row in left), f"nothing is open for this reason: {reason.because}"
    unexplained = [row for row in left if not any(reason.concerns(row) for reason in system.open)]
    assert not unexplained, [(row.place, row.method, row.dataset, row.metric) for row in unexplained]
