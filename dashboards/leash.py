"""Leash: runs a command that cannot outlive who started it: ``python -m dashboards.leash COMMAND ...`` with a pipe as standard input.

When the pipe closes, because its other end asked or died in whatever way, the command and all that it started are ended: first politely,
then, after ``PATIENCE_S``, not. The exit code is the command's. Nothing but the standard library: it starts in a blink.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

PATIENCE_S = 3.0


def main(command: Sequence[str]) -> int:
    """Run the command until it ends, or the pipe closes."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_end_with_the_pipe, args=(process,), daemon=True).start()
    try:
        code = process.wait()
        return code if code >= 0 else 128 - code  # as shells tell of a signal
    finally:
        _signal(process, signal.SIGKILL)  # what it left behind


def _end_with_the_pipe(process: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 1):  # not sys.stdin: its lock, held by a thread, kills the interpreter at its end
        pass
    _signal(process, signal.SIGTERM)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    """To the whole process group, which has the first process's number; it may be gone."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
