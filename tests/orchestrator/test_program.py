"""The exported program predicts as its network was scored, at every batch size, and what would not is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import models
from orchestrator import program
from orchestrator.augment import evaluation_view
from search_spaces.recipe import Augmentation, flatten
from tests.orchestrator.release_examples import RENDERED, VIDEO

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(3, 3, 32, 32), (2, 4, 3, 32, 32)])
@pytest.mark.parametrize("settings", [{}, {"crop": 28}, {"crop": 24, "flow_channels": (2, 1), "flow_center": 0.5}])
def test_it_sees_what_is_scored(shape: tuple[int, ...], settings: dict[str, object]) -> None:
    augmentation = Augmentation(**settings)  # type: ignore[arg-type]
    batch = torch.from_numpy(RNG.normal(size=shape).astype(np.float32))
    seen = program.Shipped(nn.Identity(), 0.5, augmentation).seen(batch)
    torch.testing.assert_close(seen, evaluation_view(batch * 0.5, augmentation), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("recipe", [VIDEO, RENDERED], ids=lambda recipe: recipe.model)
def test_it_predicts_as_its_network(recipe: object, tmp_path: Path) -> None:
    """``save`` compares batches of several sizes by itself."""
    settings = flatten(recipe)  # type: ignore[arg-type]
    hparams = {name.removeprefix("model."): value for name, value in settings.items() if name.startswith("model.")}
    state = models.build(str(settings["model"]), 3, **hparams).state_dict()
    shipped = program.network(settings, 3, state)
    shape = (4, 2, 64, 64) if settings["model"] == "stanet" else (3, 28, 28)
    program.save(tmp_path / "model", shipped, RNG.normal(size=(1, *shape)).astype(np.float32), metadata={})
    batch = RNG.normal(size=(3, *shape)).astype(np.float32)
    np.testing.assert_allclose(program.load(tmp_path / "model")(batch), program.predicting(shipped)(batch), atol=1e-5)
    assert program.input_shape(tmp_path / "model") == shape


def test_a_program_appends_the_zero_frames_itself(tmp_path: Path) -> None:
    """A network that counts them, and one clip per length; the example that MLflow writes as text is short."""

    class Counts(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([(x == 0).flatten(1).sum(1) / 10, x.flatten(1).sum(1)], 1)

    shipped = program.Shipped(Counts(), 1.0, frames=12).eval()
    program.save(tmp_path / "model", shipped, np.ones((1, 12, 2, 4, 4), np.float32), metadata={})
    assert program.input_shape(tmp_path / "model") == (-1, 2, 4, 4)
    exported = program.load(tmp_path / "model")
    for num_clips, length in ((1, 1), (3, 5), (2, 12)):
        clips = RNG.normal(size=(num_clips, length, 2, 4, 4)).astype(np.float32)
        np.testing.assert_allclose(exported(clips), program.predicting(shipped)(clips), atol=1e-6)
    with pytest.raises(Exception, match="at most 12|<= 12"):
        exported(np.ones((1, 13, 2, 4, 4), np.float32))
    assert len(json.loads((tmp_path / "model" / "serving_input_example.json").read_text())["inputs"][0]) == program.EXAMPLE_FRAMES


def test_an_export_that_predicts_otherwise_is_refused(tmp_path: Path) -> None:
    class Branches(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.flatten(1)[:, :2] * (1.0 if torch.compiler.is_exporting() else -1.0)

    with pytest.raises(ValueError, match="must predict as its network"):
        program.save(tmp_path / "model", program.Shipped(Branches(), 1.0).eval(), RNG.normal(size=(2, 4)), metadata={})
