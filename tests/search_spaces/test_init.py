import pytest

import search_spaces


def test_the_first_recipe_is_the_papers() -> None:
    assert search_spaces.load("ststnet")[0] == search_spaces.load("ststnet", "megc2019_flow")[0]
    assert search_spaces.variants("stanet")[0] == "casme2"


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="but got 'resnet'. Known models: .*stanet"):
        search_spaces.load("resnet")
    with pytest.raises(ValueError, match="but got corpus 'fer2013'. It has: megc2019_flow, synthetic"):
        search_spaces.load("ststnet", "fer2013")


def test_dimensions_without_a_field_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from search_spaces import stanet
    from search_spaces.space import Choice

    monkeypatch.setattr(stanet, "SPACE", {**stanet.SPACE, "model.width": Choice(options=(1, 2))})
    assert "model.width" not in search_spaces.load("stanet")[1]


def test_a_variant_may_have_its_own_region() -> None:
    small, published = search_spaces.load("stanet", "synthetic")[1], search_spaces.load("stanet")[1]
    assert small["model.sab_depth"] != published["model.sab_depth"]
