"""The study forgets nothing and repeats nothing, whatever is killed; and a search does not depend on its timing."""

from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from orchestrator.proposals import Proposal
from orchestrator.study import Settled, Study, default_storage
from tests.orchestrator.search_examples import NUM_FOLDS, fold_scores, run, score_of, settle, study

NUM = 13
"""Enough that TPE models (from the ninth trial on)."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Settled]:
    return run(study(tmp_path_factory.mktemp("undisturbed")), 0, NUM)


def in_database(home: Path) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name="sweep", storage=default_storage(home)).get_trials()


def test_the_example_has_every_outcome(undisturbed: list[Settled]) -> None:
    assert {settled.state for settled in undisturbed} == {"complete", "pruned", "failed"}
    assert [settled.index for settled in undisturbed] == list(range(NUM)) and undisturbed[0].settings == {}
    assert len({tuple(settled.settings.items()) for settled in undisturbed}) == NUM


def test_outcomes_are_told_as_what_they_are(tmp_path: Path) -> None:
    kept = study(tmp_path)
    run(kept, 0, 1)
    pruned = kept.ask(1)
    for step in range(1, NUM_FOLDS):
        pruned.hopeless_at(step, 0.1)
    kept.tell(pruned, "pruned", inner_score=None, reason="stopped after step 9", stopped_at=9)
    failed = kept.ask(2)
    kept.tell(failed, "failed", inner_score=None, reason="the loss is nan")
    assert [trial.state for trial in in_database(tmp_path)] == [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL]
    assert in_database(tmp_path)[1].intermediate_values == dict.fromkeys(range(1, NUM_FOLDS), 0.1)
    assert in_database(tmp_path)[1].params == pruned.trial.params and in_database(tmp_path)[1].distributions == pruned.trial.distributions
    assert [trial.value for trial in in_database(tmp_path)] == [score_of({}), 0.1, None]
    told = [(settled.state, settled.inner_score, settled.reason, settled.stopped_at) for settled in study(tmp_path).results()]
    assert told == [
        ("complete", score_of({}), "", None),
        ("pruned", None, "stopped after step 9", 9),
        ("failed", None, "the loss is nan", None),
    ]


def test_a_resumed_study_knows_what_the_first_knew(tmp_path: Path, undisturbed: list[Settled]) -> None:
    assert run(study(tmp_path), 0, NUM) == undisturbed
    resumed = study(tmp_path)
    assert resumed.results() == undisturbed
    widths = [settled.settings["model.widths"] for settled in undisturbed[1:]]
    assert set(widths) == {(3, 5, 8), (2, 2)}, "tuples come back as tuples"


@pytest.mark.parametrize("kill", [
    lambda kept, proposal: None,  # just after it was asked
    lambda kept, proposal: proposal.hopeless_at(1, 0.5),  # under way
    lambda kept, proposal: kept.study.enqueue_trial(proposal.trial.params, user_attrs={"index": 99}),  # between enqueue and ask
    lambda kept, proposal: kept.study._storage.create_new_trial(kept.study._study_id),  # created, but its rows not yet written
], ids=["asked", "under way", "waiting", "bare"])  # fmt: skip
def test_a_killed_search_goes_on_as_if_nothing_had_happened(
    kill: Callable[[Study, Proposal], object], tmp_path: Path, undisturbed: list[Settled]
) -> None:
    for index in range(0, NUM, 3):  # a driver lives for two trials and dies in the third
        driver = study(tmp_path)
        assert driver.results() == undisturbed[:index]
        run(driver, index, min(index + 2, NUM))
        if index + 2 < NUM:
            kill(driver, driver.ask(index + 2))
            again = study(tmp_path).ask(index + 2)
            assert again.settings == undisturbed[index + 2].settings
            run(study(tmp_path), index + 2, index + 3)
    assert study(tmp_path).results() == undisturbed
    left = [trial for trial in in_database(tmp_path) if trial.state in (TrialState.RUNNING, TrialState.WAITING)]
    interrupted = [trial for trial in in_database(tmp_path) if trial.user_attrs.get("interrupted")]
    assert not left and interrupted and {trial.state for trial in interrupted} == {TrialState.FAIL}


def scheduled(home: Path, order: list[str]) -> list[Settled]:
    """Trials that overlap: 'a3' asks trial 3, 't3' settles it."""
    kept, live = study(home, lag=3), {}
    for event in order:
        index = int(event[1:])
        if event[0] == "a":
            assert kept.may_ask(index)
            live[index] = kept.ask(index)
        else:
            settle(kept, live.pop(index))
    return kept.results()


def test_proposals_do_not_depend_on_which_trial_settles_first(tmp_path: Path) -> None:
    """Three at once: in order, always the youngest first, and one by one."""
    in_order = ["a0", "a1", "a2", *(event for index in range(3, NUM) for event in (f"t{index - 3}", f"a{index}")), "t10", "t11", "t12"]
    groups = [(start, start + 1, start + 2) for start in range(0, 12, 3)]
    youngest_first = [event for group in groups for event in (*(f"a{i}" for i in group), *(f"t{i}" for i in reversed(group)))] + [
        "a12",
        "t12",
    ]
    one_by_one = [event for index in range(NUM) for event in (f"a{index}", f"t{index}")]
    results = []
    for name, order in (("in order", in_order), ("youngest first", youngest_first), ("one by one", one_by_one)):
        (tmp_path / name).mkdir()
        results.append(scheduled(tmp_path / name, order))
    assert results[0] == results[1] == results[2] and len(results[0]) == NUM


def test_a_trial_waits_for_those_it_must_see(tmp_path: Path) -> None:
    kept = study(tmp_path, lag=2)
    first, second = kept.ask(0), kept.ask(1)
    assert kept.may_ask(1) and not kept.may_ask(2)
    settle(kept, second)
    assert not kept.may_ask(2)
    settle(kept, first)
    assert kept.may_ask(2) and kept.may_ask(3) and not kept.may_ask(4)


def test_scores_of_pruned_trials_are_kept_for_the_sampler(tmp_path: Path) -> None:
    kept = study(tmp_path)
    run(kept, 0, 6)
    resumed = study(tmp_path)
    for index, settled in enumerate(resumed.results()):
        if settled.state == "pruned":
            assert list(resumed.settled[index].intermediate_values.values()) == fold_scores(settled.settings)[: settled.stopped_at]
            break
    else:
        pytest.fail("no trial of the example was pruned")
