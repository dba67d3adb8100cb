import pytest

import models


def test_names_are_the_files_of_models() -> None:
    assert {"stanet", "ststnet"} <= set(models.names())
    assert not {"layers", "losses"} & set(models.names())


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="Known models: .*ststnet"):
        models.build("resnet", 3)


def test_unknown_and_missing_hyperparameters_are_named() -> None:
    with pytest.raises(ValueError, match=r"unknown \['drop'\] and misses \['dropout'\].*widths, dropout, in_channels"):
        models.build("ststnet", 3, widths=(3, 5, 8), drop=0.5, in_channels=3)
