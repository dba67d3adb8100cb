"""Opening the pages of a large sweep, 2,000 trials of 68 folds, that ``python -m dashboards.serve`` serves; needs no Ray.

In a headless Chromium a page is open once the figures in view are drawn; over HTTP, once its last byte is there. The home has a summary,
a study and MLflow runs of made-up trials, and no ledger: no page of all trials may need it.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from benchmarks import dashboard_store
from benchmarks.measure import Row, Size, bound, interleave, seconds
from docs.screenshots import browser

PLANS: dict[Size, tuple[int, int]] = {"full": (2000, 7), "quick": (2000, 3), "tiny": (20, 1)}
"""Trials, rounds."""
NUM_FOLDS = 68
PAGES = ("sweep", "subjects", "honesty")
GOAL_S, PATIENCE_S = 3, 300.0


def run(size: Size) -> list[Row]:
    num_trials, rounds = PLANS[size]
    sweep = dashboard_store.header(NUM_FOLDS)
    with tempfile.TemporaryDirectory(prefix="losotune-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        dashboard_store.write_summary(home, sweep, num_trials)
        dashboard_store.write_study(home, sweep, num_trials)
        dashboard_store.write_runs(home, sweep, num_trials)
        with _served(home) as address:
            pages = {"sweeps": f"{address}/", **{page: f"{address}/sweeps/{sweep.name}/{page}" for page in PAGES}}
            for page in pages.values():
                _get(page)  # the first of each imports what it needs
            took = interleave({name: partial(seconds, partial(_get, page)) for name, page in pages.items()}, rounds)
            seen = _in_chromium(pages, rounds)
    what = f"{num_trials:,} trials x {NUM_FOLDS} folds: the page"
    limit = "rows of HTML and points of figures; the ledger is not opened"
    return [
        *(bound(f"{what} {name}, over HTTP", value, "s", at_most=GOAL_S, limit=limit) for name, value in took.items()),
        *(bound(f"{what} {name}, in Chromium", value, "s", at_most=GOAL_S, limit=limit) for name, value in seen.items()),
        *([] if seen else [Row(what=f"{what}s, in Chromium", goal=f"<= {GOAL_S} s", limit=browser.missing())]),
    ]


def _in_chromium(pages: Mapping[str, str], rounds: int) -> dict[str, float]:
    """Seconds until what is in view is drawn; nothing where there is no Chromium."""
    if browser.missing():
        return {}
    with browser.chromium() as driver:

        def visit(page: str) -> None:
            driver.get(page)
            browser.opened(driver)

        visit(pages["sweeps"])  # the browser itself starts
        return interleave({name: partial(seconds, partial(visit, page)) for name, page in pages.items()}, rounds)


def _get(address: str) -> int:
    with urlopen(address, timeout=PATIENCE_S) as answer:
        return len(answer.read())


@contextmanager
def _served(home: Path) -> Iterator[str]:
    """The pages' address, once everything that is started beside them has started."""
    command = [sys.executable, "-u", "-m", "dashboards.serve", "--home", str(home)]
    with (home / "served.txt").open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not {"pages", "MLflow", "Optuna dashboard"} <= (told := _told(home)).keys():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The pages must be served to be measured, but it said: {(home / 'served.txt').read_text()}")
            time.sleep(0.2)
        yield told["pages"]
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _told(home: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w ]+): (http\S+)$", (home / "served.txt").read_text(), re.M))
