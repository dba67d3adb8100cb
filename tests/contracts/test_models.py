"""What every model must satisfy; finds them by itself."""

import re
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

import models
from models.layers import Dropout, noise_shapes
from tests.models.stacking import assert_equal_to_a_loop

CLASSES = 3


def _hparams(name: str) -> dict[str, Any]:
    """A small form of the model, with every Dropout on."""
    return {key: 0.5 if key == "dropout" else value for key, value in models.small(name).items()}


def _build(name: str, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return models.build(name, CLASSES, **_hparams(name))


def _input(name: str, batch: int, seed: int = 0) -> Tensor:
    return torch.randn(batch, *models.example_shape(name, **_hparams(name)), generator=torch.Generator().manual_seed(seed))


def _fits_itself(name: str) -> bool:
    return hasattr(_build(name), "fit")


TRAINED = [name for name in models.names() if not _fits_itself(name)]
"""By gradient steps."""
FITTED = [name for name in models.names() if _fits_itself(name)]
TWO_STAGED = [name for name in TRAINED if hasattr(_build(name), "relabel")]


def _stages(name: str) -> tuple[str, ...]:
    """The submodules that are stacked and trained: the whole network, or each of its two stages."""
    return ("features", "head") if name in TWO_STAGED else ("",)


def _stage_input(name: str, stage: str, seed: int) -> Tensor:
    x = _input(name, 2, seed).double()
    if stage:
        x = x.flatten(0, 1)
    if stage == "head":
        features = _build(name).double().eval().get_submodule("features")
        x = torch.cat([features.embed(x).detach(), torch.ones(len(x), 1)], 1).unflatten(0, (2, -1))  # type: ignore[operator]
    return x


@pytest.mark.parametrize("name", models.names())
def test_logits(name: str) -> None:
    assert _build(name)(_input(name, 2)).shape == (2, CLASSES)
    assert _build(name).eval()(_input(name, 1)).isfinite().all()  # a batch of one


@pytest.mark.parametrize("name", models.names())
def test_parameter_counts_are_as_stated(name: str) -> None:
    module = models.module(name)
    for label, (arguments, count) in module.PARAMETERS.items():
        with torch.device("meta"):
            assert sum(p.numel() for p in models.build(name, **arguments).parameters()) == count, label
    stated = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d", module.__doc__ or "")}
    assert min(count for _, count in module.PARAMETERS.values()) in {0, *stated}


@pytest.mark.parametrize("name", TRAINED)
def test_gradients_reach_every_parameter(name: str) -> None:
    model, x = _build(name), _input(name, 4)
    loss = model(x).square().sum()
    if name in TWO_STAGED:
        loss = loss + model.get_submodule("features")(x.flatten(0, 1)).square().sum()
    loss.backward()
    unreached = [path for path, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unreached


@pytest.mark.parametrize("name", TRAINED)
def test_the_seed_alone_sets_the_weights(name: str) -> None:
    first, again, other = _build(name, 1).state_dict(), _build(name, 1).state_dict(), _build(name, 2).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", models.names())
def test_weights_survive_safetensors(name: str, tmp_path: Path) -> None:
    model, x = _build(name, 1), _input(name, 2)
    model(x)  # moves the running statistics
    safetensors.torch.save_file(model.state_dict(), tmp_path / "model.safetensors")
    restored = _build(name, 2)
    restored.load_state_dict(safetensors.torch.load_file(tmp_path / "model.safetensors"))
    assert torch.equal(restored.eval()(x), model.eval()(x))


@pytest.mark.parametrize("name", models.names())
def test_exports_with_any_batch(name: str) -> None:
    model = _build(name).eval()
    exported = torch.export.export(model, (_input(name, 2),), dynamic_shapes=({0: torch.export.Dim("batch")},)).module()
    for batch in (1, 2, 5):
        torch.testing.assert_close(exported(_input(name, batch)), model(_input(name, batch)))


@pytest.mark.parametrize("name", models.names())
def test_dropout_is_the_only_random_layer(name: str) -> None:
    model, x = _build(name), _input(name, 3)
    for path, shape in noise_shapes(model, x).items():
        model.get_submodule(path.removesuffix(".noise")).noise = torch.rand(shape)
    assert torch.equal(model(x), model(x))
    assert not any("Dropout" in type(m).__name__ and not isinstance(m, Dropout) for m in model.modules())


@pytest.mark.parametrize(("name", "stage"), [(name, stage) for name in TRAINED for stage in _stages(name)])
def test_stacked_training_steps_equal_sequential_ones(name: str, stage: str) -> None:
    """Three folds as one vmapped program in float64: logits, gradients and running statistics."""
    folds = [_build(name, seed).double().get_submodule(stage) for seed in range(3)]
    x = torch.stack([_stage_input(name, stage, seed) for seed in range(3)])
    generator = torch.Generator().manual_seed(0)
    shapes = noise_shapes(folds[0], x[0])
    noise = {path: torch.rand(3, *shape, generator=generator, dtype=torch.float64) for path, shape in shapes.items()}
    assert_equal_to_a_loop(folds, x, noise)


@pytest.mark.parametrize("name", models.names())
def test_an_unknown_hyperparameter_is_rejected(name: str) -> None:
    with pytest.raises(ValueError, match="unknown \\['colour'\\]"):
        models.build(name, CLASSES, **_hparams(name), colour="red")


@pytest.mark.parametrize("name", TWO_STAGED)
def test_both_stages_together_are_the_network(name: str) -> None:
    model: Any = _build(name).eval()
    x = _input(name, 3)
    x[1, -2:] = 0  # a shorter clip
    features, head = model.get_submodule("features"), model.get_submodule("head")
    frames = features.embed(x.flatten(0, 1)).unflatten(0, x.shape[:2])
    present = x.flatten(2).any(-1, keepdim=True).to(x)
    torch.testing.assert_close(head(torch.cat([frames * present, present], -1)), model(x))
    logits = features(x.flatten(0, 1))
    assert logits.dim() == 3 and logits.shape[1] == len(model.relabel) and max(map(max, model.relabel)) < logits.shape[2]
    assert all(len(head_classes) == CLASSES for head_classes in model.relabel)


@pytest.mark.parametrize("name", FITTED)
def test_what_is_fitted_is_kept_and_exported(name: str, tmp_path: Path) -> None:
    model, restored, x = _build(name).eval(), _build(name).eval(), _input(name, 12).abs()
    labels = torch.arange(12) % CLASSES
    model.fit(x + labels.view(-1, *[1] * (x.dim() - 1)), labels, torch.ones(CLASSES))  # type: ignore[operator]
    safetensors.torch.save_file(model.state_dict(), tmp_path / "model.safetensors")
    restored.load_state_dict(safetensors.torch.load_file(tmp_path / "model.safetensors"))
    exported = torch.export.export(restored, (x[:2],), dynamic_shapes=({0: torch.export.Dim("batch")},)).module()
    for batch in (1, 2, 5):
        torch.testing.assert_close(exported(x[:batch]), model(x[:batch]))
