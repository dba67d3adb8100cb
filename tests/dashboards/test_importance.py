"""Which hyperparameters mattered, where it is known; stopped trials are judged on the folds that they had."""

import numpy as np
import pytest

from dashboards.axes import ABSENT, axes
from dashboards.importance import LEAST, against_best, importances
from search_spaces.recipe import Plain
from tests.dashboards.view_examples import DISTRIBUTIONS, row, view


def test_a_stopped_trial_is_compared_on_its_own_folds() -> None:
    found = against_best(view(row(0, (0.2, 0.4, 0.6, 0.8)), row(1, (0.1, 0.5)), row(2, ()), row(3, (0.1, 0.1, 0.1, 0.1))))
    assert found == pytest.approx([0.0, 0.0, np.nan, -0.4], nan_ok=True, abs=1e-6)


def test_without_a_complete_trial_nothing_can_be_compared() -> None:
    assert np.isnan(against_best(view(row(0, (0.5,)), row(1, ())))).all()


def test_the_dimension_that_decides_comes_first() -> None:
    random = np.random.default_rng(0)
    rows = [row(0, (0.5,) * 4)]
    for index in range(1, 41):
        exponent = random.uniform(-4, -1)
        settings = {"training.lr": 10**exponent, "model.dropout": random.uniform(0, 0.5), "loss.kind": "focal"}
        level = 0.9 - 0.2 * abs(exponent + 2)
        rows.append(row(index, (level,) * (4 if index % 3 else 2), settings=settings))
    found = importances(view(*rows))
    assert list(found)[0] == "training.lr" and found["training.lr"] > 0.5 and sum(found.values()) == pytest.approx(1)


def test_a_dimension_that_applies_to_few_settings_is_left_out() -> None:
    common = {"training.lr": 1e-3}
    rows = [row(0, (0.5,) * 4), *(row(n, (0.1 * n % 1,) * 4, settings={**common, "training.lr": 1e-3 * n}) for n in range(1, 12))]
    rare = [row(n, (0.3,) * 4, settings={"training.lr": 1e-2, "model.dropout": 0.1}) for n in range(12, 12 + LEAST - 1)]
    assert set(importances(view(*rows, *rare))) == {"training.lr"}


def test_too_few_settings_have_no_importance() -> None:
    assert importances(view(*(row(n, (0.1 * n,) * 4, settings={"training.lr": 1e-3}) for n in range(LEAST - 1)))) == {}


def test_axes_are_logarithmic_named_or_absent() -> None:
    settings: list[dict[str, Plain]] = [
        {"training.lr": 1e-2, "loss.kind": "focal"},
        {"training.lr": 1e-4, "loss.kind": "cross_entropy", "model.dropout": 0.25},
    ]
    rate, kind, dropout = axes(("training.lr", "loss.kind", "model.dropout"), settings, DISTRIBUTIONS)
    assert rate["values"] == [-2, -4] and rate["ticktext"][0] == "0.0001" and rate["label"] == "lr"
    assert [kind["ticktext"][value] for value in kind["values"]] == ["focal", "cross_entropy"]
    assert dropout["values"][1] == 0.25 and dropout["values"][0] < 0 == dropout["tickvals"][1]
    assert dropout["ticktext"][0] == ABSENT and dropout["range"][0] == dropout["values"][0]
