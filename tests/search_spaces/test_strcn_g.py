import pytest

import search_spaces
from search_spaces.published import matching, rows
from search_spaces.recipe import Recipe
from search_spaces.strcn_g import COPIES

LOST = "filter learned"  # Table V: magnified by another paper's network, whose weights we do not have


def _recipes(system: str) -> list[Recipe]:
    return [search_spaces.load(system, variant)[0] for variant in search_spaces.variants(system)]


@pytest.mark.parametrize("system", ["strcn_a", "strcn_g"])
def test_every_row_of_the_system_is_compared_with_one_recipe(system: str) -> None:
    named = [row for recipe in _recipes(system) for wanted in recipe.published for row in matching(wanted, system)]
    assert len(set(named)) == len(named)
    printed = {row for row in rows() if row.system == system}
    assert {row.variant for row in printed - set(named)} == {LOST}
    assert set(named) <= printed


@pytest.mark.parametrize("system", ["strcn_a", "strcn_g"])
@pytest.mark.parametrize("variant", ["casme2-no_da", "smic-lovo-no_da", "samm-filter_removed"])
def test_without_copies_there_are_as_many_iterations_at_the_same_rates(system: str, variant: str) -> None:
    full, _ = search_spaces.load(system, variant.removesuffix("-no_da").removesuffix("-filter_removed"))
    fewer, _ = search_spaces.load(system, variant)
    assert full.data.options["augment"] and not fewer.data.options["augment"]
    assert fewer.training.epochs == COPIES * full.training.epochs
    assert fewer.training.lr_decay**fewer.training.epochs == pytest.approx(full.training.lr_decay**full.training.epochs)


@pytest.mark.parametrize("system", ["strcn_a", "strcn_g"])
def test_ablations_change_what_they_name_and_nothing_else(system: str) -> None:
    full, _ = search_spaces.load(system, "samm")
    without_balance, _ = search_spaces.load(system, "samm-no_bl")
    assert (without_balance.loss.balance, full.loss.balance) == ("none", "batch")
    assert (without_balance.training, without_balance.data, without_balance.hparams) == (full.training, full.data, full.hparams)
    narrow, _ = search_spaces.load(system, "samm-filter_000_005")
    assert narrow.data.options == {**full.data.options, "low": 0.0, "high": 0.05}
    assert (narrow.training, narrow.loss, narrow.hparams) == (full.training, full.loss, full.hparams)
