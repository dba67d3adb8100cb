"""What every model must satisfy; finds them by itself."""

import re
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

import models
from models.layers import Dropout, noise_shapes

CLASSES = 3


def _hparams(name: str) -> dict[str, Any]:
    """The smallest of the model's counted settings, with every Dropout on."""
    arguments, _ = min(models.module(name).PARAMETERS.values(), key=lambda counted: counted[1])
    return {key: 0.5 if key == "dropout" else value for key, value in arguments.items() if key != "num_classes"}


def _build(name: str, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return models.build(name, CLASSES, **_hparams(name))


def _input(name: str, batch: int, seed: int = 0) -> Tensor:
    return torch.randn(batch, *models.example_shape(name, **_hparams(name)), generator=torch.Generator().manual_seed(seed))


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
    assert min(count for _, count in module.PARAMETERS.values()) in stated


@pytest.mark.parametrize("name", models.names())
def test_gradients_reach_every_parameter(name: str) -> None:
    model = _build(name)
    model(_input(name, 4)).square().sum().backward()
    unreached = [path for path, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unreached


@pytest.mark.parametrize("name", models.names())
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


@pytest.mark.parametrize("name", models.names())
def test_stacked_training_steps_equal_sequential_ones(name: str) -> None:
    """Three folds as one vmapped program in float64: logits, gradients and running statistics."""
    folds = [_build(name, seed).double() for seed in range(3)]
    x = torch.stack([_input(name, 2, seed) for seed in range(3)]).double()
    generator = torch.Generator().manual_seed(0)
    shapes = noise_shapes(folds[0], x[0])
    noise = {path: torch.rand(3, *shape, generator=generator, dtype=torch.float64) for path, shape in shapes.items()}
    parameters, buffers = stack_module_state(folds)
    run = torch.vmap(lambda state, x: functional_call(folds[0], state, (x,)))
    together = run({**parameters, **buffers, **noise}, x)
    together.square().sum().backward()
    for i, fold in enumerate(folds):
        alone = functional_call(fold, {path: drawn[i] for path, drawn in noise.items()}, (x[i],))
        alone.square().sum().backward()
        torch.testing.assert_close(together[i], alone, rtol=0, atol=1e-10)
        for path, parameter in fold.named_parameters():
            torch.testing.assert_close(parameters[path].grad[i], parameter.grad, rtol=1e-9, atol=1e-9)
        for path, buffer in fold.named_buffers():
            torch.testing.assert_close(buffers[path][i], buffer, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", models.names())
def test_an_unknown_hyperparameter_is_rejected(name: str) -> None:
    with pytest.raises(ValueError, match="unknown \\['colour'\\]"):
        models.build(name, CLASSES, **_hparams(name), colour="red")
