import dataclasses

import pytest

from preprocessing.patches import Exchange, Patch, apply
from preprocessing.sheets import Row

ROW = Row(number=0, subject="s1", filename="c1", onset="10", apex="99", offset="20", emotion="x")
BY_KEY = Patch(subject="s1", filename="c1", field="apex", old="99", new="15", source="a paper")
BY_ROW = Patch(row=0, num_rows=1, field="apex", new="15", source="a paper")


@pytest.mark.parametrize(
    ("patch", "apex", "span", "outcome"),
    [
        (BY_KEY, "99", (10, 20), "applied to s1/c1: 99 -> 15 (a paper)"),
        (BY_KEY, "99", None, "applied to s1/c1: 99 -> 15 (a paper)"),
        (BY_KEY, "15", (10, 20), "not needed: the sheet is correct"),
        (BY_KEY, "16", (10, 20), "not applied: the sheet says '16', not '99'"),
        (BY_KEY, "99", (1, 9), "not applied: 15 is outside of the frames on disk, 1 to 9"),
        (BY_ROW, "99", (10, 20), "applied to s1/c1: 99 -> 15 (a paper)"),
        (BY_ROW, "", (10, 20), "applied to s1/c1: nothing -> 15 (a paper)"),
        (BY_ROW, "x", (10, 20), "applied to s1/c1: x -> 15 (a paper)"),
        (BY_ROW, "19", (10, 18), "applied to s1/c1: 19 -> 15 (a paper)"),
        (BY_ROW, "16", (10, 20), "not applied: '16' is possible"),
    ],
)
def test_a_correction_applies_where_its_error_is(patch: Patch, apex: str, span: tuple[int, int] | None, outcome: str) -> None:
    row = Row(number=0, subject="s1", filename="c1", onset="10", apex=apex, offset="20", emotion="x")
    (corrected,), ((name, told),) = apply([row], [patch], lambda _: span)
    assert told == outcome and name == patch.name
    assert corrected.apex == ("15" if "applied to" in outcome else apex)


def test_corrections_can_be_left_out_together_or_by_name() -> None:
    for options in ({"patches": False}, {"skip_patches": " s1/c1/apex ,"}):
        rows, outcomes = apply([ROW], [BY_KEY], lambda _: None, **options)
        assert rows == [ROW] and outcomes == [("s1/c1/apex", "switched off")]
    with pytest.raises(ValueError, match="must name known corrections, but got x. They are: s1/c1/apex"):
        apply([ROW], [BY_KEY], lambda _: None, skip_patches="x")


def test_a_row_counts_in_a_sheet_of_its_length_only() -> None:
    other = Row(number=1, subject="s2", filename="c1", onset="1", apex="2", offset="3", emotion="x")
    rows, outcomes = apply([ROW, other], [BY_ROW], lambda _: (10, 20))
    assert rows == [ROW, other] and outcomes == [("1rows/row0/apex", "no such row in this sheet")]


def test_a_correction_has_one_address() -> None:
    for address in ({}, {"subject": "s1"}, {"row": 1}, {"subject": "s1", "filename": "c1", "row": 1, "num_rows": 2}):
        with pytest.raises(ValueError, match="must be addressed by"):
            Patch(field="apex", new="1", source="", **address)


EXCHANGE = Exchange(rows=(1, 2), num_rows=3, fields=("emotion", "action_units"), source="a paper")


def three(*labels: str) -> list[Row]:
    return [
        Row(number=at, subject="s", filename=f"c{at}", onset=str(at), apex="", offset="9", emotion=label) for at, label in enumerate(labels)
    ]


def test_interchanged_labels_are_exchanged_and_nothing_else() -> None:
    rows, ((name, told),) = apply(three("a", "b", "c"), [EXCHANGE], lambda _: None)
    assert [(row.filename, row.onset, row.emotion) for row in rows] == [("c0", "0", "a"), ("c1", "1", "c"), ("c2", "2", "b")]
    assert name == "3rows/rows1+2/exchange" and told == "applied to s/c1 and s/c2: emotion, action_units interchanged (a paper)"
    assert apply(three("a", "b", "b"), [EXCHANGE], lambda _: None)[1][0][1] == "not needed: both rows have the same labels"
    assert apply(three("a", "b"), [EXCHANGE], lambda _: None)[1][0][1] == "no such row in this sheet"
    for options in ({"patches": False}, {"skip_patches": name}):
        assert apply(three("a", "b", "c"), [EXCHANGE], lambda _: None, **options) == (three("a", "b", "c"), [(name, "switched off")])


@pytest.mark.parametrize(
    ("units", "outcome"), [("R12 or R15", "applied"), ("12/15", "applied"), ("ref(43)", "applied"), ("4+L10", "possible")]
)
def test_action_units_are_corrected_where_they_are_left_open(units: str, outcome: str) -> None:
    row = dataclasses.replace(ROW, action_units=units)
    patch = Patch(row=0, num_rows=1, field="action_units", new="R12", source="a paper")
    (corrected,), ((_, told),) = apply([row], [patch], lambda _: None)
    assert outcome in told and corrected.action_units == ("R12" if outcome == "applied" else units)
