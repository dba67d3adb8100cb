import pytest

import search_spaces
from search_spaces.space import Choice, Float, Int, applies, contains, limit


def test_conditions_hold_for_the_settings_drawn_so_far() -> None:
    gamma = Float(low=0, high=5, when={"loss.kind": "focal"})
    assert applies(gamma, {"loss.kind": "focal"})
    assert not applies(gamma, {"loss.kind": "cross_entropy"})
    assert applies(Float(low=0, high=5), {})


@pytest.mark.parametrize(
    ("dimension", "inside", "outside"),
    [(Float(low=0, high=1), 0.5, 1.5), (Int(low=1, high=3), 3, 4), (Choice(options=("a", None)), None, "b"), (Int(low=0, high=1), 1, True)],
)
def test_contains(dimension: Float | Int | Choice, inside: object, outside: object) -> None:
    assert contains(dimension, inside)  # type: ignore[arg-type]
    assert not contains(dimension, outside)  # type: ignore[arg-type]


def test_a_limit_cuts_the_dimension_and_the_first_trial() -> None:
    recipe, space = search_spaces.load("ststnet")
    limited, shorter = limit(space, recipe, 200)
    assert (shorter.training.epochs, limited["training.epochs"]) == (200, Int(low=20, high=200, log=True))
    assert recipe.training.epochs == 800 and space["training.epochs"] == Int(low=20, high=800, log=True)
    limited, shorter = limit(space, recipe, 5)
    assert (shorter.training.epochs, limited["training.epochs"]) == (5, Int(low=5, high=5, log=True))


def test_a_limit_above_changes_nothing() -> None:
    recipe, space = search_spaces.load("ststnet")
    assert limit(space, recipe, 1000) == (space, recipe)
    assert limit({}, recipe, 1000) == ({}, recipe)


def test_a_limit_of_no_epochs_is_refused() -> None:
    recipe, space = search_spaces.load("ststnet")
    with pytest.raises(ValueError, match="at least 1, but got 0 for 'ststnet'"):
        limit(space, recipe, 0)
