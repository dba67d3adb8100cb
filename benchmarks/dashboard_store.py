"""A home as a large sweep leaves it, made in seconds: the summary, study and MLflow runs of made-up trials. There is no ledger."""

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pyarrow as pa
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, distribution_to_json

import search_spaces
from orchestrator.metrics import Predictions
from orchestrator.results import SweepResult, Trial
from orchestrator.selection import Score
from orchestrator.study import INDEX, SETTINGS, default_storage
from orchestrator.summaries import SummaryWriter
from orchestrator.summary_files import SCHEMA, Clip
from orchestrator.tracking import Tracker

MODEL, CORPUS = "ststnet", "megc2019_flow"
NUM_CLIPS, PRUNED, SEED = 442, 0.7, 0
DIMENSIONS: dict[str, BaseDistribution] = {
    "training.lr": FloatDistribution(1e-5, 1e-2, log=True),
    "model.dropout": FloatDistribution(0.0, 0.7),
    "training.weight_decay": FloatDistribution(1e-6, 1e-2, log=True),
    "augmentation.flip": FloatDistribution(0.0, 0.5),
    "augmentation.noise": FloatDistribution(0.0, 0.1),
    "training.batch_size": CategoricalDistribution([16, 32, 64]),
    "loss.kind": CategoricalDistribution(["cross_entropy", "focal"]),
    "training.optimizer": CategoricalDistribution(["adam", "sgd"]),
}


def header(num_folds: int = 68) -> SweepResult:
    """The sweep without its trials."""
    tags = {"protocol": "composite_loso", "feature_stage": "in_fold", "sampler": "tpe", "stopping": "wilcoxon", "code_version": "c" * 64}
    return SweepResult(
        name=f"{MODEL}-{CORPUS}-large",
        model=MODEL,
        corpus=CORPUS,
        classes=("negative", "positive", "surprise"),
        fold_names=tuple(f"casme2/sub{number:02d}" for number in range(num_folds)),
        data_digest="d" * 64,
        seed=SEED,
        trials=(),
        tags=tags,
    )


def write_summary(home: Path, sweep: SweepResult, num_trials: int) -> None:
    """Rows of trials, most of them stopped after a few folds, and a score by each rule."""
    random, num_folds = np.random.default_rng(SEED), len(sweep.fold_names)
    writer = SummaryWriter(home, sweep)
    clips = [_clip(place, sweep.fold_names) for place in range(NUM_CLIPS)]
    (writer.folder / "clips.json").write_text(json.dumps([asdict(clip) for clip in clips]))
    folds = np.array([sweep.fold_names.index(clip.fold) for clip in clips])
    rows = [_row(index, settings(index), folds, num_folds, random) for index in range(num_trials)]
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    (writer.folder / "trials.arrows").write_bytes(SCHEMA.serialize().to_pybytes() + batch.serialize().to_pybytes())
    writer.score(sweep, {rule: _score(rule, sweep, clips, random) for rule in ("nested", "inner_mean", "last_epoch", "oracle")})


def settings(index: int) -> dict[str, Any]:
    """Of one trial; the paper's point has none."""
    random = np.random.default_rng(SEED + index)
    return {} if index == 0 else {name: _draw(distribution, random) for name, distribution in DIMENSIONS.items()}


def write_study(home: Path, sweep: SweepResult, num_trials: int) -> None:
    """An Optuna study with every trial, its parameters and a score for each fold."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=default_storage(home), study_name=sweep.name, direction="maximize")
    number, begin = study._study_id, datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with closing(sqlite3.connect(home / "optuna.db")) as database, database:
        for index in range(num_trials):
            start, end = (str(begin + timedelta(minutes=index + minute)) for minute in (0, 1))
            database.execute("INSERT INTO trials VALUES (?, ?, ?, 'COMPLETE', ?, ?)", (index + 1, index, number, start, end))
            told = ((index + 1, key, value) for key, value in ((INDEX, str(index)), (SETTINGS, json.dumps(json.dumps(settings(index))))))
            database.executemany("INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)", told)
            params = [
                (index + 1, name, distribution.to_internal_repr(settings(index or 1)[name]), distribution_to_json(distribution))
                for name, distribution in DIMENSIONS.items()
            ]
            statement = "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?, ?, ?, ?)"
            database.executemany(statement, params)
            steps = [(index + 1, step, 0.5) for step in range(1, len(sweep.fold_names) + 1)]
            columns = "(trial_id, step, intermediate_value, intermediate_value_type)"
            statement = f"INSERT INTO trial_intermediate_values {columns} VALUES (?, ?, ?, 'FINITE')"
            database.executemany(statement, steps)


def write_runs(home: Path, sweep: SweepResult, num_trials: int) -> None:
    """MLflow: the sweep's run, and one trial's run as often as there are trials."""
    tracker, recipe = Tracker(None, home), search_spaces.load(MODEL, CORPUS)[0]
    tracker.sweep(sweep, recipe)
    first = tracker.trial(sweep, Trial(index=0, settings={}, state="failed", folds={}))
    tracker.finish(sweep)
    with closing(sqlite3.connect(home / "mlflow.db")) as database, database:
        for index in range(1, num_trials):
            run = f"{index:032x}"
            for table in ("runs", "tags", "latest_metrics", "params"):
                names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                chosen = ", ".join(":run" if name == "run_uuid" else name for name in names)
                database.execute(f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE run_uuid = :first", {"run": run, "first": first})
            database.execute("UPDATE tags SET value = ? WHERE run_uuid = ? AND key = 'losotune.key'", (f"{sweep.name}/{index}", run))


def _clip(place: int, folds: tuple[str, ...]) -> Clip:
    fold = folds[place % len(folds)]
    return Clip(key=f"{fold}/clip{place:03d}", truth=place % 3, fold=fold)


def _row(index: int, chosen: dict[str, Any], folds: np.ndarray, num_folds: int, random: np.random.Generator) -> dict[str, Any]:
    stopped = index > 0 and random.random() < PRUNED
    done = 8 if stopped else num_folds
    level = random.uniform(0.3, 0.7)
    inner = np.clip(level + random.normal(0, 0.05, done), 0, 1)
    answers = np.where(folds < done, random.integers(0, 3, len(folds)), -1)
    rest = [None] * (num_folds - done)
    return {
        "index": index,
        "settings": json.dumps(chosen),
        "state": "pruned" if stopped else "complete",
        "reason": "stopped after step 8" if stopped else "",
        "inner_score": None if stopped else float(inner.mean()),
        "inner": [*inner.tolist(), *rest],
        "wall_s": [*random.uniform(1, 2, done).tolist(), *rest],
        "records": [*(random.bytes(32) for _ in range(done)), *rest],
        "predicted": answers.tolist(),
    }


def _score(rule: str, sweep: SweepResult, clips: list[Clip], random: np.random.Generator) -> Score:
    truth = np.array([clip.truth for clip in clips])
    predicted = np.where(random.random(len(clips)) < 0.6, truth, random.integers(0, 3, len(clips)))
    predictions = Predictions.from_keys([clip.key for clip in clips], truth, predicted, sweep.classes)
    chosen = dict.fromkeys(sweep.fold_names, (0, 1))
    return Score(rule=rule, honest=rule != "oracle", predictions=predictions, chosen=chosen, explanation="made up")


def _draw(distribution: BaseDistribution, random: np.random.Generator) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[int(random.integers(len(distribution.choices)))]
    assert isinstance(distribution, FloatDistribution)
    if distribution.log:
        return float(np.exp(random.uniform(np.log(distribution.low), np.log(distribution.high))))
    return float(random.uniform(distribution.low, distribution.high))
