"""The gate: what may become the champion, and that the command says and does so."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

import models
from orchestrator import champions, console, promote, registry, selection
from orchestrator.gate import Candidate, gate
from orchestrator.release import Release
from orchestrator.results import SweepResult
from orchestrator.tracking import Tracker
from tests.orchestrator.release_examples import RENDERED, trained
from tests.orchestrator.tracking_examples import predictions, sweep, trial

TAGS = {"honest": "true", "feature_stage": "in_fold", "num_folds": "4", "expected_folds": "4", "data_digest": "d" * 64}


def candidate(version: str = "2", *, right: float = 0.8, seed: int = 0, **tags: str) -> Candidate:
    return Candidate(version=version, tags={**TAGS, **tags}, nested=predictions(right=right, seed=seed))


def test_the_first_honest_version_is_promoted() -> None:
    assert gate(candidate(), None).promote


def test_equal_is_good_enough_and_better_is_better() -> None:
    equal = gate(candidate(), candidate("1"))
    assert equal.promote and [found.difference for found in equal.comparisons] == [0, 0]
    better = gate(candidate(right=1.0), candidate("1", right=0.4))
    assert better.promote and all(found.difference > 0 for found in better.comparisons)


def test_worse_is_refused_with_numbers() -> None:
    verdict = gate(candidate(right=0.4), candidate("1", right=1.0))
    assert not verdict.promote and "below version 1's 1.0000" in verdict.reasons[0] and len(verdict.comparisons) == 2


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"honest": "false"}, "tagged as not honest"),
        ({"feature_stage": "shared"}, "fitted on all subjects"),
        ({"num_folds": "3"}, "only 3 of 4 folds"),
        ({"num_folds": "", "expected_folds": ""}, "folds are scored"),
    ],
)
def test_dishonest_is_refused_even_as_a_replacement(tags: dict[str, Any], why: str) -> None:
    for champion, replaced in ((None, False), (candidate("1"), True), (candidate("1", right=0.1), False)):
        verdict = gate(candidate(right=1.0, **tags), champion, replace=replaced)
        assert not verdict.promote
        assert why in " ".join(verdict.reasons)


def test_an_oracle_alone_is_refused() -> None:
    verdict = gate(Candidate(version="2", tags=TAGS, nested=None), candidate("1"))
    assert not verdict.promote and "no nested score" in verdict.reasons[0]


def test_other_data_cannot_be_compared() -> None:
    verdict = gate(candidate(right=1.0, data_digest="e" * 64), candidate("1", right=0.1))
    assert not verdict.promote and "--replace" in verdict.reasons[0] and "dddddddddddd, not eeeeeeeeeeee" in verdict.reasons[0]
    assert gate(candidate(right=1.0, data_digest="e" * 64), candidate("1"), replace=True).promote


def test_other_clips_or_no_predictions_cannot_be_compared() -> None:
    fewer = Candidate(version="1", tags=TAGS, nested=predictions().of("toy"))
    assert gate(candidate(), fewer).promote
    other = Candidate(version="1", tags=TAGS, nested=None)
    assert "no nested predictions" in gate(candidate(), other).reasons[0]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Version 1 is mediocre, 2 better, 3 worse, 4 as good as 2 but on other data."""
    home = tmp_path_factory.mktemp("home")
    tracker, template = Tracker(None, home), trained(RENDERED, None, home / "trained")[0]
    torch.manual_seed(0)
    save_file(models.build(RENDERED.model, 2, **RENDERED.hparams).state_dict(), home / "two_classes.safetensors")
    template = replace(template, weights=home / "two_classes.safetensors", folds={})
    for seed, (right, digest) in enumerate([(0.6, "d"), (1.0, "d"), (0.2, "d"), (1.0, "e")]):
        result = sweep(f"toy-{seed}", trial(0, right=right), data_digest=digest * 64)
        _register(tracker, template, result)
    yield home


def _register(tracker: Tracker, template: Release, result: SweepResult) -> None:
    """The predictions of a sweep, under real weights that do not matter here."""
    scores = list(selection.score_all(result).values())
    run_id = tracker.reconcile(result, RENDERED, scores)
    registry.register(tracker, run_id, replace(template, sweep=result, scores=scores), name="ststnet")


def run(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = console.run(lambda: promote.main(["ststnet", "--home", str(home), "--json", *arguments]))
    out = capsys.readouterr().out
    return code, json.loads(out) if out else {}


def champion(home: Path) -> str | None:
    found = registry.champion(Tracker(None, home), "ststnet")
    return None if found is None else str(found.version)


def test_the_command_promotes_refuses_and_rolls_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(home, capsys, "--version", "1", "--dry-run")
    assert code == 0 and said["promote"] and not said["changed"] and champion(home) is None
    assert run(home, capsys, "--version", "1")[0] == 0 and champion(home) == "1"
    assert run(home, capsys, "--version", "1")[1]["reasons"] == ["it is the champion already"]

    code, said = run(home, capsys, "--version", "2")
    assert code == 0 and champion(home) == "2"
    assert {found["metric"]: found["difference"] > 0 for found in said["comparisons"]} == {"uf1": True, "uar": True}
    code, said = run(home, capsys, "--version", "3")
    assert code == 1 and not said["promote"] and champion(home) == "2"

    code, said = run(home, capsys)  # the challenger: the newest version
    assert code == 1 and said["challenger"]["version"] == "4" and "not comparable" in said["reasons"][0]
    assert run(home, capsys, "--replace")[0] == 0 and champion(home) == "4"
    assert run(home, capsys, "--rollback", "--dry-run")[0] == 0 and champion(home) == "4"
    assert run(home, capsys, "--rollback")[0] == 0 and champion(home) == "2"
    code, said = run(home, capsys)
    assert code == 0 and not said["changed"] and "no challenger; version 4 is newer: --version 4" in said["reasons"][0]

    code, past = run(home, capsys, "--history")
    assert code == 0 and [one["version"] for one in past["reigns"]] == ["1", "2", "4", "2"]
    assert [one["how"] for one in past["reigns"]] == ["first", "compared", "replaced", "rollback"]
    assert past["reigns"][0]["ended"] == past["reigns"][1]["began"] and past["reigns"][-1]["ended"] is None
    assert all(one["rule"] == "nested" and 0 <= one["uf1"] <= 1 for one in past["reigns"])


def test_the_command_speaks_to_people(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    champions.promote(Tracker(None, home), registry.resolve(Tracker(None, home), "ststnet", "2"))
    assert promote.main(["ststnet", "--home", str(home), "--version", "3"]) == 1
    out = capsys.readouterr().out
    assert "paired bootstrap over subjects" in out and "Refused: version 3" in out
    assert promote.main(["ststnet", "--home", str(home), "--history"]) == 0
    out = capsys.readouterr().out
    assert "champion from" in out and "rolled back to" in out and "now" in out


def test_wrong_use_is_explained(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert console.run(lambda: promote.main(["nobody", "--home", str(home)])) == 1
    assert "orchestrator.sweep nobody" in capsys.readouterr().err
    assert console.run(lambda: promote.main(["ststnet", "--home", str(home), "--version", "9"])) == 1
    assert "has no '9' (its newest version is 4)" in capsys.readouterr().err
    assert console.run(lambda: promote.main(["ststnet", "--home", str(tmp_path / "typo")])) == 1
    assert "--home must hold" in capsys.readouterr().err
    assert console.run(lambda: promote.main(["nobody", "--home", str(home), "--history"])) == 1
    assert "needs a champion, but 'nobody'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        promote.main(["ststnet", "--history", "--version", "1"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit):
        promote.main(["--help"])
    assert "--dry-run" in capsys.readouterr().out
