"""Champions follow each other, come back, and every reign is remembered."""

from collections.abc import Iterator

import pytest

from orchestrator import champions, registry
from orchestrator.registry import CHALLENGER, CHAMPION
from orchestrator.tracking import Tracker


@pytest.fixture
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    """Three versions of a name; what they hold does not matter here."""
    made = Tracker(None, tmp_path_factory.mktemp("home"))
    made.store.client.create_registered_model("net")
    for _ in range(3):
        made.store.client.create_model_version("net", "file:///nowhere", None)
    made.store.client.set_registered_model_alias("net", CHALLENGER, "3")
    yield made


def promote(tracker: Tracker, number: str, how: champions.How = "compared") -> None:
    champions.promote(tracker, registry.resolve(tracker, "net", number), how)


def told(tracker: Tracker) -> list[tuple[str, str, bool]]:
    return [(str(reign.version.version), reign.how, reign.ended is None) for reign in champions.reigns(tracker, "net")]


def test_aliases_move_forth_and_back_and_the_past_is_kept(tracker: Tracker) -> None:
    assert told(tracker) == []
    promote(tracker, "1")
    with pytest.raises(ValueError, match="version 1 is the first champion"):
        champions.rollback(tracker, "net")
    for _ in range(2):  # a second call changes nothing
        promote(tracker, "2")
    promote(tracker, "3", "replaced")
    assert registry.aliased(tracker, "net", CHALLENGER) is None
    assert str(champions.rollback(tracker, "net").version) == "2" == str(registry.resolve(tracker, "net", CHAMPION).version)
    assert str(champions.rollback(tracker, "net").version) == "1"
    promote(tracker, "3")
    assert told(tracker) == [
        ("1", "first", False), ("2", "compared", False), ("3", "replaced", False), ("2", "rollback", False), ("1", "rollback", False),
        ("3", "compared", True),
    ]  # fmt: skip
    reigns = champions.reigns(tracker, "net")
    assert all(one.ended == after.began for one, after in zip(reigns, reigns[1:], strict=False))
    assert registry.resolve(tracker, "net", "3").tags[champions.PREVIOUS] == "1"


def test_a_promotion_that_was_killed_leaves_no_reign(tracker: Tracker) -> None:
    promote(tracker, "1")
    tracker.store.client.set_model_version_tag("net", "2", champions.PROMOTED_AT, "2030-01-01T00:00:00+00:00 compared")  # and no alias
    assert told(tracker) == [("1", "first", True)]
    promote(tracker, "2")
    assert told(tracker) == [("1", "first", False), ("2", "compared", True)]
