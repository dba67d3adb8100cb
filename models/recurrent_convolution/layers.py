"""Recurrent convolutional layers: one input, convolved again and again with what came out before.

Sources: Xia et al., "Spatiotemporal recurrent convolutional networks for recognizing spontaneous micro-expressions", IEEE TMM 2020, Eq.
5-7, which can be read in several ways; the authors' released code (MatConvNet for that paper, PyTorch for its successors) is two more.
With M maps, n iterations and a reading's own n, a layer has

- ``eq6``: v_0 = relu(BN_0(f)), v_i = relu(BN_i(f + W_r * v_(i-1) + b)), f = W_f * u, n = 3: 10 M^2 + 9 M parameters;
- ``eq6_literal_init``: the same from v_0 = u, as Eq. 7 has it: 10 M^2 + 7 M;
- ``unshared``: ``eq6`` with a W_r for each iteration: 28 M^2 + 9 M;
- ``authors_torch``: y_0 = relu(BN(W_f * u)), y_i = relu(BN(W_r * (u + y_(i-1)))) with one W_r and one BN, whatever n: 10 M^2 + 6 M;
- ``authors_matconvnet``: the same with a W_r and a BN for each of n = 2 iterations, convolutions without bias: 19 M^2 + 6 M.

W_f is 1 x 1, W_r 3 x 3; every layer keeps the size of its maps. Shapes: B clips, M maps, h x w pixels.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.layers import BatchNorm2d


class AddedRecurrence(nn.Module):
    """Eq. 6: what is fed forward is computed once and added before each activation; every iteration has its own batch normalisation.

    ``shared``: one recurrent kernel for all iterations. ``from_input``: the first state is the input itself (Eq. 7).
    """

    def __init__(self, maps: int, iterations: int, *, shared: bool, from_input: bool):
        super().__init__()
        self.iterations, self.from_input = iterations, from_input
        self.feed = nn.Conv2d(maps, maps, 1, bias=False)
        self.recur = nn.ModuleList(nn.Conv2d(maps, maps, 3, padding=1, bias=False) for _ in range(1 if shared else iterations))
        self.bias = nn.Parameter(torch.zeros(maps))
        self.norms = nn.ModuleList(BatchNorm2d(maps) for _ in range(iterations + (not from_input)))

    def forward(self, u: Tensor) -> Tensor:  # (B, M, h, w)
        fed = self.feed(u)
        state = u if self.from_input else F.relu(self.norms[0](fed))
        fed = fed + self.bias.view(-1, 1, 1)
        for i, norm in enumerate(self.norms[-self.iterations :]):
            state = F.relu(norm(fed + self.recur[min(i, len(self.recur) - 1)](state)))
        return state


class SummedRecurrence(nn.Module):
    """The authors' code: the input is added to the state before each recurrent convolution.

    ``dense``: so are all earlier states (RCN's shortcut connections).
    """

    def __init__(self, maps: int, iterations: int, *, shared: bool, bias: bool, dense: bool = False):
        super().__init__()
        self.iterations, self.dense = iterations, dense
        self.feed = _convolution(maps, 1, bias)
        self.recur = nn.ModuleList(_convolution(maps, 3, bias) for _ in range(1 if shared else iterations))

    def forward(self, u: Tensor, gate: Tensor | None = None) -> Tensor:  # (B, M, h, w); gate (B, 1, h, w)
        """``gate`` weighs the first state, as RCN-F's attention does."""
        state = self.feed(u)
        state = state if gate is None else gate * state
        total = u
        for i in range(self.iterations):
            total = (total if self.dense else u) + state
            state = self.recur[min(i, len(self.recur) - 1)](total)
        return state


READINGS: dict[str, Callable[[int, int], nn.Module]] = {
    "eq6": partial(AddedRecurrence, shared=True, from_input=False),
    "eq6_literal_init": partial(AddedRecurrence, shared=True, from_input=True),
    "unshared": partial(AddedRecurrence, shared=False, from_input=False),
    "authors_torch": partial(SummedRecurrence, shared=True, bias=True),
    "authors_matconvnet": partial(SummedRecurrence, shared=False, bias=False),
}


def plain_layer(maps: int) -> nn.Module:
    """One convolution in a recurrent layer's place."""
    return _convolution(maps, 3, bias=True)


def initialise(network: nn.Module) -> None:
    """As the authors' PyTorch code: He et al.'s normal initialisation of convolutions, N(0, 0.01) for the classifier."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0, 0.01)
            nn.init.zeros_(layer.bias)


def _convolution(maps: int, kernel: int, bias: bool) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(maps, maps, kernel, padding=kernel // 2, bias=bias), BatchNorm2d(maps), nn.ReLU(inplace=True))
