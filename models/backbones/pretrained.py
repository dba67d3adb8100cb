"""Turns the weights of torchvision's ResNet-18 and VGG-16 into files that ``training.initial`` starts a network from.

    python -m models.backbones.pretrained resnet18.pth stanet_imagenet.safetensors --network stanet --in-channels 2

Tensors get the names that our network gives them; classifiers are left out. A first convolution over other channels than red, green and
blue has the mean over these, for each channel alike and scaled so that sums stay as large (Wang et al., "Temporal segment networks", ECCV
2016, Sec. 3.2).
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

State = Mapping[str, Tensor]
PARTS = {"conv1": "first.0", "bn1": "first.1", "conv2": "second.0", "bn2": "second.1", "downsample": "shortcut"}
"""Of a basic block: torchvision's names and ours."""


def stanet(name: str) -> str | None:
    """``layer1.0.conv1.weight`` -> ``maps.L2.0.first.0.weight``."""
    return _resnet(name, stem="maps.L1", stage=lambda number: f"maps.L{number + 1}")


def capsule_net(name: str) -> str | None:
    """The fourth stage is left out: the network ends with the third."""
    return _resnet(name, stem="backbone.0", stage=lambda number: f"backbone.{number}" if number < 4 else None)


def cnn_rnn_vgg16(name: str) -> str | None:
    """``features.0.weight`` -> ``features.cnns.0.0.weight``; the first two fully connected layers are behind pooling and flattening."""
    dense = {"classifier.0": "33", "classifier.3": "36"}
    layer, _, kind = name.rpartition(".")
    if layer.startswith("features."):
        return f"features.cnns.0.{layer.removeprefix('features.')}.{kind}"
    return f"features.cnns.0.{dense[layer]}.{kind}" if layer in dense else None


NETWORKS: Mapping[str, tuple[Callable[[str], str | None], str]] = {
    "stanet": (stanet, "conv1.weight"),
    "capsule_net": (capsule_net, "conv1.weight"),
    "cnn_rnn": (cnn_rnn_vgg16, "features.0.weight"),
}
"""Network -> what renames a tensor (None leaves it out), and the name of the first convolution."""


def renamed(state: State, network: str, in_channels: int) -> dict[str, Tensor]:
    """The tensors of a published file by our names.

    Raises:
        ValueError: the file has no tensor of the first convolution's name: it is of another network.
    """
    rename, first = NETWORKS[network]
    if first not in state:
        raise ValueError(
            f"The weights for {network} must have a tensor '{first}', but got {', '.join(sorted(state)[:3])}. Take torchvision's file."
        )
    channels = {**state, first: _over_channels(state[first], in_channels)}
    named = {rename(name): tensor for name, tensor in channels.items()}
    return {name: tensor.contiguous() for name, tensor in named.items() if name is not None}


def _over_channels(weight: Tensor, in_channels: int) -> Tensor:
    if in_channels == weight.shape[1]:
        return weight
    return weight.sum(1, keepdim=True).expand(-1, in_channels, -1, -1) / in_channels


def _resnet(name: str, *, stem: str, stage: Callable[[int], str | None]) -> str | None:
    if found := re.fullmatch(r"(conv|bn)1\.(.+)", name):
        return f"{stem}.{'0' if found[1] == 'conv' else '1'}.{found[2]}"
    if found := re.fullmatch(r"layer(\d)\.(\d)\.(\w+)\.(.+)", name):
        at = stage(int(found[1]))
        return None if at is None else f"{at}.{found[2]}.{PARTS[found[3]]}.{found[4]}"
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point."""
    parser = argparse.ArgumentParser(prog="python -m models.backbones.pretrained", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="torchvision's .pth file: a state dict")
    parser.add_argument("target", type=Path, help="the .safetensors file to write")
    parser.add_argument("--network", choices=NETWORKS, required=True)
    parser.add_argument("--in-channels", type=int, default=3, help="of the network's first convolution; default: 3")
    args = parser.parse_args(argv)
    state = torch.load(args.source, map_location="cpu", weights_only=True)
    tensors = renamed(state, args.network, args.in_channels)
    save_file(tensors, args.target)
    print(f"{args.target}: {len(tensors)} tensors, {sum(tensor.numel() for tensor in tensors.values()):,} numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
