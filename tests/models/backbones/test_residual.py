import subprocess
import sys

import pytest
import torch
from torch import nn

from models.backbones.residual import Pointwise, Residual, stage, stem

TWO_THREADS = """
import torch
from models.backbones.residual import Pointwise
torch.set_num_threads(2)
layer = Pointwise(8, 16, stride=2)
for _ in range(20):
    x = torch.rand(29, 28, 28, 8).movedim(-1, -3).requires_grad_()
    torch.autograd.grad(layer(x).square().sum(), [x, layer.weight])
"""


@pytest.mark.parametrize("side", [8, 9])
def test_leaving_pixels_out_first_is_a_strided_convolution(side: int) -> None:
    torch.manual_seed(0)
    own, x = Pointwise(3, 5, stride=2).double(), torch.randn(2, 3, side, side).double()
    torch.testing.assert_close(own(x), nn.functional.conv2d(x, own.weight, stride=2))


def test_its_gradient_on_two_threads_stays_in_bounds() -> None:
    ended = subprocess.run([sys.executable, "-c", TWO_THREADS], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr[-500:]


def test_a_block_adds_its_shortcut() -> None:
    torch.manual_seed(0)
    block, x = Residual(4, 4, stride=1).double().eval(), torch.randn(2, 4, 6, 6).double()
    torch.testing.assert_close(block(x), (block.second(block.first(x)) + x).relu())
    wider = Residual(4, 6, stride=2).double().eval()
    torch.testing.assert_close(wider(x), (wider.second(wider.first(x)) + wider.shortcut(x)).relu())


def test_sides() -> None:
    x = torch.randn(1, 2, 64, 64)
    assert stem(2, 4)(x).shape == (1, 4, 16, 16) and stem(2, 4, pool=False)(x).shape == (1, 4, 32, 32)
    assert stage(2, 4, 2, stride=2)(x).shape == (1, 4, 32, 32)
