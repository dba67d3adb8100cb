"""What the benchmarks on Ray share: a local Ray, synthesized corpora, training folds through a session's queue."""

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import NUM_WORKERS, seconds
from orchestrator.fold_job import FoldJob
from orchestrator.fold_workers import Mode
from orchestrator.session import Session, open_session
from orchestrator.submission import Submission
from search_spaces.recipe import Recipe


@contextmanager
def local_ray() -> Iterator[None]:
    """A local Ray, unless one is up."""
    import ray

    ours = not ray.is_initialized()
    if ours:
        ray.init(address="local", num_cpus=NUM_WORKERS, include_dashboard=False, log_to_driver=False)
    try:
        yield
    finally:
        if ours:
            ray.shutdown()


def synthesized(corpus: str, out: Path, **settings: Any) -> Path:
    """The root of a licence-free corpus in the official layout; ``settings`` are those of ``make_settings``."""
    from preprocessing.synthesize import make_settings, synthesize

    return synthesize(make_settings(corpus, **settings), out, num_workers=len(os.sched_getaffinity(0)), progress=False).root


@contextmanager
def session_of(recipe: Recipe, home: Path, *, mode: Mode = "queue") -> Iterator[Session]:
    with open_session(recipe, root=None, home=home, seed=0, mode=mode, num_workers=NUM_WORKERS) as session:
        yield session


def submit(session: Session, recipe: Recipe, *, folds: Sequence[str], seed: int) -> Submission:
    """A trial of these folds."""
    return Submission(session, recipe, folds, name=uuid.uuid4().hex, priority=0, seed=seed)


def train_all(submit_all: Callable[[], Sequence[Submission]], *, on_news: Callable[[int], None] = lambda num_finished: None) -> float:
    """Seconds from submitting trials together until all their folds are finished."""

    def run() -> None:
        trials = submit_all()
        while not all(trial.finished for trial in trials):
            for trial in trials:
                trial.poll()
            on_news(sum(len(trial.finished_folds) for trial in trials))
        for trial in trials:
            trial.forget()

    return seconds(run)


def warm_up(session: Session, recipe: Recipe) -> None:
    """Every worker has trained: libraries are loaded and the corpus is in its memory."""
    train_all(lambda: [submit(session, recipe, folds=session.corpus.fold_names[:8], seed=seed) for seed in (9001, 9002)])


def plain_jobs(session: Session, recipe: Recipe, folds: Sequence[str], seeds: Sequence[int], home: Path) -> list[FoldJob]:
    """The same folds for a plain pool, one job each, with records of their own."""
    return [
        FoldJob(recipe=recipe, folds=(fold,), shards=session.corpus.shards, seed=seed, home=home / "plain")
        for seed in seeds
        for fold in folds
    ]
