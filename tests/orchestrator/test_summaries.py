"""What is kept of a sweep for the pages: whole after kills, written once, equal to what the records say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestrator import selection
from orchestrator.metrics import pooled_uf1
from orchestrator.results import SweepResult
from orchestrator.selection import score_all
from orchestrator.summaries import SummaryKeeper, SummaryWriter
from orchestrator.summary_files import driven, folder, read_clips, read_header, read_scores, read_trials
from tests.orchestrator.tracking_examples import full_sweep, sweep, trial


def written(home: Path, result: SweepResult) -> Path:
    writer = SummaryWriter(home, result)
    for each in result.trials:
        writer.add(each)
    return writer.folder


def test_rows_say_what_the_records_say(tmp_path: Path) -> None:
    result = full_sweep()
    place = written(tmp_path, result)
    rows, clips = read_trials(place).to_pylist(), read_clips(place)
    assert [(row["index"], row["state"], row["reason"]) for row in rows] == [(t.index, t.state, t.reason) for t in result.trials]
    for row, each in zip(rows, result.trials, strict=True):
        told = dict(zip((clip.key for clip in clips), row["predicted"], strict=False))
        for position, name in enumerate(result.fold_names):
            record = each.folds.get(name)
            if record is None:
                assert row["records"][position] is None and row["inner"][position] is None
                continue
            assert row["records"][position].hex() == record.name
            assert [told[key] for key in record.held_out.keys] == record.held_out.predicted().tolist()
            assert row["inner"][position] == pytest.approx(pooled_uf1([(record.inner.truth, record.inner.predicted())], 2))
    assert {clip.fold for clip in clips} == set(result.fold_names)
    assert read_header(place) == replace(result, trials=())


def test_nothing_is_written_twice_and_the_last_row_of_an_index_counts(tmp_path: Path) -> None:
    place = written(tmp_path, full_sweep())
    before = (place / "trials.arrows").read_bytes()
    written(tmp_path, full_sweep())
    assert (place / "trials.arrows").read_bytes() == before
    written(tmp_path, sweep("ststnet-toy-1", trial(1)))  # searched anew: what was pruned is complete
    assert [row["state"] for row in read_trials(place).to_pylist()] == ["complete", "complete", "failed"]


def test_trials_of_a_study_that_was_deleted_are_forgotten(tmp_path: Path) -> None:
    place = written(tmp_path, full_sweep())
    anew = sweep("ststnet-toy-1", trial(0))
    SummaryKeeper(tmp_path, anew).finish(anew, score_all(anew))
    assert read_trials(place)["index"].to_pylist() == [0]


@pytest.mark.parametrize("lost", [1, 50, 400])
def test_a_torn_tail_is_cut_off_and_written_again(tmp_path: Path, lost: int) -> None:
    place = written(tmp_path, full_sweep())
    path = place / "trials.arrows"
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost])
    assert read_trials(place)["index"].to_pylist() == [0, 1]
    written(tmp_path, full_sweep())
    assert path.read_bytes() == whole


def test_another_corpus_begins_anew(tmp_path: Path) -> None:
    written(tmp_path, full_sweep())
    place = written(tmp_path, sweep("ststnet-toy-1", trial(0), data_digest="e" * 64))
    assert read_trials(place)["index"].to_pylist() == [0]


def test_scores_come_back_as_they_were(tmp_path: Path) -> None:
    result = full_sweep()
    keeper = SummaryKeeper(tmp_path, result)
    assert driven(tmp_path, result.name)
    keeper.add(result.trials[0])
    scores = score_all(result)
    keeper.finish(result, scores)
    assert driven(tmp_path, result.name) is False
    place = folder(tmp_path, result.name)
    found = read_scores(place)
    assert found is not None and found[1:] == (selection.reasons(result), 3)
    for rule, score in scores.items():
        assert found[0][rule].predictions.keys == score.predictions.keys
        assert np.array_equal(found[0][rule].predictions.predicted, score.predictions.predicted)
        assert (found[0][rule].honest, found[0][rule].chosen) == (score.honest, score.chosen)
    assert read_trials(place).num_rows == 3, "what the driver had not added came with the scores"


def test_a_summary_that_cannot_be_written_stops_no_sweep(tmp_path: Path) -> None:
    (tmp_path / "summaries").write_text("no folder")
    with pytest.warns(RuntimeWarning, match="The sweep goes on"):
        keeper = SummaryKeeper(tmp_path, full_sweep())
    keeper.add(full_sweep().trials[0])
    keeper.finish(full_sweep(), {})


def test_no_summary_is_nothing(tmp_path: Path) -> None:
    assert read_header(tmp_path) is None and read_scores(tmp_path) is None and driven(tmp_path, "none") is None
    assert read_trials(tmp_path).num_rows == 0
