"""FlowNet2's checkpoint: read without unpickling anything but tensors, checked against the network, kept while it is in use."""

import functools
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from preprocessing.steps.flownet2_network import FlowNet2

_ADVICE = (
    "Pass the public FlowNet2_checkpoint.pth.tar of NVIDIA's flownet2-pytorch (220 tensors; do not unpack it): --option checkpoint=PATH"
)


def network(path: str, device: str) -> FlowNet2:
    """The network with the weights of that file, on that device. The last one used stays loaded until its file changes."""
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"FlowNet2's checkpoint must be a file, but got {path!r}, which is none. {_ADVICE}")
    status = file.stat()
    return _load(str(file), status.st_mtime_ns, status.st_size, device)


@functools.lru_cache(maxsize=1)
def _load(path: str, modified_ns: int, size: int, device: str) -> FlowNet2:
    with torch.device("meta"):  # neither memory nor random numbers for weights that are replaced at once
        model = FlowNet2()
    weights = _read(path)
    _check(weights, model.state_dict(), path)
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()}, assign=True)
    return model.requires_grad_(False).eval().to(device)


def _read(path: str) -> Mapping[str, Tensor]:
    """The tensors by name: the file's ``state_dict``, or the file itself where it is one (as .safetensors always is)."""
    try:
        content = safetensors.torch.load_file(path) if path.endswith(".safetensors") else torch.load(path, "cpu", weights_only=True)
    except Exception as error:  # both raise almost anything on a file that is none of theirs
        raise ValueError(f"FlowNet2's checkpoint must be readable as plain tensors, but got {error!r} for {path}. {_ADVICE}") from error
    weights = content.get("state_dict", content) if isinstance(content, dict) else content
    if not isinstance(weights, dict) or not all(isinstance(tensor, Tensor) for tensor in weights.values()):
        raise ValueError(f"FlowNet2's checkpoint must hold tensors by name, but got {type(weights).__name__} for {path}. {_ADVICE}")
    return weights


def _check(weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: str) -> None:
    missing, unknown = sorted(expected.keys() - weights.keys()), sorted(weights.keys() - expected.keys())
    if missing or unknown:
        raise ValueError(
            f"FlowNet2's checkpoint must have its {len(expected)} tensors, but got {len(weights)} for {path}: "
            f"{len(missing)} missing ({', '.join(missing[:3])}), {len(unknown)} unknown ({', '.join(unknown[:3])}). {_ADVICE}"
        )
    for name, tensor in expected.items():
        if weights[name].shape != tensor.shape:
            raise ValueError(
                f"Tensor {name} of FlowNet2's checkpoint must have shape {tuple(tensor.shape)}, but got {tuple(weights[name].shape)} "
                f"for {path}. {_ADVICE}"
            )
