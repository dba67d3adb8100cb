import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from models.region_lstm.lstm import ParallelLSTM, hard_sigmoid

LSTMS, INPUTS, UNITS = 3, 5, 7


def _lstm(gate: str = "sigmoid", seed: int = 0) -> ParallelLSTM:
    torch.manual_seed(seed)
    return ParallelLSTM(LSTMS, INPUTS, UNITS, gate=gate).double()


def _sequence(num_steps: int = 6) -> Tensor:
    return torch.randn(num_steps, LSTMS, 4, INPUTS, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def _torch_lstm(ours: ParallelLSTM, which: int) -> nn.LSTM:
    """The same as torch's, whose gates lie in the order input, forget, candidate, output, and whose second bias is 0."""
    reference = nn.LSTM(INPUTS, UNITS, batch_first=False).double()

    def reordered(weights: Tensor) -> Tensor:
        i, f, o, g = weights.chunk(4, dim=-1)
        return torch.cat([i, f, g, o], -1).T

    with torch.no_grad():
        reference.get_parameter("weight_ih_l0").copy_(reordered(ours.weight_input[which]))
        reference.get_parameter("weight_hh_l0").copy_(reordered(ours.weight_state[which]))
        reference.get_parameter("bias_ih_l0").copy_(reordered(ours.bias[which : which + 1])[:, 0])
        reference.get_parameter("bias_hh_l0").zero_()
    return reference


def test_each_equals_the_one_of_torch() -> None:
    lstm, x = _lstm(), _sequence()
    states = lstm(x, None)
    for which in range(LSTMS):
        torch.testing.assert_close(states[which], _torch_lstm(lstm, which)(x[:, which])[1][0][0], rtol=0, atol=1e-12)


def test_one_bias_and_keras_initialisation() -> None:
    lstm = _lstm()
    assert sum(p.numel() for p in lstm.parameters()) == LSTMS * 4 * ((INPUTS + UNITS) * UNITS + UNITS)
    assert torch.equal(lstm.bias[0], torch.tensor([0.0] * UNITS + [1.0] * UNITS + [0.0] * 2 * UNITS).double())
    torch.testing.assert_close(lstm.weight_state[1] @ lstm.weight_state[1].T, torch.eye(UNITS).double(), rtol=0, atol=1e-5)


def test_hard_gates_are_those_of_keras() -> None:
    x = torch.linspace(-4, 4, 9)
    torch.testing.assert_close(hard_sigmoid(x), torch.tensor([0.0, 0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0, 1.0]))
    assert not torch.allclose(_lstm("hard_sigmoid")(_sequence(), None), _lstm()(_sequence(), None))


def test_a_step_that_is_not_kept_leaves_the_state() -> None:
    lstm, x = _lstm(), _sequence(6)
    kept = torch.ones(6, 1, 4, 1).double()
    kept[4:] = 0
    torch.testing.assert_close(lstm(x, kept), lstm(x[:4], None), rtol=0, atol=1e-12)
    torch.testing.assert_close(lstm(x, torch.ones_like(kept)), lstm(x, None), rtol=0, atol=1e-12)


def test_under_vmap_equals_a_loop() -> None:
    stacked, x = [_lstm(seed=seed) for seed in range(2)], torch.stack([_sequence(), 2 * _sequence()])
    parameters, _ = stack_module_state(stacked)
    together = torch.vmap(lambda p, x: functional_call(stacked[0], p, (x, None)))(parameters, x)
    torch.testing.assert_close(together, torch.stack([lstm(x[i], None) for i, lstm in enumerate(stacked)]), rtol=0, atol=1e-12)


def test_an_unknown_gate_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one of sigmoid, hard_sigmoid, but got 'tanh'.*model\.gate"):
        ParallelLSTM(1, 2, 3, gate="tanh")
