"""What models share that fit themselves instead of being trained by gradient steps."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Fitted(nn.Module):
    """A module whose buffers are as long as its training clips made them: loading a state dict takes the lengths from there.

    Registered buffers keep type and device; what is loaded into them may have any shape.
    """

    def _load_from_state_dict(self, state_dict: Mapping[str, Tensor], prefix: str, *args: Any, **kwargs: Any) -> None:
        for name, buffer in self._buffers.items():
            loaded = state_dict.get(f"{prefix}{name}")
            if buffer is not None and loaded is not None and loaded.shape != buffer.shape:
                self._buffers[name] = torch.empty(loaded.shape, dtype=buffer.dtype, device=buffer.device)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
