"""Intermediates: results of steps that several pipelines share (faces, magnified frames), kept on disk by content.

A result is named by the steps, their constants, the content of the clip's frames and the steps' code, so that it is never stale: whatever
changes, the name changes. Files are written atomically and hold a plain array; a file that cannot be read is computed again.
"""

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from preprocessing import source_digest
from preprocessing.atomic import temporary_name
from preprocessing.options import Plain


@dataclass(frozen=True)
class Intermediates:
    """A folder of kept arrays: ``HOME/intermediates/<ab>/<name>.npy``. Removing it costs time, never correctness."""

    folder: Path

    def get(
        self, steps: Sequence[Callable[..., np.ndarray]], contents: str, constants: Mapping[str, Plain], compute: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """The kept result, or what ``compute`` returns, which is kept from then on; read-only."""
        path = self.path(steps, contents, constants)
        with contextlib.suppress(FileNotFoundError, ValueError, EOFError):  # absent, or cut short by a full disk
            return np.load(path, mmap_mode="r", allow_pickle=False)
        result = np.ascontiguousarray(compute())
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_name(path)
        with temporary.open("wb") as file:
            np.save(file, result, allow_pickle=False)
        temporary.replace(path)
        result.setflags(write=False)
        return result

    def path(self, steps: Sequence[Callable[..., np.ndarray]], contents: str, constants: Mapping[str, Plain]) -> Path:
        """Where the result of a chain of steps is kept."""
        code = [[step.__qualname__, source_digest.digest(step.__module__, "preprocessing")] for step in steps]
        what = [code, contents, dict(sorted(constants.items())), np.__version__, cv2.__version__, sys.byteorder]
        name = hashlib.sha256(json.dumps(what, separators=(",", ":"), allow_nan=False).encode()).hexdigest()
        return self.folder / name[:2] / f"{name}.npy"
