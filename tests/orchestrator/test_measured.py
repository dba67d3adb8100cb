"""What was measured, as the file that docs/papers.md is rendered from."""

import dataclasses
from pathlib import Path

import pytest

from orchestrator import measured
from orchestrator.measured import Measured, reproduced
from orchestrator.metrics import value
from orchestrator.selection import last_epoch, oracle
from tests.orchestrator.tracking_examples import sweep, trial


def example(**changes: object) -> Measured:
    results = [dataclasses.replace(sweep("r", trial(0, right=right)), seed=seed) for seed, right in enumerate((0.6, 0.9))]
    return dataclasses.replace(reproduced("ststnet", results), **changes)  # type: ignore[arg-type]


def test_honest_and_oracle_scores_of_every_seed() -> None:
    results = [sweep("r", trial(0, right=right)) for right in (0.6, 0.9)]
    entry = reproduced("ststnet", results)
    for rule, honest in ((last_epoch, True), (oracle, False)):
        found = entry.value(rule.__name__, "uf1")
        assert found is not None and found.honest == honest
        assert found.values == tuple(round(value(rule(result).predictions, "uf1"), 4) for result in results)
        assert found.mean == pytest.approx(sum(found.values) / 2) and found.spread == max(found.values) - min(found.values) > 0
        assert found.low is not None and found.high is not None and found.low <= found.values[0] <= found.high
    assert entry.num_clips == 12 and entry.num_folds == 4 and entry.num_trials == 1
    assert entry.value("nested", "uf1") is None and {value.corpus for value in entry.values} == {"all"}


def test_what_is_written_is_read_and_replaced_by_key(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    assert measured.read(path) == {}
    first, other = example(), example(system="stanet")
    assert list(measured.update(path, [first, other])) == [("toy", "stanet", "reproduced"), ("toy", "ststnet", "reproduced")]
    again = example(seeds=(5, 6))
    measured.update(path, [again])
    assert measured.read(path) == {other.key: other, again.key: again}


def test_an_update_of_nothing_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    measured.update(path, [example(), example(kind="searched")])
    before = path.read_bytes()
    measured.update(path, [])
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["{", "[{}]", '[{"system": "ststnet"}]'])
def test_a_damaged_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"{path} is not .* Restore it"):
        measured.read(path)
