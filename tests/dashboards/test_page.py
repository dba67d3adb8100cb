"""Blocks refuse what could not be shown."""

import pytest

from dashboards.page import Column, Table


def test_a_string_is_a_column_of_the_usual_form() -> None:
    assert Table(columns=("a", Column(title="b", form=".1f")), rows=((1, 2.0),)).heads == (Column(title="a"), Column(title="b", form=".1f"))


def test_a_row_has_a_cell_per_column() -> None:
    with pytest.raises(ValueError, match="'scores' has 2 columns and rows of \\[1, 3\\] cells"):
        Table(title="scores", columns=("a", "b"), rows=((1, 2), (1,), (1, 2, 3)))


def test_tones_are_one_per_row_or_none() -> None:
    with pytest.raises(ValueError, match="2 rows and 1 tones"):
        Table(columns=("a",), rows=((1,), (2,)), tones=("good",))
