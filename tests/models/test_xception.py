import torch
from torch import nn
from torch.nn import functional as F

import models
from models.xception import PARAMETERS, Block, separable


def test_a_separable_convolution_is_one_with_a_kernel_of_rank_one_per_map() -> None:
    torch.manual_seed(0)
    per_map, across, norm = (layer.double() for layer in separable(5, 7))
    x = torch.randn(2, 5, 9, 9, dtype=torch.float64)
    kernel = across.get_parameter("weight") * per_map.get_parameter("weight")[:, 0]  # (7, 5, 1, 1) * (5, 3, 3)
    torch.testing.assert_close(across(per_map(x)), F.conv2d(x, kernel, padding=1), rtol=0, atol=1e-12)
    assert isinstance(norm, nn.BatchNorm2d)


def test_blocks_begin_with_a_relu_but_the_first_and_add_their_shortcut() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 4, 7, 7)
    plain, first = Block((4, 4), halve=False).eval(), Block((4, 4), halve=False, first_relu=False).eval()
    first.load_state_dict(_renumbered(plain))
    torch.testing.assert_close(plain(x), x + first.main(x.relu()))
    assert Block((4, 6, 8))(x).shape == (2, 8, 4, 4) and not torch.equal(plain(x), first(x))


def _renumbered(block: nn.Module) -> dict[str, torch.Tensor]:
    """The state of a block without its first ReLU: every layer comes one place earlier."""
    parts = [name.split(".") for name in block.state_dict()]
    return {f"main.{int(part[1]) - 1}.{part[2]}": tensor for part, tensor in zip(parts, block.state_dict().values(), strict=True)}


def test_sides_of_the_maps() -> None:
    with torch.device("meta"):
        network = models.build("xception", **PARAMETERS["FER2013"][0])
        entry = network.get_submodule("entry")(network.get_submodule("stem")(torch.empty(2, 1, 42, 42)))
        assert entry.shape == (2, 728, 3, 3) and network.get_submodule("exit")(entry).shape == (2, 2048, 2, 2)
    assert sum(isinstance(layer, Block) for layer in network.modules()) == 3 + 8 + 1


def test_small_images_pass() -> None:
    for side in (7, 28):
        assert models.build("xception", 3, **models.small("xception")).eval()(torch.randn(2, 3, side, side)).shape == (2, 3)
