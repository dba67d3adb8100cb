"""A small sweep made by hand: four subjects with three clips each, two classes, three trials."""

from dataclasses import replace
from typing import Any

import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from orchestrator.ledger import Curve, FoldId, FoldRecord
from orchestrator.metrics import Predictions
from orchestrator.results import SweepResult, Trial
from orchestrator.tracking import Tracker
from orchestrator.tracking_store import KEY, SWEEP
from search_spaces.recipe import Data, Recipe, Target, Training

CLASSES = ("negative", "positive")
SUBJECTS = ("s1", "s2", "s3", "s4")
RECIPE = Recipe(
    model="ststnet",
    paper="Liong et al., FG 2019",
    data=Data(corpus="toy", classes="two", pipeline="flow", scale=0.5),
    training=Training(lr=1e-3, batch_size=4, epochs=4, num_evals=2),
    hparams=dict(widths=(3, 5, 8), dropout=0.5, in_channels=3),
    targets=(Target(metric="uf1", value=0.7, source="Table 1"), Target(metric="uar", value=0.6, corpus="toy")),
)


def curve(subjects: tuple[str, ...], *, right: float, seed: int) -> Curve:
    rng = np.random.default_rng(seed)
    keys = tuple(f"toy/{subject}/clip{number}" for subject in subjects for number in range(3))
    truth = np.arange(len(keys)) % 2
    sure = np.where(rng.random((2, len(keys))) < right, 0.9, 0.1)
    hot = np.eye(2)[truth][None] * sure[..., None]
    rest = (1 - np.eye(2)[truth])[None] * (1 - sure[..., None])
    return Curve(keys=keys, truth=truth, probabilities=(hot + rest).astype(np.float32))


def record(subject: str, *, right: float, seed: int) -> FoldRecord:
    others = tuple(name for name in SUBJECTS if name != subject)[:2]
    return FoldRecord(
        id=FoldId(settings={"seed": seed}, data_digest="d" * 64, fold=f"toy/{subject}", seed=0, code_version="code"),
        epochs=(2, 4),
        inner=curve(others, right=right, seed=seed),
        held_out=curve((subject,), right=right, seed=seed + 1),
        train_loss=np.linspace(1, 0.1, 4).astype(np.float32),
        wall_s=1.5,
        device="cpu",
        weights=None,
    )


def trial(index: int, *, right: float = 0.8, state: str = "complete") -> Trial:
    names = SUBJECTS if state == "complete" else SUBJECTS[:2] if state == "pruned" else ()
    folds = {f"toy/{name}": record(name, right=right, seed=10 * index + place) for place, name in enumerate(names)}
    settings = {} if index == 0 else {"training.lr": 10.0 ** -(index + 2), "model.dropout": 0.1}
    score = right if state == "complete" else None
    return Trial(index=index, settings=settings, state=state, folds=folds, inner_score=score, reason="" if score else "too low")  # type: ignore[arg-type]


def sweep(name: str = "ststnet-toy-1", *trials: Trial, data_digest: str = "d" * 64) -> SweepResult:
    return SweepResult(
        name=name,
        model="ststnet",
        corpus="toy",
        classes=CLASSES,
        fold_names=tuple(f"toy/{subject}" for subject in SUBJECTS),
        data_digest=data_digest,
        seed=0,
        trials=trials,
        tags={"protocol": "loso", "feature_stage": "in_fold", "sampler": "tpe", "code_version": "code"},
    )


def full_sweep(name: str = "ststnet-toy-1") -> SweepResult:
    return sweep(name, trial(0), trial(1, state="pruned"), trial(2, state="failed"))


def predictions(*, right: float = 0.8, seed: int = 0) -> Predictions:
    made = curve(SUBJECTS, right=right, seed=seed)
    return Predictions.from_keys(made.keys, made.truth, made.predicted(), CLASSES)


def contents(tracker: Tracker, name: str) -> dict[str, dict[str, Any]]:
    """All that MLflow holds of a sweep but ids and times: by key, each run's status, name, parameters, metric histories, tags, ..."""
    client = tracker.store.client
    runs = client.search_runs([tracker.store.experiment_id], f"tags.`{SWEEP}` = '{name}'")
    assert len({run.data.tags[KEY] for run in runs}) == len(runs), "a run was written twice"
    return {run.data.tags[KEY]: _content(client, run) for run in runs}


def _content(client: MlflowClient, run: Run) -> dict[str, Any]:
    latest = {name: value for name, value in run.data.metrics.items() if not name.startswith("system/")}
    is_child = MLFLOW_PARENT_RUN_ID in run.data.tags
    return {
        "status": run.info.status,
        "name": run.info.run_name,
        "stage": run.info.lifecycle_stage,
        "user": run.info.user_id,
        "ended": run.info.end_time is not None,
        "params": run.data.params,
        "latest": latest,
        "metrics": {name: _history(client, run.info.run_id, name) for name in latest if is_child},  # a sweep's have one value
        "tags": {name: value for name, value in run.data.tags.items() if name not in (MLFLOW_PARENT_RUN_ID, "mlflow.user")},
        "is_child": is_child,
        "inputs": [(given.dataset.to_dictionary(), [(tag.key, tag.value) for tag in given.tags]) for given in run.inputs.dataset_inputs],
        "files": _files(client, run.info.run_id),
    }


def _history(client: MlflowClient, run_id: str, name: str) -> list[tuple[int, float]]:
    return sorted((metric.step, metric.value) for metric in client.get_metric_history(run_id, name))


def _files(client: MlflowClient, run_id: str, folder: str | None = None) -> dict[str, int]:
    """Path -> bytes."""
    found: dict[str, int] = {}
    for item in client.list_artifacts(run_id, folder):
        found |= _files(client, run_id, item.path) if item.is_dir else {item.path: item.file_size}
    return found


def other_seed(of: Trial) -> Trial:
    return replace(of, settings={"training.lr": 0.5})
