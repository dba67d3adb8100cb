"""Optical flow between images: one call for every method.

Flow is float32 (2, H, W) = (u, v) in pixels, u to the right, v down, from the first image to the second: first(x) ~ second(x + flow(x)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from preprocessing.options import Plain, resolve


@dataclass(frozen=True, kw_only=True)
class Method:
    """Where a method lives; its module is imported when it is used."""

    module: str
    compute: str = "compute"
    """The module's function."""
    options: str = "OPTIONS"
    """The module's constants with their defaults."""
    libraries: tuple[str, ...]
    """Distributions whose versions decide the numbers."""

    @property
    def path(self) -> str:
        """The module's full name."""
        return f"preprocessing.steps.{self.module}"

    def load(self, name: str) -> Any:
        """An attribute of the module."""
        return getattr(import_module(self.path), name)


_OPENCV = ("opencv-contrib-python-headless",)
METHODS: Mapping[str, Method] = {
    "tvl1": Method(module="flow_tvl1", libraries=("numba", "llvmlite")),
    "tvl1_opencv": Method(module="flow_opencv", compute="tvl1", options="TVL1", libraries=_OPENCV),
    "farneback": Method(module="flow_opencv", compute="farneback", options="FARNEBACK", libraries=_OPENCV),
    "dis": Method(module="flow_opencv", compute="dis", options="DIS", libraries=_OPENCV),
    "classic_l": Method(module="flow_classic_l", libraries=("numpy", "scipy", "numba", "llvmlite", *_OPENCV)),
    "classic_nl_fast": Method(module="flow_classic_nl_fast", libraries=("numpy", "scipy", "numba", "llvmlite", *_OPENCV)),
    "flownet2": Method(module="flownet2", libraries=("torch",)),
}


def compute(first: np.ndarray, second: np.ndarray, *, method: str = "tvl1", **options: Plain) -> np.ndarray:
    """Flow from one image to another of the same size.

    Images are uint8: gray (H, W) for all methods; the classic ones and FlowNet2 take RGB (H, W, 3) too. ValueError: an unknown method or
    option, images that do not fit.
    """
    chosen = named(method)
    flow: np.ndarray = chosen.load(chosen.compute)(first, second, **options)
    return flow


def sequence(frames: np.ndarray, *, reference: str = "first", method: str = "tvl1", **options: Plain) -> np.ndarray:
    """T frames (T, H, W) or (T, H, W, 3) -> T - 1 flows (T - 1, 2, H, W), to each frame from the ``first`` or the ``previous``."""
    if reference not in ("first", "previous"):
        raise ValueError(f"The reference of a clip's flows must be 'first' or 'previous', but got '{reference}'.")
    if len(frames) < 2:
        raise ValueError(f"Flow needs at least 2 frames, but got {len(frames)}. Leave the clip out, or check its onset and offset.")
    starts = frames[:-1] if reference == "previous" else [frames[0]] * (len(frames) - 1)
    return np.stack([compute(first, second, method=method, **options) for first, second in zip(starts, frames[1:], strict=True)])


def describe(method: str, options: Mapping[str, Plain]) -> dict[str, Plain]:
    """What a record of the flow must hold: the method, every constant, the versions of the libraries behind it."""
    chosen = named(method)
    constants = resolve(chosen.load(chosen.options), options, f"flow method '{method}'")
    return {"method": method, **constants, **{library: version(library) for library in chosen.libraries}}


def named(name: str) -> Method:
    """The method of that name."""
    if name not in METHODS:
        raise ValueError(f"A flow method must be one of {', '.join(METHODS)}, but got '{name}'. Pass --option flow=tvl1.")
    return METHODS[name]
