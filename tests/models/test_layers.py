import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from models.layers import LSTM, Dropout, noise_shapes


def test_dropout_is_identity_in_evaluation_and_at_zero() -> None:
    x = torch.randn(4, 3)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(Dropout(0.0).train()(x), x)


def test_dropout_uses_the_noise_it_is_given() -> None:
    layer, x = Dropout(0.25), torch.randn(2, 3)
    layer.noise = torch.tensor([[0.0, 0.24, 0.25], [0.9, 0.1, 0.5]])
    kept = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0]])
    assert torch.equal(layer(x), x * kept / 0.75)


def test_dropout_draws_its_own_noise_where_none_is_given() -> None:
    torch.manual_seed(0)
    dropped = (Dropout(0.3)(torch.ones(10_000)) == 0).double().mean()
    assert abs(dropped - 0.3) < 0.02


def test_dropout_refuses_to_drop_everything() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\), but got 1"):
        Dropout(1.0)


def test_noise_is_no_part_of_the_state() -> None:
    layer = Dropout(0.5)
    layer.noise = torch.rand(3)
    assert layer.state_dict() == {}


def _network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), Dropout(0.5), nn.Flatten(), nn.Linear(64, 3)).double()


def test_dropout_and_batch_normalisation_under_vmap_equal_a_loop() -> None:
    stacked = [_network() for _ in range(3)]
    x, noise = torch.randn(3, 5, 2, 6, 6).double(), torch.rand(3, 5, 4, 4, 4).double()
    parameters, buffers = stack_module_state(stacked)
    template = _network()

    def run(parameters: dict[str, Tensor], buffers: dict[str, Tensor], noise: Tensor, x: Tensor) -> Tensor:
        return functional_call(template, {**parameters, **buffers, "3.noise": noise}, (x,))

    together = torch.vmap(run)(parameters, buffers, noise, x)
    together.square().sum().backward()
    for fold, model in enumerate(stacked):
        model[3].noise = noise[fold]  # type: ignore[index]
        alone = model(x[fold])
        alone.square().sum().backward()
        torch.testing.assert_close(together[fold], alone, rtol=0, atol=1e-12)
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(parameters[name].grad[fold], parameter.grad, rtol=0, atol=1e-12)
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            torch.testing.assert_close(buffers[f"1.{name}"][fold], model.get_buffer(f"1.{name}"), rtol=0, atol=1e-12)


def test_noise_shapes_names_active_dropouts_and_leaves_the_model_alone() -> None:
    model = nn.Sequential(Dropout(0.5), nn.Flatten(0, 1), nn.Linear(3, 2), Dropout(0.1), Dropout(0.0), nn.BatchNorm1d(2))
    model[2].eval()
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    assert noise_shapes(model, torch.randn(4, 5, 3)) == {"0.noise": (4, 5, 3), "3.noise": (20, 2)}
    assert model.training and not model[2].training
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())
    assert not model[0]._forward_pre_hooks


def test_lstm_equals_the_one_of_torch() -> None:
    torch.manual_seed(0)
    reference = nn.LSTM(5, 7, batch_first=True).double()
    torch.manual_seed(0)
    ours = LSTM(5, 7).double()
    assert {n: p.shape for n, p in ours.named_parameters()} == {n: p.shape for n, p in reference.named_parameters()}
    for name, parameter in reference.named_parameters():
        assert torch.equal(ours.get_parameter(name), parameter)  # the same draws
    x = torch.randn(3, 6, 5).double()
    expected = reference(x)[0]
    torch.testing.assert_close(ours(x), expected, rtol=0, atol=1e-12)
    ours(x).square().sum().backward()
    expected.square().sum().backward()
    for name, parameter in reference.named_parameters():
        torch.testing.assert_close(ours.get_parameter(name).grad, parameter.grad, rtol=0, atol=1e-12)


def test_lstm_under_vmap_equals_a_loop() -> None:
    stacked = [LSTM(3, 4).double() for _ in range(3)]
    x = torch.randn(3, 2, 5, 3).double()
    parameters, _ = stack_module_state(stacked)
    together = torch.vmap(lambda p, x: functional_call(stacked[0], p, (x,)))(parameters, x)
    torch.testing.assert_close(together, torch.stack([m(x[i]) for i, m in enumerate(stacked)]), rtol=0, atol=1e-12)
