"""A session: the shards, folds, queue and worker groups that one command works with, opened and closed together."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator import cluster, console, fold_queue
from orchestrator.checkout import commit
from orchestrator.fold_job import FoldJob, clips_of, code_version, folds_of
from orchestrator.fold_workers import Mode, WorkerGroups, Workers
from orchestrator.folds import ALL
from orchestrator.results import SweepResult
from orchestrator.setting_shards import plan_corpus, shards_for
from preprocessing.build import finish
from preprocessing.plan import Plan
from preprocessing.resume import prepare
from preprocessing.sample_set import check_megc2019
from search_spaces.recipe import Data, Recipe


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A recipe's shards and the folds of its protocol."""

    shards: Path
    digest: str
    classes: tuple[str, ...]
    num_clips: int
    fold_names: tuple[str, ...]
    """In the order they are trained and reported: largest training set first, ties by name."""
    sample_set: str
    """What the sample-set check says, empty where there is none."""
    quarantine: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Session:
    """Everything that turns (recipe, folds) into fold records."""

    corpus: Corpus
    data: Data
    """What the corpus was built by."""
    root: Path | None
    home: Path
    seed: int
    mode: Mode
    num_workers: int
    queue: Any

    def jobs(self, recipe: Recipe, folds: Sequence[str], *, seed: int | None = None) -> list[FoldJob]:
        """A job per fold; in mode ``fused`` one per worker, so that all folds of a trial advance together."""
        seed = self.seed if seed is None else seed
        size = -(-len(folds) // self.num_workers) if self.mode == "fused" else 1
        parts = [tuple(folds[start : start + size]) for start in range(0, len(folds), max(1, size))]
        shards = self.shards(recipe)
        return [FoldJob(recipe=recipe, folds=part, shards=shards, seed=seed, home=self.home) for part in parts]

    def shards(self, recipe: Recipe) -> Path:
        """The shards of a setting: the session's, or, where it changes a constant of the pipeline, its own, built here if they are missing.

        Raises:
            ValueError: the setting's pipeline leaves out other clips than the session's.
        """
        if recipe.data == self.data:
            return self.corpus.shards
        return shards_for(recipe, self.data, self.corpus.shards, root=self.root, home=self.home)


def prepare_corpus(recipe: Recipe, plan: Plan, *, home: Path, seed: int) -> Corpus:
    """Build what is missing of the plan's shards (on the Ray that is connected) and read its folds."""
    shards = finish(prepare(plan, home))
    clips, folds = clips_of(recipe, shards.folder), folds_of(recipe, shards.folder, seed)
    left_out = {key for key, _ in shards.quarantine}
    present = [clip for clip in plan.clips if clip.key not in left_out]
    order = sorted((fold for fold in folds.values() if fold.name != ALL), key=lambda fold: (-len(fold.train), fold.name))
    return Corpus(
        shards=shards.folder,
        digest=clips.digest,
        classes=clips.classes,
        num_clips=len(clips.clips),
        fold_names=tuple(fold.name for fold in order),
        sample_set=str(check_megc2019(present)) if recipe.data.corpus == "megc2019_flow" else "",
        quarantine=shards.quarantine,
    )


@contextmanager
def open_session(
    recipe: Recipe, *, root: Path | None, home: Path, seed: int, mode: Mode = "queue", num_workers: int | None = None
) -> Iterator[Session]:
    """Connect to Ray, prepare the corpus, start queue and workers; all of it ends with the context."""
    plan = plan_corpus(recipe, root)  # first, so that a wrong root is told at once
    with redirect_stdout(sys.stderr):  # Ray prints its warnings, and standard output belongs to --json
        resources = cluster.connect()
        try:
            workers = Workers.fit(mode, num_workers, resources, home)
            corpus = prepare_corpus(recipe, plan, home=home, seed=seed)
            for key, reason in corpus.quarantine:
                console.say(f"left out: {key}: {reason}", as_json=True)
            queue = fold_queue.start(1 if mode == "ddp" else workers.num)  # a group that trains together takes jobs through one slot
            with WorkerGroups(workers, queue):
                yield Session(
                    corpus=corpus, data=recipe.data, root=root, home=home, seed=seed, mode=mode, num_workers=workers.num, queue=queue
                )  # fmt: skip
        finally:
            cluster.disconnect()


def header(session: Session, recipe: Recipe, variant: str, name: str, *, seed: int, **tags: str) -> SweepResult:
    """What is known of a sweep before its first trial; the tags go with every score made on this corpus."""
    corpus = session.corpus
    return SweepResult(
        name=name,
        model=recipe.name,
        corpus=variant,
        classes=corpus.classes,
        fold_names=corpus.fold_names,
        data_digest=corpus.digest,
        seed=seed,
        trials=(),
        tags={
            "protocol": recipe.protocol.kind,
            "feature_stage": recipe.protocol.feature_stage,
            **tags,
            "code_version": code_version(recipe.model),
            **({"commit": found} if (found := commit()) else {}),
            **_describe(corpus),
        },
    )


def _describe(corpus: Corpus) -> Mapping[str, str]:
    """Tags that go with every score made on this corpus."""
    return {
        "num_clips": str(corpus.num_clips),
        "num_folds": str(len(corpus.fold_names)),
        "left_out": ", ".join(key for key, _ in corpus.quarantine),
        "sample_set": corpus.sample_set,
    }
