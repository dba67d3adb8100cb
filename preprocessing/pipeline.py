"""Pipeline: a chain of steps from a clip to a tensor, with its constants, channels and units.

Shapes: T frames, C channels, H x W pixels. A clip that a pipeline cannot turn into a tensor is a ValueError that names it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from preprocessing import source_digest
from preprocessing.clip import Clip
from preprocessing.intermediates import Intermediates
from preprocessing.options import Plain
from preprocessing.shards import file_sha256

Options = Mapping[str, Plain]
Step = Callable[..., np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a pipeline is given beside the clip and its constants."""

    options: Options = field(default_factory=dict)
    """Of the corpus."""
    contents: str = ""
    """Digest of the clip's frames: what an intermediate result is kept under."""
    intermediates: Intermediates | None = None
    """None: nothing is kept."""
    device: str = "cpu"
    """Where a step runs that can use a GPU."""

    def kept(self, steps: Sequence[Step], constants: Options, compute: Step) -> np.ndarray:
        """What ``compute()`` returns, computed once for the clip's content, these constants and the code of these steps.

        Name every step that the result went through, and every constant: pipelines that share them share the result.
        """
        if self.intermediates is None or not self.contents:
            return compute()
        return self.intermediates.get(steps, self.contents, constants, compute)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """An augmented copy of a clip that needs the clip's frames and is therefore made here, not while training."""

    name: str
    """``a05p90``; the copy's key is the clip's with ``@a05p90`` behind it."""
    changes: Options
    """The constants that differ from the clip's own."""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A chain of steps with its constants."""

    name: str
    constants: Options
    """Every constant with its default."""
    channels: tuple[str, ...]
    units: str
    run: Callable[[Clip, Options, Context], np.ndarray]
    """(clip, constants, context) -> tensor."""
    copies: Callable[[Clip, Options], tuple[Copy, ...]] = lambda clip, constants: ()
    """(clip, constants) -> the augmented copies that are kept beside the clip."""
    chosen: Callable[[Options], tuple[str, ...]] = lambda constants: ()
    """Modules that the constants choose, whose code a tensor depends on besides that of ``run``."""
    uses_gpu: Callable[[Options], bool] = lambda constants: False
    """Whether, with these constants, a step runs on a GPU where there is one."""

    def code(self, constants: Options) -> str:
        """Digests of the code that a tensor depends on, and of the weights that constants named ``..._checkpoint`` point to."""
        modules = sorted({self.run.__module__, *self.chosen(constants)})
        weights = [Path(str(value)) for name, value in sorted(constants.items()) if name.endswith("_checkpoint") and value]
        digests = [source_digest.digest(module, "preprocessing") for module in modules] + [file_sha256(path) for path in weights]
        return " ".join(each[:32] for each in digests)

    def tensor(self, clip: Clip, constants: Options, context: Context) -> np.ndarray:
        """The clip's tensor, contiguous and finite."""
        tensor = np.ascontiguousarray(self.run(clip, constants, context))
        if not np.isfinite(tensor).all():
            bad = int((~np.isfinite(tensor)).sum())
            raise ValueError(f"A tensor must be finite, but got {bad} NaN or infinite values for '{clip.key}'. Check the clip's images.")
        return tensor


def count(constants: Options, name: str) -> int:
    """A constant that counts something: at least 1."""
    value = constants[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"Constant '{name}' must be a whole number of at least 1, but got {value!r}. Pass it as --option {name}=28.")
    return value


def number(constants: Options, name: str) -> float:
    """A constant that is any number."""
    value = constants[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"Constant '{name}' must be a number, but got {value!r}. Pass it as --option {name}=1.0.")
    return float(value)


def one_of(constants: Options, name: str, choices: tuple[str, ...]) -> str:
    """A constant that names one of several ways."""
    value: Any = constants[name]
    if value not in choices:
        raise ValueError(
            f"Constant '{name}' must be one of {', '.join(choices)}, but got {value!r}. Pass it as --option {name}={choices[0]}."
        )
    return value


def text(constants: Options, name: str) -> str:
    """A constant that is a name, checked by whoever uses it."""
    return str(constants[name])


def flag(constants: Options, name: str) -> bool:
    """A constant that is on or off."""
    value = constants[name]
    if not isinstance(value, bool):
        raise ValueError(f"Constant '{name}' must be true or false, but got {value!r}. Pass it as --option {name}=true.")
    return value
