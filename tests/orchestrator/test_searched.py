"""The sweeps of a home, read back from MLflow."""

import dataclasses
from pathlib import Path

from orchestrator.results import SweepResult, Trial
from orchestrator.searched import searched
from orchestrator.selection import score_all
from orchestrator.tracking import Tracker
from tests.orchestrator.tracking_examples import RECIPE, sweep, trial


def recorded(home: Path, name: str, *trials: Trial, **changes: object) -> SweepResult:
    made = sweep(name, *trials)
    tags = {**made.tags, "num_clips": "12"}
    result = dataclasses.replace(made, **{"tags": tags, **changes})  # type: ignore[arg-type]
    Tracker(None, home).reconcile(result, RECIPE, list(score_all(result).values()))
    return result


def without_inner(made: Trial) -> Trial:
    """As a reproduction's: nothing to choose on."""
    folds = {
        name: dataclasses.replace(record, inner=dataclasses.replace(record.inner, keys=(), truth=record.inner.truth[:0]))
        for name, record in made.folds.items()
    }
    return dataclasses.replace(made, folds=folds)


def test_a_home_without_a_database_has_no_sweeps(tmp_path: Path) -> None:
    assert searched("toy", tmp_path, None) == []
    assert not list(tmp_path.iterdir())


def test_a_sweep_is_read_with_every_rule(tmp_path: Path) -> None:
    result = recorded(tmp_path, "ststnet-toy-1", trial(0, right=0.6), trial(1, right=0.9), trial(2, state="pruned"))
    (entry,) = searched("toy", tmp_path, None)
    assert entry.key == ("toy", "ststnet", "searched")
    assert (entry.num_trials, entry.num_clips, entry.num_folds, entry.sampler, entry.seeds) == (2, 12, 4, "tpe", (0,))
    for rule, score in score_all(result).items():
        found = entry.value(rule, "uf1")
        assert found is not None and found.values == (round(score.value("uf1"), 4),) and found.honest == (rule != "oracle")
        assert found.low is not None and found.high is not None and found.low <= found.high


def test_the_sweep_with_most_settings_is_shown_whatever_its_scores(tmp_path: Path) -> None:
    recorded(tmp_path, "ststnet-toy-1", trial(0, right=0.5), trial(1, right=0.5))
    recorded(tmp_path, "ststnet-toy-2", trial(0, right=0.95))
    (entry,) = searched("toy", tmp_path, None)
    assert entry.num_trials == 2


def test_reproductions_and_other_corpora_are_no_searches(tmp_path: Path) -> None:
    recorded(tmp_path, "reproduce-ststnet-toy-1", without_inner(trial(0)))
    recorded(tmp_path, "ststnet-other-1", trial(0), corpus="other")
    assert searched("toy", tmp_path, None) == []
