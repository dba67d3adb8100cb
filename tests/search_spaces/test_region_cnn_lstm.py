import search_spaces
from models.region_cnn_lstm import PARAMETERS
from search_spaces.region_cnn_lstm import REGIONS


def test_the_recipe_is_the_counted_network() -> None:
    recipe, _ = search_spaces.load("region_cnn_lstm")
    arguments, count = PARAMETERS["RGBA"]
    assert {"num_classes": 3, **recipe.hparams} == arguments and count == 1_093_531
    assert arguments["regions"] == REGIONS


def test_the_leak_is_the_only_difference_of_the_shared_stage() -> None:
    strict, _ = search_spaces.load("region_cnn_lstm", "megc2019")
    shared, _ = search_spaces.load("region_cnn_lstm", "megc2019-shared")
    assert (strict.protocol.feature_stage, shared.protocol.feature_stage) == ("in_fold", "shared")
    for field in ("data", "features", "training", "loss", "augmentation", "hparams", "published"):
        assert getattr(strict, field) == getattr(shared, field), field
