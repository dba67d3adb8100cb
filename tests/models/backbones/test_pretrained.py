from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import models
from models.backbones.frame_cnn import VGG16
from models.backbones.pretrained import main, renamed


def _resnet18() -> dict[str, Tensor]:
    """Names and shapes of torchvision's ``resnet18().state_dict()``, filled with noise."""
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 3, 7, 7), **_norm("bn1", 64)}
    widths = (64, 64, 128, 256, 512)
    for i in range(1, 5):
        for block in range(2):
            before, width, at = widths[i - 1] if block == 0 else widths[i], widths[i], f"layer{i}.{block}"
            shapes |= {f"{at}.conv1.weight": (width, before, 3, 3), **_norm(f"{at}.bn1", width)}
            shapes |= {f"{at}.conv2.weight": (width, width, 3, 3), **_norm(f"{at}.bn2", width)}
            if before != width:
                shapes |= {f"{at}.downsample.0.weight": (width, before, 1, 1), **_norm(f"{at}.downsample.1", width)}
    return {name: torch.randn(shape) for name, shape in shapes.items()} | {
        "fc.weight": torch.randn(1000, 512),
        "fc.bias": torch.randn(1000),
    }


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")} | {f"{name}.num_batches_tracked": ()}


def _shapes(network: nn.Module, prefix: str) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items() if name.startswith(prefix)}


def _meta(name: str, label: str, **changes: Any) -> nn.Module:
    arguments, _ = models.module(name).PARAMETERS[label]
    with torch.device("meta"):
        return models.build(name, **{**arguments, **changes})


@pytest.mark.parametrize(
    ("name", "label", "prefix", "in_channels"), [("stanet", "resnet18", "maps.", 2), ("capsule_net", "3 classes", "backbone.", 3)]
)
def test_every_tensor_of_the_backbone_is_there(name: str, label: str, prefix: str, in_channels: int) -> None:
    given = renamed(_resnet18(), name, in_channels)
    assert {key: tuple(tensor.shape) for key, tensor in given.items()} == _shapes(_meta(name, label), prefix)


def test_vgg_has_its_convolutions_and_two_dense_layers() -> None:
    layers: list[tuple[str, tuple[int, ...]]] = []
    before, at = 3, 0
    for block in VGG16:
        for width in block:
            layers.append((f"features.{at}", (width, before, 3, 3)))
            before, at = width, at + 2
        at += 1  # its pooling
    layers += [("classifier.0", (4096, 25088)), ("classifier.3", (4096, 4096)), ("classifier.6", (1000, 4096))]
    with torch.device("meta"):
        state = {
            f"{name}.{part}": torch.empty(shape if part == "weight" else shape[:1]) for name, shape in layers for part in ("weight", "bias")
        }
        given = renamed(state, "cnn_rnn", 4)
    network = _meta("cnn_rnn", "ELRCN, spatial enrichment, 5 classes")
    assert {key: tuple(tensor.shape) for key, tensor in given.items()} == _shapes(network, "features.cnns.")


def test_the_network_computes_what_torchvisions_would(tmp_path: Path) -> None:
    """The stem and the first block by torchvision's names and by ours."""
    torch.manual_seed(0)
    state = _resnet18()
    torch.save(state, tmp_path / "resnet18.pth")
    main([str(tmp_path / "resnet18.pth"), str(tmp_path / "ours.safetensors"), "--network", "stanet", "--in-channels", "3"])
    arguments, _ = models.module("stanet").PARAMETERS["resnet18"]
    network: Any = models.build("stanet", **{**arguments, "in_channels": 3}).train()
    assert not network.load_state_dict(load_file(tmp_path / "ours.safetensors"), strict=False).unexpected_keys

    def layer(x: Tensor, conv: str, norm: str, stride: int = 1) -> Tensor:
        kernel = state[f"{conv}.weight"]
        x = nn.functional.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)
        return nn.functional.batch_norm(x, None, None, state[f"{norm}.weight"], state[f"{norm}.bias"], training=True)

    x = torch.randn(2, 3, 32, 32)
    stem = nn.functional.max_pool2d(layer(x, "conv1", "bn1", 2).relu(), 3, stride=2, padding=1)
    inner = layer(stem, "layer1.0.conv1", "layer1.0.bn1").relu()
    block = (layer(inner, "layer1.0.conv2", "layer1.0.bn2") + stem).relu()
    torch.testing.assert_close(network.maps["L2"][0](network.maps["L1"](x)), block, rtol=1e-4, atol=1e-4)


def test_other_channels_share_the_first_convolution() -> None:
    state = _resnet18()
    given = renamed(state, "stanet", 2)["maps.L1.0.weight"]
    gray = torch.randn(1, 1, 16, 16)
    torch.testing.assert_close(
        nn.functional.conv2d(gray.expand(-1, 2, -1, -1), given),
        nn.functional.conv2d(gray.expand(-1, 3, -1, -1), state["conv1.weight"]),
        rtol=1e-4,
        atol=1e-4,
    )


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(ValueError, match="must have a tensor 'conv1.weight', but got features.0.weight"):
        renamed({"features.0.weight": torch.zeros(1)}, "stanet", 2)
