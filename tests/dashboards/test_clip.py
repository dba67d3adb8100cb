"""The page of a clip, over a real small sweep."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboards.clip import ALL_CLIPS, clip
from dashboards.clip_case import case_of, easiest, hardest, shares_right
from dashboards.page import Callout, Choices, Figure, Link, Page, Table, Text
from dashboards.runs import Runs
from dashboards.sweep_view import SweepView
from orchestrator.results import SweepResult


@pytest.fixture(scope="module")
def view(swept: tuple[Path, SweepResult]) -> SweepView:
    found = Runs(swept[0]).view(swept[1].name)
    assert found is not None
    return found


def address(key: str, rule: str | None) -> str:
    return f"/{key}?{rule}"


def titles(page: Page) -> list[str]:
    return [block.title for block in page.blocks if block.title]


def callouts(page: Page) -> list[Callout]:
    return [block for block in page.blocks if isinstance(block, Callout)]


def test_every_part_is_there_and_says_what_the_ledger_says(view: SweepView, swept: tuple[Path, SweepResult]) -> None:
    result, key = swept[1], view.clips[0].key
    page = clip(view, key, "last_epoch", address=address)
    wanted = ["The answer by each rule", "What it was given, and where it looks", "When it looks", "Where it looks", "While it was trained"]
    assert set(wanted) <= set(titles(page)) and page.title == f"Clip {key}"
    record = result.trials[0].folds[view.clips[0].fold]
    probabilities = record.held_out.probabilities[-1, record.held_out.keys.index(key)]
    said = callouts(page)[0]
    assert f"says {result.classes[probabilities.argmax()]} with probability {probabilities.max():.2f}" in said.text
    assert said.tone == ("good" if probabilities.argmax() == view.clips[0].truth else "bad")
    table = next(block for block in page.blocks if isinstance(block, Table))
    (row,) = (row for row in table.rows if row[0] == "last_epoch")
    assert row[-3:] == tuple(map(float, probabilities))
    assert all(block.caption for block in page.blocks if isinstance(block, Figure))
    assert "No frames: the clips of this corpus are rendered" in " ".join(block.text for block in page.blocks if isinstance(block, Text))


def test_a_rule_that_looked_is_said_to_have_looked(view: SweepView) -> None:
    key = view.clips[0].key
    assert "it does not measure" in callouts(clip(view, key, "oracle", address=address))[0].text
    assert "it does not measure" not in callouts(clip(view, key, "nested", address=address))[0].text


def test_the_way_to_other_clips_and_rules(view: SweepView) -> None:
    page = clip(view, view.clips[0].key, "oracle", address=address)
    beside, rules = (block for block in page.blocks if isinstance(block, Choices))
    same_fold = [each.key for each in view.clips if each.fold == view.clips[0].fold]
    assert [link.url for link in beside.links] == [f"/{key}?oracle" for key in same_fold]
    assert rules.current == "oracle" and {link.text for link in rules.links} == set(view.scores)
    (everything,) = (block for block in page.blocks if isinstance(block, Table) and block.title == ALL_CLIPS)
    assert everything.folded and len(everything.rows) == len(view.clips)
    assert all(isinstance(row[0], Link) for row in everything.rows)


def test_without_a_name_the_hardest_clip_is_shown(view: SweepView) -> None:
    shares = shares_right(view)
    by_key = dict(zip((each.key for each in view.clips), shares, strict=True))
    assert by_key[hardest(view)] == np.nanmin(shares) and by_key[easiest(view)] == np.nanmax(shares)
    assert clip(view, address=address).title == f"Clip {hardest(view)}"


def test_before_the_scores_the_papers_point_answers(view: SweepView) -> None:
    case = case_of(replace(view, scores={}), view.clips[0].key)
    assert list(case.witnesses) == ["last_epoch"] and case.witnesses["last_epoch"].trial == 0
    empty = clip(replace(view, clips=()), address=address)
    assert "No fold has been trained yet" in callouts(empty)[0].text


def test_lost_shards_are_said_where_the_images_would_be(view: SweepView, tmp_path: Path) -> None:
    (tmp_path / "ledger").symlink_to(view.home / "ledger")
    page = clip(replace(view, home=tmp_path), view.clips[0].key, address=address)
    assert "Build them again: python -m preprocessing.build synthetic" in callouts(page)[1].text
    assert "While it was trained" in titles(page)


def test_a_clip_that_was_not_held_out_is_refused(view: SweepView) -> None:
    with pytest.raises(LookupError, match="'smic/s1/x'"):
        clip(view, "smic/s1/x", address=address)
