"""Several LSTMs of one size over sequences of one length, as one program: T steps of one batched product each.

Shapes: L LSTMs, T steps, B clips, D inputs, U units.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def hard_sigmoid(x: Tensor) -> Tensor:
    """Keras' (``nn.Hardsigmoid`` has a slope of 1/6)."""
    return (0.2 * x + 0.5).clamp(0, 1)


GATES: dict[str, Callable[[Tensor], Tensor]] = {"sigmoid": torch.sigmoid, "hard_sigmoid": hard_sigmoid}


class ParallelLSTM(nn.Module):
    """Hochreiter and Schmidhuber 1997 with a forget gate and, as Keras has it, one bias: 4 ((D + U) U + U) parameters each.

    Gates lie in the order input, forget, output, candidate. Initialised as Keras does: Glorot uniform, orthogonal recurrent weights, a
    forget bias of 1.
    """

    def __init__(self, num_lstms: int, num_inputs: int, num_units: int, *, gate: str):
        super().__init__()
        if gate not in GATES:
            raise ValueError(f"An LSTM's gate must be one of {', '.join(GATES)}, but got '{gate}'. Change model.gate in the recipe.")
        self.gate, self.num_units = GATES[gate], num_units
        self.weight_input = nn.Parameter(torch.empty(num_lstms, num_inputs, 4 * num_units))
        self.weight_state = nn.Parameter(torch.empty(num_lstms, num_units, 4 * num_units))
        self.bias = nn.Parameter(torch.zeros(num_lstms, 4 * num_units))
        for lstm in range(num_lstms):
            nn.init.xavier_uniform_(self.weight_input[lstm])
            nn.init.orthogonal_(self.weight_state[lstm])
        nn.init.ones_(self.bias[:, num_units : 2 * num_units])

    def forward(self, x: Tensor, kept: Tensor | None) -> Tensor:
        """(T, L, B, D) -> the last states (L, B, U). Where ``kept`` (T, 1 or L, B, 1) is 0 a step leaves the state as it was."""
        weight, bias = torch.cat([self.weight_input, self.weight_state], 1), self.bias.unsqueeze(1)
        state = cell = x.new_zeros(*x.shape[1:3], self.num_units)
        for t, given in enumerate(x.unbind(0)):
            before = state, cell
            gates, candidate = torch.baddbmm(bias, torch.cat([given, state], 2), weight).split((3 * self.num_units, self.num_units), dim=2)
            i, f, o = self.gate(gates).chunk(3, dim=2)
            cell = torch.addcmul(f * cell, i, candidate.tanh())
            state = o * cell.tanh()
            if kept is not None:
                state, cell = (torch.lerp(old, new, kept[t]) for old, new in zip(before, (state, cell), strict=True))
        return state
