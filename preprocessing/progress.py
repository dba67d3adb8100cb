"""Progress of a build on a terminal: a bar with clips per second and time left, on stderr and only where someone watches."""

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def clip_progress(num_clips: int, *, show: bool) -> Iterator[Callable[[int], None]]:
    """A function to call with the number of clips just finished."""
    if not (show and num_clips and sys.stderr.isatty()):
        yield lambda num_done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:.0f} clips/s")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("clips", total=num_clips)
        yield lambda num_done: progress.advance(task, num_done)
