"""Everything that there is to see of a home, with one command: losotune's pages, MLflow's UI and Optuna's dashboard, until Ctrl-C.

All of it listens on loopback. --host beyond it needs a password in LOSOTUNE_DASHBOARD_PASSWORD, and opens losotune's pages alone: MLflow's
and Optuna's have no password and stay on loopback.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from dashboards import children, completion, guard
from dashboards.app import app
from dashboards.children import Child
from dashboards.runs import Runs
from orchestrator import console

EXAMPLES = (
    "python -m dashboards.serve                                    what is below ~/losotune",
    "python -m dashboards.serve --home /shared/losotune --storage postgresql://... --tracking-uri http://...",
    "LOSOTUNE_DASHBOARD_PASSWORD=... python -m dashboards.serve --host 0.0.0.0    the pages, for others too",
)
PORT = 8000
LOOK_S, COMPLETE_S = 0.5, 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """0: ended by Ctrl-C or a signal; 1: something could not be served or died; 2: wrong usage."""
    parser = console.parser(__doc__ or "", examples=EXAMPLES, flags=("home", "tracking-uri", "storage"))
    parser.add_argument("--host", default=children.LOOPBACK, help="address that the pages listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=console.positive, default=PORT, help=f"port of the pages; a free one if it is taken (default: {PORT})"
    )
    given = parser.parse_args(arguments)
    password = os.environ.get(guard.PASSWORD)
    guard.check(given.host, password)
    found = (children.mlflow(given.home, given.tracking_uri), children.optuna(given.home, given.storage))
    others = [child for child in found if child is not None]
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    mlflow, study = found
    made = app(
        given.home, tracking_uri=given.tracking_uri, storage=given.storage, mlflow_url=mlflow.url if mlflow else None,
        optuna_url=study.url, password=None if guard.is_loopback(given.host) else password,
    )  # fmt: skip
    with _served(made, given.host, given.port) as (url, server):
        _greet(url, given.host, given.tracking_uri if mlflow is None else None)
        threading.Thread(target=_complete, args=(Runs(given.home, given.tracking_uri, given.storage), stop), daemon=True).start()
        try:
            return _watch(others, server, stop)
        finally:
            _end(others)


def _greet(url: str, host: str, mlflow: str | None) -> None:
    console.say(f"pages: {url}")
    if mlflow:
        console.say(f"MLflow: {mlflow}")
    if not guard.is_loopback(host):
        console.say(
            "beyond loopback the pages ask for the password (any name), over plain HTTP: use it in a trusted network, or behind TLS."
        )
        console.say("MLflow and Optuna's dashboard stay on loopback; reach them by ssh -L PORT:127.0.0.1:PORT THIS-MACHINE")
    console.say("Ctrl-C ends all of it.")


@contextmanager
def _served(made: object, host: str, port: int) -> Iterator[tuple[str, threading.Thread]]:
    """The pages, from a thread of this process; signals stay with the main thread."""
    listening = children.listen(port, host)
    listening.listen()  # who comes before the server is ready waits
    shown = f"[{host}]" if ":" in host else host
    server = uvicorn.Server(uvicorn.Config(made, log_level="warning", access_log=False, timeout_graceful_shutdown=3))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"http://{shown}:{listening.getsockname()[1]}", thread
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def _watch(others: Sequence[Child], server: threading.Thread, stop: threading.Event) -> int:
    """Start each child when its database is there, tell when it answers, and say which died."""
    while not stop.wait(LOOK_S):
        if not server.is_alive():
            return console.fail("The pages' server ended by itself. Start it again with LOSOTUNE_DEBUG=1 and look at what it says.")
        for child in others:
            if child.process is None and child.ready():
                child.start()
            if (said := child.died()) is not None:
                return console.fail(f"{child.name} must run beside the pages, but it ended with {said}. All was stopped: start it again.")
            if child.process is not None and not child.told and child.answers():
                child.told = True
                console.say(f"{child.name}: {child.url}")
    console.say("ended")
    return 0


def _end(others: Sequence[Child]) -> None:
    for child in others:
        child.let_go()
    for child in others:
        child.wait()


def _complete(runs: Runs, stop: threading.Event) -> None:
    """Make the summaries that are missing, now and as sweeps appear; what cannot be made is tried once."""
    tried: set[tuple[str, int]] = set()
    while not stop.is_set():
        for each in completion.missing(runs):
            if (each.listed.name, each.num_trials) not in tried and not stop.is_set():
                tried.add((each.listed.name, each.num_trials))
                with console.progress(f"reading {each.listed.name} from the ledger", each.num_trials) as bar:
                    completion.complete(runs, each.listed, bar.advance)
        stop.wait(COMPLETE_S)


if __name__ == "__main__":
    sys.exit(console.run(main))
