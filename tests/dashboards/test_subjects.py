"""The page Subjects: shares by subject, hardest clips, confusions, curves of a real trial."""

from pathlib import Path

import numpy as np
import pytest

import search_spaces
from dashboards.page import Choices, Figure, Table
from dashboards.published_confusion import published
from dashboards.runs import Runs
from dashboards.subjects import subjects
from orchestrator import metrics
from orchestrator.results import SweepResult
from tests.dashboards.view_examples import column, of, row, view, words

RIGHT, WRONG = [0, 1, 0, 1, 0, 1, 0, 1], [0, 1, 0, 1, 0, 0, 1, 0]
HALF = [1, 0, 0, 1, -1, -1, -1, -1]
ROWS = (row(0, (0.5,) * 4, predicted=RIGHT), row(1, (0.6,) * 4, predicted=WRONG), row(2, (0.1, 0.1), predicted=HALF))


def test_hardest_subjects_and_clips_come_first() -> None:
    page = subjects(view(*ROWS), None, trial=1)
    table = of(page, Table, "Subjects")
    assert column(table, "subject") == ["toy/s4", "toy/s3", "toy/s1", "toy/s2"]
    assert column(table, "share") == pytest.approx([0, 0.5, 1, 1])
    assert column(table, "over all settings") == pytest.approx([1 / 2, 3 / 4, 4 / 6, 1]), "a stopped trial counts where it has predictions"
    clips = of(page, Table, "Hardest clips")
    assert [link.text for link in column(clips, "clip")[:3]] == ["toy/s3/clip1", "toy/s4/clip0", "toy/s4/clip1"]
    assert column(clips, "of settings")[:4] == [2, 2, 2, 3] and column(clips, "mostly taken for")[0] == "negative"


def test_the_confusion_is_of_the_chosen_trial() -> None:
    drawn = of(subjects(view(*ROWS), None, trial=1), Figure, "Confusion").figure
    assert np.array(drawn.data[0].z) == pytest.approx(np.array([[0.75, 0.25], [0.5, 0.5]]))


def test_without_scores_the_best_trial_so_far_is_shown() -> None:
    page = subjects(view(*ROWS, status="RUNNING"), None)
    assert "by trial 1" in words(page)
    links = of(page, Choices).links
    assert [link.text for link in links] == ["chosen by rule", "trial 0 (paper)", "trial 1"]


def test_a_trial_that_has_not_settled_is_refused() -> None:
    with pytest.raises(LookupError, match="trial 7 has not"):
        subjects(view(*ROWS), None, trial=7)


def test_before_the_first_fold_it_says_so() -> None:
    assert "No fold has been trained yet" in words(subjects(view(row(0, ())), None))


def test_a_real_sweep_has_the_rules_predictions_and_curves(swept: tuple[Path, SweepResult]) -> None:
    home, result = swept
    shown = Runs(home).view(result.name)
    assert shown is not None
    page = subjects(shown, search_spaces.load(result.model, "synthetic")[0])
    score = shown.scores["nested"]
    assert f"UF1 {score.value():.4f}" in words(page) and int(metrics.confusion(score.predictions).sum()) == len(shown.clips)
    curves = of(page, Figure, "Learning curves").figure
    assert len(curves.data) == len(result.fold_names) + 1 and curves.data[-1].name == "median"
    chosen = next(iter(shown.scores["inner_mean"].chosen.values()))[0]
    record = next(trial for trial in result.trials if trial.index == chosen).folds[result.fold_names[0]]
    assert list(curves.data[0].y) == pytest.approx(record.train_loss.tolist())


@pytest.mark.parametrize(
    ("name", "variant", "wanted"),
    (
        ("stanet", "casme2", {"Fig. 3c", "Fig. 3c (derived)"}),
        ("region_cnn_lstm", "megc2019", {"Fig. 5", "derived from Table 2"}),
        ("shcnn", "samm", {"Table 9"}),
        ("mdmo", "casme2-5class", set()),
    ),
)
def test_the_papers_matrices_are_those_of_the_system(name: str, variant: str, wanted: set[str]) -> None:
    assert {matrix.where for matrix in published(search_spaces.load(name, variant)[0])} == wanted


def test_a_lost_figure_and_none_at_all_are_told() -> None:
    recipe = search_spaces.load("region_cnn_lstm", "megc2019")[0]
    page = subjects(view(*ROWS), recipe)
    assert "its figure is lost" in words(page) and column(of(page, Table, "FULL"), "true positives") == [231, 97, 74]
    assert "No paper of the four prints a confusion matrix" in words(subjects(view(*ROWS), None))
