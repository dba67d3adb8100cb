"""Proposals depend on seed, index and the trials they may see; on nothing else."""

import warnings

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState, create_trial

import search_spaces
from orchestrator import proposals
from orchestrator.proposals import SAMPLERS, Proposer, decode, distribution, encode
from search_spaces.recipe import flatten, with_settings
from search_spaces.space import Choice, Dimension, Float, Int, applies, contains
from tests.orchestrator.search_examples import NUM_FOLDS, RECIPE, SPACE, proposer, score_of

RECIPES = [(model, variant) for model in search_spaces.names() for variant in search_spaces.variants(model)]


def history(source: Proposer, number: int) -> list[FrozenTrial]:
    """So many settled trials, each proposed after those before it."""
    settled: list[FrozenTrial] = []
    for index in range(number):
        trial = source.propose(index, settled).frozen
        done = create_trial(state=TrialState.COMPLETE, value=score_of(trial.params), params=trial.params, distributions=trial.distributions)
        settled.append(done)
    return settled


@pytest.fixture(scope="module")
def seen() -> list[FrozenTrial]:
    return history(proposer(), proposals.STARTUP_TRIALS + 3)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_trial_0_is_the_papers_point(sampler: str) -> None:
    proposal = proposer(sampler).propose(0, [])
    assert proposal.settings == {}
    flat = flatten(RECIPE)
    assert proposal.trial.params == {
        name: encode(flat[name]) for name in SPACE if name not in ("loss.gamma", "loss.alpha_mode", "loss.alpha")
    }


@pytest.mark.parametrize(("model", "variant"), RECIPES)
def test_every_recipes_own_point_is_proposed_without_a_warning(model: str, variant: str) -> None:
    recipe, space = search_spaces.load(model, variant)
    source = Proposer(recipe=recipe, space=space, sampler="tpe", seed=0, num_folds=20, advancing_together=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        proposal, other = source.propose(0, []), source.propose(1, [])
    own = {name: decode(space[name], value) for name, value in proposal.trial.params.items()}
    assert with_settings(recipe, own) == recipe != with_settings(recipe, other.settings)


@pytest.mark.parametrize("sampler", ("tpe", "random"))
def test_one_history_gives_one_proposal(sampler: str, seen: list[FrozenTrial]) -> None:
    first = proposer(sampler).propose(11, seen)
    assert proposer(sampler).propose(11, list(seen)).settings == first.settings
    assert proposer(sampler).propose(12, seen).settings != first.settings != proposer(sampler, seed=1).propose(11, seen).settings


def test_tpe_learns_from_what_it_sees_and_random_does_not(seen: list[FrozenTrial]) -> None:
    fewer = seen[:9]
    assert proposer("tpe").propose(11, seen).settings != proposer("tpe").propose(11, fewer).settings
    assert proposer("random").propose(11, seen).settings == proposer("random").propose(11, fewer).settings


def test_tpe_beats_random_where_there_is_something_to_learn() -> None:
    means = {}
    for sampler in ("tpe", "random"):
        trials = history(proposer(sampler), 30)[15:]
        means[sampler] = sum(trial.value or 0 for trial in trials) / len(trials)
    assert means["tpe"] > means["random"] + 0.03


@settings(max_examples=40, deadline=None)
@given(index=st.integers(1, 500), seed=st.integers(0, 50))
def test_dimensions_are_drawn_in_their_region_exactly_where_they_apply(index: int, seed: int) -> None:
    chosen = proposer("random", seed=seed).propose(index, []).settings
    flat = {**flatten(RECIPE), **chosen}
    assert list(chosen) == [name for name, dimension in SPACE.items() if applies(dimension, flat)]
    assert all(contains(SPACE[name], value) for name, value in chosen.items())
    with_settings(RECIPE, chosen)


@pytest.mark.parametrize(
    "options", [((1.0,), (0.9, 1.0, 1.1)), (None, 24, 28), (True, False), (0, 1, 2), (0.0, 0.5), ("a", "b"), (None, (1,))]
)
def test_options_survive_optuna_and_its_database(options: tuple[object, ...], tmp_path: object) -> None:
    dimension = Choice(options=options)  # type: ignore[arg-type]
    study = optuna.create_study(storage=f"sqlite:///{tmp_path}/optuna.db")
    for option in options:
        study.enqueue_trial({"x": encode(option)})  # type: ignore[arg-type]
        study.tell(study.ask({"x": distribution(dimension)}), 0.0)
    reopened = optuna.load_study(study_name=study.study_name, storage=f"sqlite:///{tmp_path}/optuna.db")
    found = [decode(dimension, trial.params["x"]) for trial in reopened.get_trials()]
    assert found == list(options) and [type(value) for value in found] == [type(option) for option in options]


GRID: dict[str, Dimension] = {
    "training.lr": Float(low=1e-4, high=1e-2, log=True),
    "training.epochs": Int(low=2, high=4, grid=9),
    "loss.kind": Choice(options=("cross_entropy", "focal")),
    "loss.gamma": Float(low=0.0, high=4.0, grid=2, when={"loss.kind": "focal"}),
}


def test_a_grid_visits_every_point_once() -> None:
    grid = proposer("grid", space=GRID)
    points = [tuple(sorted(point.items())) for point in grid.grid()]
    assert len(points) == len(set(points)) == 3 * 3 * (1 + 2) == grid.limit(1000) - 1 and grid.limit(5) == 5
    assert sorted({dict(point)["training.lr"] for point in points}) == pytest.approx([1e-4, 1e-3, 1e-2])
    proposed = [tuple(sorted(grid.propose(index, []).settings.items())) for index in range(1, grid.limit(1000))]
    assert proposed == points


def test_a_grid_of_single_points_and_large_ones() -> None:
    assert len(proposer("grid", space={"training.lr": Float(low=1e-4, high=1e-2, log=True, grid=1)}).grid()) == 1
    _, space = search_spaces.load("stanet")
    with pytest.raises(ValueError, match="at most 10,000 points, but this space has more. Use --sampler tpe"):
        proposer("grid", space={name: space[name] for name in flatten(RECIPE) if name in space}).limit(5)


def judged(source: Proposer, scores: list[float], seen: list[FrozenTrial]) -> int | None:
    """The step at which a trial of these scores is stopped."""
    proposal = source.propose(len(seen), seen)
    return next((step for step, score in enumerate(scores, start=1) if proposal.hopeless_at(step, score)), None)


def incumbent(scores: list[float]) -> FrozenTrial:
    proposal = proposer().propose(0, [])
    for step, score in enumerate(scores, start=1):
        assert not proposal.hopeless_at(step, score)
    frozen = proposal.frozen
    return create_trial(
        state=TrialState.COMPLETE, value=0.9, params=frozen.params, distributions=frozen.distributions,
        intermediate_values=frozen.intermediate_values,
    )  # fmt: skip


def test_wilcoxon_stops_a_trial_that_loses_on_the_same_folds() -> None:
    best = [0.9 - 0.02 * (step % 5) for step in range(NUM_FOLDS)]
    seen = [incumbent(best)]
    stopped = judged(proposer(), [score - 0.1 - 0.01 * (step % 3) for step, score in enumerate(best)], seen)
    assert stopped is not None and 4 <= stopped < NUM_FOLDS
    assert judged(proposer(), [score + 0.02 for score in best], seen) is None
    assert judged(proposer(), [score + 0.1 * (-1) ** step for step, score in enumerate(best)], seen) is None


def test_nothing_is_stopped_at_its_last_step() -> None:
    """It has cost all there is to spend; dropping it would only lose a result."""
    best = [0.9] * NUM_FOLDS
    late = [0.9 + 0.001 * (-1) ** step for step in range(NUM_FOLDS - 1)] + [-100.0]
    proposal = proposer().propose(1, [incumbent(best)])
    assert not any(proposal.hopeless_at(step, score) for step, score in enumerate(late, start=1)) and proposal.last_step == NUM_FOLDS


def test_halving_stops_all_but_the_best_third_at_an_epoch() -> None:
    source = proposer(advancing_together=True, space={"training.lr": SPACE["training.lr"]})
    settled: list[FrozenTrial] = []
    stops = []
    for index, level in enumerate((0.9, 0.8, 0.7, 0.6, 0.95)):
        proposal = source.propose(index, settled)
        assert proposal.last_step == RECIPE.training.epochs
        stopped = next((epoch for epoch in range(1, 5) if proposal.hopeless_at(epoch, level)), None)
        stops.append(stopped)
        frozen = proposal.frozen
        settled.append(
            create_trial(
                state=TrialState.PRUNED if stopped else TrialState.COMPLETE,
                value=None if stopped else level,
                params=frozen.params,
                distributions=frozen.distributions,
                intermediate_values=frozen.intermediate_values,
                system_attrs=frozen.system_attrs,
            )  # fmt: skip
        )
    assert stops[0] is None and stops[4] is None and all(stops[1:4])
