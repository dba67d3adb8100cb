"""Console: what the entry points that write share. Exit codes, an error as one line, and standard output for JSON alone."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from typing import Any

Result = dict[str, Any]


def say(text: str) -> None:
    """A line for humans: they read standard error."""
    print(text, file=sys.stderr, flush=True)


def finished(command: str, work: Callable[[], Result], tell: Callable[[Result], None], *, as_json: bool) -> int:
    """The exit code of a command that can be repeated: 0 done and told, 1 failed or interrupted. With ``as_json`` the result is printed."""
    try:
        with _kept_clean() if as_json else contextlib.nullcontext():
            result = work()
    except KeyboardInterrupt:
        return _failed(f"{command} interrupted: the same command goes on from here", as_json)
    except (ValueError, OSError, BrokenExecutor) as error:
        return _failed(f"{command} failed: {error}", as_json, str(error))
    tell(result)
    if as_json:
        print(json.dumps(result, sort_keys=True))
    return 0


def _failed(line: str, as_json: bool, error: str = "") -> int:
    say(line)
    if as_json:
        print(json.dumps({"error": error or line}))
    return 1


@contextlib.contextmanager
def _kept_clean() -> Iterator[None]:
    """What libraries print on standard output meanwhile, as Ray of dead workers, goes to standard error: only JSON belongs there."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
