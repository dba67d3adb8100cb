"""What the entry points share: flags, exit codes, progress and tables.

Exit codes: 0 done, 1 the command failed (one line says why and what to do next), 2 the command line is wrong (argparse's own).
With ``--json`` standard output carries one JSON document and everything meant for people goes to standard error.
"""

import argparse
import errno
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from rich import progress as bars
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.addresses import masked

MODES = ("queue", "fused", "ddp", "job")
DEBUG = "LOSOTUNE_DEBUG"
HOME = "LOSOTUNE_HOME"


def absolute(text: str) -> Path:
    """Ray workers and jobs run in other directories, so every path is made absolute before it travels."""
    return Path(text).expanduser().absolute()


def default_home() -> Path:
    return absolute(os.environ.get(HOME) or "~/losotune")


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, but got '{text}'")
    return int(text)


FLAGS: dict[str, dict[str, Any]] = {
    "corpus": {"help": "corpus variant of the recipe (default: the recipe's first)"},
    "root": {"type": absolute, "help": "folder of the corpus as its owners deliver it"},
    "home": {"type": absolute, "help": f"where shards, ledger and databases live (default: ${HOME} or ~/losotune)"},
    "tracking-uri": {"help": "MLflow address (default: an SQLite file below --home)"},
    "storage": {"help": "Optuna address (default: an SQLite file below --home)"},
    "seed": {"type": int, "default": 0, "help": "seed of everything random (default: 0)"},
    "mode": {"choices": MODES, "default": MODES[0], "help": "how folds are spread over workers (default: queue)"},
    "workers": {"type": positive, "help": "Ray Train workers (default: one per GPU, else one per CPU)"},
    "json": {"action": "store_true", "help": "one JSON document on standard output; the rest goes to standard error"},
}


def parser(description: str, *, examples: Sequence[str] = (), flags: Iterable[str] = tuple(FLAGS)) -> argparse.ArgumentParser:
    """A parser with the named common flags; add the command's own to it."""
    epilog = "\n  ".join(["examples:", *examples]) if examples else None
    spec = getattr(sys.modules["__main__"], "__spec__", None)  # how `python -m` names what it runs
    made = argparse.ArgumentParser(
        prog=f"python -m {spec.name}" if spec else None,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name in flags:
        made.add_argument(f"--{name}", **FLAGS[name])
    if "home" in flags:
        made.set_defaults(home=default_home())
    return made


def run(main: Callable[[], int | None]) -> int:
    """The exit code of an entry point: ``sys.exit(console.run(main))``.

    Errors that the user can mend become one line; ours keep their traceback, and LOSOTUNE_DEBUG=1 keeps all of them.
    """
    try:
        code = main() or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        if os.environ.get(DEBUG) == "1":
            raise
        return fail("Interrupted. Finished folds are kept: run the same command again to resume.")
    except (ValueError, OSError) as error:
        if os.environ.get(DEBUG) == "1":
            raise
        return fail(explain(error))


def fail(message: str) -> int:
    """One line on standard error; returns exit code 1."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 1


def explain(error: Exception) -> str:
    """A Ray task's error carries its cause; a full disk names what was being written."""
    cause = getattr(error, "cause", None) or error
    if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
        return f"The disk is full while writing {cause.filename or 'a file below --home'}. Free some space and run the same command again."
    return str(cause) or type(cause).__name__


class Progress(Protocol):
    def advance(self, count: int = 1) -> None: ...


class PlainProgress:
    """For logs: a line at the start, then at most one each period, and one at the end."""

    def __init__(self, description: str, total: int, *, period_s: float = 30.0) -> None:
        self.description, self.total, self.period_s = description, total, period_s
        self.done = 0
        self.started = self.printed = time.monotonic()

    def advance(self, count: int = 1) -> None:
        self.done += count
        now = time.monotonic()
        if self.done >= self.total or now - self.printed >= self.period_s:
            self.printed = now
            left_s = (now - self.started) / self.done * (self.total - self.done) if self.done else math.inf
            print(f"{self.description}: {self.done}/{self.total}{time_left(left_s)}", file=sys.stderr, flush=True)


class BarProgress:
    def __init__(self, bar: bars.Progress, task: bars.TaskID) -> None:
        self.bar, self.task = bar, task

    def advance(self, count: int = 1) -> None:
        self.bar.advance(self.task, count)


@contextmanager
def progress(description: str, total: int) -> Iterator[Progress]:
    """A bar with the time left on a terminal, plain periodic lines in a log; always on standard error."""
    if not sys.stderr.isatty():
        yield PlainProgress(description, total)
        return
    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn(), bars.TimeRemainingColumn())
    with bars.Progress(*columns, console=Console(stderr=True)) as bar:
        yield BarProgress(bar, bar.add_task(description, total=total))


def time_left(seconds: float) -> str:
    if not math.isfinite(seconds) or seconds <= 0:
        return ""
    return f", {seconds:.0f} s left" if seconds < 90 else f", {seconds / 60:.0f} min left"


def mlflow_command(home: Path, tracking_uri: str | None) -> str:
    """How to open the tracking pages of a home, on loopback."""
    if tracking_uri and tracking_uri.startswith("http"):
        return masked(tracking_uri)
    uri = masked(tracking_uri or f"sqlite:///{home / 'mlflow.db'}")
    return f"mlflow ui --backend-store-uri {uri} --host 127.0.0.1 --port 5000, then open http://127.0.0.1:5000"


def model_command(name: str, source: str, home: Path, tracking_uri: str | None) -> str:
    """How to score clips with a registered model, by MLflow alone; ``source`` is where its files lie, with an example of its input."""
    uri = masked(tracking_uri or f"sqlite:///{home / 'mlflow.db'}")
    folder = Path(source.removeprefix("file://"))
    example = folder / "serving_input_example.json" if folder.is_dir() else "clips.json"
    return f"MLFLOW_TRACKING_URI={uri} mlflow models predict -m models:/{name}@champion -i {example} --env-manager local"


def say(text: str, *, as_json: bool = False) -> None:
    """A line for people."""
    print(text, file=sys.stderr if as_json else sys.stdout, flush=True)


def emit(document: Any) -> None:
    """The JSON document of ``--json``; NaN, which JSON lacks, becomes null."""
    print(json.dumps(_finite(document), indent=2, allow_nan=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", as_json: bool = False) -> None:
    """A table for people; columns after the first are right-aligned where they hold numbers."""
    stream = sys.stderr if as_json else sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else 160, highlight=False)
    table = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    shown = [[cell if isinstance(cell, str) else f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    for index, column in enumerate(columns):
        numeric = bool(shown) and all(row[index][:1].isdigit() or row[index][:1] in ("", "-", "+", "n") for row in shown) and index > 0
        table.add_column(Text(column), justify="right" if numeric else "left", overflow="fold")
    for row in shown:
        table.add_row(*map(Text, row))
    console.print(table)


def _finite(document: Any) -> Any:
    if isinstance(document, dict):
        return {str(key): _finite(item) for key, item in document.items()}
    if isinstance(document, list | tuple):
        return [_finite(item) for item in document]
    return None if isinstance(document, float) and not math.isfinite(document) else document
