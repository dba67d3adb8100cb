import pytest

from search_spaces.recipe import Augmentation, Data, Loss, Recipe, Training, digest, flatten, with_settings

RECIPE = Recipe(
    model="toy",
    paper="none",
    data=Data(corpus="synthetic", classes="synthetic3", pipeline="flow", options={"seed": 1}),
    training=Training(lr=0.1, batch_size=4, epochs=2),
    hparams={"dropout": 0.5},
)


def test_every_field_has_a_dotted_name() -> None:
    flat = flatten(RECIPE)
    assert (flat["model"], flat["training.lr"], flat["model.dropout"], flat["data.options.seed"]) == ("toy", 0.1, 0.5, 1)
    assert not any(name.startswith(("targets", "notes", "paper")) for name in flat)


def test_settings_change_fields_by_dotted_name() -> None:
    changed = with_settings(RECIPE, {"training.lr": 0.2, "training.epochs": 3, "model.dropout": 0.1, "loss.kind": "focal"})
    assert (changed.training.lr, changed.training.epochs, changed.hparams["dropout"], changed.loss.kind) == (0.2, 3, 0.1, "focal")
    assert RECIPE.training.lr == 0.1 and RECIPE.hparams["dropout"] == 0.5


@pytest.mark.parametrize("name", ["training.learning_rate", "model.width", "lr", "paper"])
def test_unknown_settings_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"but got '{name}' for 'toy'"):
        with_settings(RECIPE, {name: 1})


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="training.lr must be positive, but got 0"):
        with_settings(RECIPE, {"training.lr": 0})
    with pytest.raises(ValueError, match="loss.beta"):
        Loss(beta=1.0)
    with pytest.raises(ValueError, match="augmentation.flip"):
        Augmentation(flip=2)


def test_digest_ignores_the_order_of_keys_only() -> None:
    assert digest({"a": 1, "b": (2, 3)}) == digest({"b": [2, 3], "a": 1})
    assert digest({"a": 1}) != digest({"a": 1.5})
