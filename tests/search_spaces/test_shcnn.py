import pytest

import models
import search_spaces
from preprocessing import pipelines
from search_spaces.recipe import Recipe, flatten

STATIC_SIDES = {"ten_crop": 42, "centre_crop": 42, "gray_frames": 42, "static_image": 48, "synthetic_flow": 32}
SYSTEMS = ("shcnn", "alexnet", "vgg8", "vgg16", "vgg13", "xception", "densenet")
ALL = [(name, variant) for name in SYSTEMS for variant in search_spaces.variants(name)]


def _recipe(variant: str) -> Recipe:
    return search_spaces.load("shcnn", variant)[0]


def _differing(one: str, other: str) -> set[str]:
    first, second = flatten(_recipe(one)), flatten(_recipe(other))
    return {name for name in {*first, *second} if first.get(name) != second.get(name)}


@pytest.mark.parametrize("corpus", ["casme2", "casme", "samm", "fer2013", "ferplus"])
def test_rows_of_a_table_differ_in_what_they_are_called_by(corpus: str) -> None:
    assert _differing(corpus, f"{corpus}-dropout") == {"training.weight_decay", "model.dropout"}
    assert _differing(corpus, f"{corpus}-no_regularisation") == {"training.weight_decay"}
    if corpus in ("fer2013", "ferplus"):
        assert _differing(corpus, f"{corpus}-no_augmentation") == {"data.pipeline", "training.sample"}
    else:
        assert _differing(f"{corpus}-frames_scratch", f"{corpus}-frames_pretrained") == {"training.initial"}
        gone = {f"data.options.{name}" for name in ("color", "mag_norm", "reference", "flow_lambda")}
        assert _differing(corpus, f"{corpus}-frames_scratch") == {"data.pipeline", "model.in_channels", "model.side", *gone}


def test_regularisation_is_the_papers() -> None:
    """lambda sum w^2 with lambda 3e-4 adds 2 lambda w to the gradient, as PyTorch's decay of 6e-4 does."""
    assert _recipe("casme2").training.weight_decay == pytest.approx(2 * 3e-4) and _recipe("casme2").training.decayed == "kernels"
    assert _differing("ferplus", "ferplus-lr1e-4") == {"training.lr", "training.epochs"}


def test_the_releases_decay_by_steps() -> None:
    ferplus, casme2 = _recipe("ferplus-release").training, _recipe("casme2-release").training
    assert ferplus.lr_decay ** (800 * 100 / 239_740) == pytest.approx(0.995)  # crops of the 23,974 training images
    assert casme2.lr_decay ** (200 * 32 / (16_435 * 25 / 26)) == pytest.approx(0.997)  # flow images of 25 of 26 subjects


@pytest.mark.parametrize(("name", "variant"), ALL)
def test_the_network_takes_what_the_pipeline_makes(name: str, variant: str) -> None:
    recipe, _ = search_spaces.load(name, variant)
    pipeline = pipelines.load(recipe.data.pipeline)
    side = STATIC_SIDES.get(recipe.data.pipeline, {**pipeline.constants, **recipe.data.options}.get("size"))
    shape = models.example_shape(name, **recipe.hparams)
    assert shape[0] == len(pipeline.channels)
    assert "side" not in recipe.hparams or shape[1:] == (side, side)  # the others take any
