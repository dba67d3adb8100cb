"""The note at the top of a sweep's run says what was done, how it came out, and how to read it."""

from dataclasses import replace

from orchestrator import selection
from orchestrator.tracking_notes import RULES, note
from search_spaces.recipe import Protocol
from tests.orchestrator.tracking_examples import RECIPE, sweep, trial


def test_before_and_after_the_scores() -> None:
    result = sweep("x", trial(0), trial(1), trial(2, state="pruned"))
    before = note(replace(result, trials=()), RECIPE, [])
    assert "No scores yet" in before and "UF1 0.7" not in before and "- uf1 0.7 on all (Table 1)" in before and "| rule |" not in before
    scores = selection.score_all(result)
    after = note(result, RECIPE, list(scores.values()))
    assert "3 trials: 2 complete, 1 pruned." in after and selection.gap(scores).sentence in after
    rows = [line for line in after.splitlines() if line.startswith("| `")]
    assert [row.split("|")[1].strip(" `") for row in rows] == list(scores)
    assert [row.split("|")[2].strip() for row in rows] == ["yes" if score.honest else "**NO**" for score in scores.values()]
    assert all(f"- `{rule}`: " in after for rule in RULES)


def test_a_leak_is_said_first() -> None:
    leaking = replace(RECIPE, protocol=Protocol(feature_stage="shared"))
    assert note(sweep("x"), leaking, []).split("\n\n")[2].startswith("**Leaks:**") and "Leaks" not in note(sweep("x"), RECIPE, [])
