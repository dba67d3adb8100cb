"""A piece of work: some folds of one setting, from shards to fold records in the ledger. No Ray: workers, tests, benchmarks and bare
PyTorch processes all run folds through here."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors.torch import save

import models
from orchestrator import metrics, weights
from orchestrator.data import ClipTensors, Loading, load_clips
from orchestrator.distributed import Group
from orchestrator.folds import ALL, Fold, make_folds, refit_fold
from orchestrator.ledger import Curve, FoldId, FoldRecord, Ledger
from orchestrator.training import Outcome, Watch, evaluation_epochs, train
from preprocessing import source_digest
from preprocessing.atomic import write_atomically
from search_spaces.recipe import Protocol, Recipe, flatten

KEPT_WEIGHTS_BYTES = 16 << 20
"""Every fold's weights are kept up to this size; of larger networks only the refit's are."""


@dataclass(frozen=True, kw_only=True)
class FoldJob:
    """Folds of one setting that one worker trains, together if there are several."""

    recipe: Recipe
    folds: tuple[str, ...]
    shards: Path
    seed: int
    home: Path


@dataclass(frozen=True, kw_only=True)
class FoldDone:
    """What a finished fold tells the search; the rest is in its record."""

    fold: str
    record: str
    inner_score: float | None
    """UF1 of the fold's inner clips at the last epoch; None without inner clips."""


@lru_cache(maxsize=32)
def code_version(model: str) -> str:
    """Digest of the source of the training core and of one model, and of all that they import. Comments and layout do not count."""
    parts = [source_digest.digest("orchestrator.training", "orchestrator")]
    parts += [source_digest.digest(name, "models") for name in ("models", "models.losses", f"models.{model}")]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def fold_id(recipe: Recipe, fold: str, clips_digest: str, seed: int) -> FoldId:
    settings = flatten(recipe)
    if recipe.training.initial is not None:  # by content: the same file elsewhere is the same start
        settings["training.initial"] = weights.content(recipe.training.initial)
    return FoldId(settings=settings, data_digest=clips_digest, fold=fold, seed=seed, code_version=code_version(recipe.model))


def clips_of(recipe: Recipe, shards: Path) -> ClipTensors:
    return load_clips(shards, Loading.of(recipe))


@lru_cache(maxsize=8)
def _folds(shards: Path, loading: Loading, protocol: Protocol, seed: int) -> dict[str, Fold]:
    clips = load_clips(shards, loading).clips
    return {fold.name: fold for fold in (*make_folds(clips, protocol, seed=seed), refit_fold(clips))}


def folds_of(recipe: Recipe, shards: Path, seed: int) -> dict[str, Fold]:
    """Every fold of the recipe's protocol by name, and the refit (``all``)."""
    return _folds(shards, Loading.of(recipe), recipe.protocol, seed)


def run(job: FoldJob, *, device: str = "cpu", group: Group | None = None, watch: Watch | None = None) -> list[FoldDone]:
    """Train the job's folds that have no record yet, write their records, and tell of all.

    In a process group every rank calls this and the first writes.
    """
    ledger, clips = Ledger(job.home), clips_of(job.recipe, job.shards)
    known = folds_of(job.recipe, job.shards, job.seed)
    ids = {name: fold_id(job.recipe, name, clips.digest, job.seed) for name in job.folds}
    missing = [name for name in job.folds if not ledger.has(ids[name].name)]
    if missing:
        _check_shape(job, clips)
        outcomes = train(job.recipe, [known[name] for name in missing], clips, seed=job.seed, device=device, group=group, watch=watch)
        complete = evaluation_epochs(job.recipe.training.epochs, job.recipe.training.num_evals)[-1]
        for outcome in outcomes:
            _check_finite(outcome)
            if outcome.epochs[-1] == complete and (group is None or group.writes):
                _record(outcome, ids[outcome.fold.name], clips, ledger, device)
    return [done(ledger.read(ids[name].name)) for name in job.folds if ledger.has(ids[name].name)]


def _check_shape(job: FoldJob, clips: ClipTensors) -> None:
    """Channels of images; a descriptor's length is the classifier's own affair."""
    wanted, given = models.example_shape(job.recipe.model, **job.recipe.hparams), tuple(clips.inputs.shape)
    if len(given) > 3 and wanted[-3] != given[-1]:
        raise ValueError(
            f"A model must take the channels of its shards, but '{job.recipe.model}' takes {wanted[-3]} and {job.shards} has {given[-1]}. "
            "Change model.in_channels or the recipe's pipeline."
        )


def _check_finite(outcome: Outcome) -> None:
    """The last step may have broken what its loss, taken before it, does not show."""
    arrays = (outcome.inner, outcome.held_out, *(tensor.numpy() for tensor in outcome.state.values()))
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(
            f"A trained network's weights and probabilities must be finite, but those of fold '{outcome.fold.name}' are not after epoch "
            f"{outcome.epochs[-1]}. Lower training.lr, or look for a damaged clip: python -m orchestrator.doctor"
        )


def done(record: FoldRecord) -> FoldDone:
    inner = record.inner
    score = float(metrics.uf1(metrics.count(inner.truth, inner.predicted(), inner.probabilities.shape[-1]))) if inner.keys else None
    return FoldDone(fold=record.id.fold, record=record.name, inner_score=score)


def _record(outcome: Outcome, identity: FoldId, clips: ClipTensors, ledger: Ledger, device: str) -> None:
    state = save(outcome.state)
    keep = len(state) <= KEPT_WEIGHTS_BYTES or outcome.fold.name == ALL
    path = ledger.weights_path(identity.name)
    if keep:
        write_atomically(path, state)  # before the record: a record never points to weights that are not there
    record = FoldRecord(
        id=identity,
        epochs=outcome.epochs,
        inner=_curve(outcome.fold.inner, outcome.inner, clips),
        held_out=_curve(outcome.fold.held_out, outcome.held_out, clips),
        train_loss=outcome.train_loss,
        wall_s=outcome.wall_s,
        device=device,
        weights=str(path.relative_to(ledger.root)) if keep else None,
    )
    ledger.write(record)
    ledger.note_execution(identity.name, time.time())


def _curve(indices: Sequence[int], probabilities: np.ndarray, clips: ClipTensors) -> Curve:
    chosen = [clips.clips[i] for i in indices]
    return Curve(keys=tuple(c.key for c in chosen), truth=np.array([c.label for c in chosen], dtype=np.int64), probabilities=probabilities)
