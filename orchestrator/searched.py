"""Searched: what the sweeps of a home found, read back from MLflow, beside the reproductions. ``nested`` is the number to quote."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlflow.entities import Run, ViewType

from orchestrator.measured import METRICS, Measured, Value, rounded
from orchestrator.selection import RULES
from orchestrator.tracking import DATABASE, Tracker
from orchestrator.tracking_store import KIND, SWEEP

PAGE = 1000


def searched(variant: str, home: Path, tracking_uri: str | None) -> list[Measured]:
    """The finished sweeps over a corpus variant, one per system: that with the most settings, of equals the newest.

    Which sweep is shown never depends on its scores.
    """
    if tracking_uri is None and not (home / DATABASE).exists():
        return []
    tracker = Tracker.existing(tracking_uri, home)
    trials = Counter(run.data.tags[SWEEP] for run in _runs(tracker, f"tags.`{KIND}` = 'trial' and tags.state = 'complete'"))
    found: dict[str, Measured] = {}
    query = f"tags.`{KIND}` = 'sweep' and tags.corpus = '{variant}' and attributes.status = 'FINISHED'"
    for run in _runs(tracker, query):  # oldest first
        if "nested/all/uf1" not in run.data.metrics:
            continue  # a reproduction: nothing was chosen
        entry = _entry(run, variant, trials[run.data.tags[SWEEP]])
        if entry.system not in found or entry.num_trials >= found[entry.system].num_trials:
            found[entry.system] = entry
    return list(found.values())


def _runs(tracker: Tracker, query: str) -> Iterator[Run]:
    store, token = tracker.store, None
    while True:
        page = store.client.search_runs([store.experiment_id], query, ViewType.ACTIVE_ONLY, PAGE, ["attributes.start_time ASC"], token)
        yield from page
        token = page.token
        if not token:
            return


def _entry(run: Run, variant: str, num_trials: int) -> Measured:
    tags: Mapping[str, str] = run.data.tags
    return Measured(
        system=tags["model"],
        variant=variant,
        kind="searched",
        num_clips=int(tags["num_clips"]),
        num_folds=int(tags["num_folds"]),
        data_digest=tags["data_digest"][:12],
        code_version=tags["code_version"][:12],
        seeds=(int(tags["seed"]),),
        num_trials=num_trials,
        sampler=tags["sampler"],
        values=tuple(_values(run.data.metrics, tags)),
    )


def _values(found: Mapping[str, float], tags: Mapping[str, str]) -> Iterator[Value]:
    for name, number in sorted(found.items()):
        rule, corpus, metric = (*name.split("/"), "", "")[:3]
        if rule in RULES and metric in METRICS:
            low, high = (rounded(found.get(f"{name}.{end}", float("nan"))) for end in ("low", "high"))
            honest = tags.get(f"honest.{rule}") == "true"
            yield Value(rule=rule, honest=honest, corpus=corpus, metric=metric, values=(round(number, 4),), low=low, high=high)
