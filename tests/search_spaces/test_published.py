"""The papers' tables as data, and the rows that a recipe names."""

import dataclasses

import pytest

import search_spaces
from search_spaces import published
from search_spaces.published import confusions, parameter_counts, rows, targets
from search_spaces.recipe import Data, Protocol, Published, Recipe, Target, Training

RECIPE = Recipe(
    model="toy",
    paper="none",
    data=Data(corpus="casme2", classes="casme2_5", pipeline="flow"),
    training=Training(lr=0.1, batch_size=4, epochs=2),
)


def named(*given: Published, **changes: object) -> tuple[Target, ...]:
    return targets(dataclasses.replace(RECIPE, published=given, **changes))  # type: ignore[arg-type]


def test_every_row_and_matrix_is_there() -> None:
    assert len(rows()) == 435 and len(confusions()) == 20
    assert {row.paper for row in rows()} == set(published.PAPERS)
    assert parameter_counts()["VGG-16"] == 104_020_999 and len(parameter_counts()) == 5


def test_numbers_are_fractions_and_counts_agree_with_them() -> None:
    """A count of clips gives the printed value, rounded or truncated at its last digit."""
    assert all(0 < row.value < 1 for row in rows() if row.value is not None)
    counted = [row for row in rows() if row.num_correct is not None]
    assert len(counted) > 80
    for row in counted:
        assert row.metric == "accuracy" and row.num_clips and row.value and row.num_correct
        assert abs(row.num_correct / row.num_clips - row.value) < 10.0 ** -max(3, len(str(row.value)) - 2), row


def test_counted_matrices_have_the_accuracy_of_their_row() -> None:
    stanet = next(m for m in confusions() if m.kind == "counts, derived" and (m.method, m.dataset) == ("STANet", "SMIC-HS"))
    (accuracy,) = named(Published(paper="stanet", method="STANet (Ours)", dataset="SMIC-HS"))
    correct, total = sum(line[place] for place, line in enumerate(stanet.matrix)), sum(map(sum, stanet.matrix))
    assert round(correct / total, 4) == accuracy.value == 0.689
    assert stanet.labels == ("Positive", "Negative", "Surprise")


def test_matrices_are_square_unless_they_are_marginals_or_missing() -> None:
    for matrix in confusions():
        height = {"missing": 0, "marginals, derived": 3}.get(matrix.kind, len(matrix.labels))
        assert [len(line) for line in matrix.matrix] == [len(matrix.labels)] * height, matrix.where


def test_a_row_becomes_a_target_with_its_place_and_its_count() -> None:
    assert named(Published(paper="stanet", method="STANet (Ours)", dataset="CASME II")) == (
        Target(metric="accuracy", value=0.6911, source="STANet Table 1, LOSO", note="170 of 246 clips; optical-flow based"),
    )


def test_f1_is_our_uf1() -> None:
    found = named(Published(paper="shcnn", method="Ours", dataset="SAMM", table="8"))
    assert [(target.metric, target.value) for target in found] == [("accuracy", 0.8647), ("uf1", 0.8029)]


def test_a_dataset_is_a_part_where_the_protocol_is_composite() -> None:
    both = [
        Published(paper="region_cnn_lstm", method="OFF-ApexNet [7]", dataset=dataset) for dataset in ("FULL (3DB-combined)", "CASME II")
    ]
    composite = named(*both, protocol=Protocol(kind="composite_loso"))
    assert [target.corpus for target in composite] == ["all", "all", "casme2", "casme2"]
    assert {target.corpus for target in named(*both)} == {"all"}


def test_own_targets_follow_and_gaps_are_none() -> None:
    own = Target(metric="uar", value=0.5, source="recomputed")
    gap = Published(paper="stanet", method="HIGO", dataset="CASME")
    assert named(gap, targets=(own,)) == (own,)


def test_rows_whose_name_is_lost_go_by_their_number() -> None:
    assert [row.system for row in published.matching(Published(paper="shcnn", method="row 5", dataset="CASME II"), "mdmo")] == ["mdmo"] * 2


def test_a_name_that_no_row_has_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"for 'toy', which is none. The nearest is paper='strcn', method='STRCN-A \(Ours\)'"):
        named(Published(paper="strcn", method="STRCN-A (ours)", dataset="CASME II"))


def test_the_first_recipe_of_ststnet_is_compared_with_what_is_printed_and_what_was_recomputed() -> None:
    found = targets(search_spaces.load("ststnet")[0])
    assert [target.value for target in found if (target.metric, target.corpus) == ("uar", "all")] == [0.7605, 0.7186, 0.7250]
