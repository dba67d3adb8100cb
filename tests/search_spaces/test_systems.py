import pytest

from search_spaces.published import rows
from search_spaces.systems import Open, System, systems


def test_the_four_papers_come_first_and_are_implemented() -> None:
    first = list(systems().values())[:5]
    assert [system.name for system in first] == ["stanet", "region_cnn_lstm", "strcn_a", "strcn_g", "shcnn"]
    assert all(system.status == "implemented" for system in first)


def test_an_open_row_agrees_in_all_that_is_given() -> None:
    row = next(row for row in rows() if (row.table, row.dataset, row.protocol) == ("II", "SMIC", "LOSO"))
    assert Open(because="x").concerns(row) and Open(because="x", table="II", dataset="SMIC").concerns(row)
    assert not Open(because="x", table="III").concerns(row) and not Open(because="x", table="II", protocol="LOVO").concerns(row)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"status": "planned"}, "status must be one of implemented, .*, but got 'planned' for 'toy'"),
        ({"status": "implemented"}, "must name its file"),
        ({"status": "needs weights"}, "must have a reason"),
        ({"status": "implemented", "file": "toy", "reason": "no"}, "must have a reason and what would unlock it"),
    ],
)
def test_an_incomplete_entry_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        System(name="toy", title="Toy", **given)  # type: ignore[arg-type]
