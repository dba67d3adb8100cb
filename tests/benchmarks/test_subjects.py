"""Every subject computes its ratios from real, tiny runs. Times are never asserted: they are the machine's."""

import sys
from importlib import import_module
from pathlib import Path
from subprocess import run

import pytest
import torch

from benchmarks import channels_last, data_feed, examples, fusion, paper_folds, shard_examples
from benchmarks.measure import Row
from docs.screenshots import browser
from preprocessing.shards import open_shards


def rows_of(name: str) -> list[Row]:
    rows: list[Row] = import_module(f"benchmarks.{name}").run("tiny")
    return rows


def test_loso_training() -> None:
    rows = rows_of("loso_training")
    assert len(rows) == 4 and all(row.ratio == pytest.approx((row.against or 0) / (row.ours or 1)) for row in rows)


def test_fusion() -> None:
    rows = rows_of("fusion")
    assert sum("fused, batch" in row.what for row in rows) >= 3
    exact = [row for row in rows if "float64" in row.what]
    assert len(exact) == 1 and exact[0].reached and sum("predictions that differ" in row.what for row in rows) == 2
    assert all((row.ours or 0) > 0 for row in rows if "float32" in row.what or "largest element" in row.what)


@pytest.mark.parametrize("measure", (fusion.ststnet_on, fusion.stanet_on))
def test_what_a_gpu_would_run_runs(measure: object) -> None:
    assert callable(measure)
    row = measure(fusion.PLANS["tiny"], "cpu", 2)
    assert row.ours > 0 and row.against > 0


def test_channels_last() -> None:
    rows = rows_of("channels_last")
    assert [row.goal for row in rows] == [">= 1.25x", ">= 1.8x"] * 2
    assert all(row.ratio == pytest.approx((row.against or 0) / (row.ours or 1)) for row in rows)


def test_what_channels_last_is_compared_with_is_contiguous() -> None:
    clips = examples.random_clips(2, (3, 8, 8, 2))
    assert channels_last.nchw(clips).shape == (2, 3, 2, 8, 8) and channels_last.nchw(clips).is_contiguous()
    assert not clips.batch(torch.arange(2), torch.float32).is_contiguous()  # what the trainer feeds


@pytest.mark.parametrize("name", ("fusion", "paper_folds"))
def test_it_needs_no_ray(name: str) -> None:
    script = f"import sys; sys.modules['ray'] = None; import benchmarks.__main__, benchmarks.{name}; assert 'mlflow' not in sys.modules"
    ended = run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr


def test_paper_folds_count_steps_and_work() -> None:
    shcnn, cnns = rows_of("paper_folds")
    assert "1,590 steps" in shcnn.what and "117 GFLOP" in shcnn.what  # 100 images of .2 GMAC, three times: forward and both gradients
    assert "38,500 steps" in cnns.what and "100 TFLOP/s" in (cnns.limit or torch.cuda.get_device_name())


@pytest.mark.parametrize("stage", paper_folds.STAGES, ids=lambda stage: stage.title)
def test_noise_fits_the_paper_s_batches(stage: paper_folds.Stage) -> None:
    assert stage.num_steps >= stage.num_samples / stage.batch
    assert stage.clips(3).samples(range(3)).tolist() == [0, 1, 2]


def test_data_feed() -> None:
    rows = rows_of("data_feed")
    assert sum(row.unit == "%" for row in rows) == 2 and sum("shards" in row.what for row in rows) == 2


def test_example_shards_are_shards(tmp_path: Path) -> None:
    shard_examples.write(tmp_path, num_frames=7, num_files=3)
    shards = open_shards(tmp_path)
    shards.verify()
    assert (len(shards), len(shards.subjects), shards.tensor_shape) == (7, 3, shard_examples.SHAPE)
    assert data_feed.touch(shards) == pytest.approx(3 * float(shards.tensors([0]).flat[0]), rel=1e-3)
    files = sorted(tmp_path.glob("*.arrow"))
    assert data_feed.read_raw(files[0], bytearray(1000)) == files[0].stat().st_size


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize(("name", "num_rows"), (("ray_overhead", 4), ("search_overhead", 1), ("survival", 4)))
def test_on_ray(name: str, num_rows: int) -> None:
    rows = rows_of(name)
    assert len(rows) == num_rows
    if name == "survival":
        assert [row.reached for row in rows if "lost" in row.what or "twice" in row.what] == [True, True]


def test_flow() -> None:
    rows = rows_of("flow")
    assert any("one thread" in row.what for row in rows) and all((row.ours or 0) > 0 for row in rows)


@pytest.mark.ray
def test_flow_build() -> None:
    rows = rows_of("flow_build")
    assert len(rows) == 4 and all((row.ours or 0) > 0 and (row.against or 0) > 0 for row in rows)


@pytest.mark.ray
def test_frames_to_score() -> None:
    built, fold, whole, score = rows_of("frames_to_score")
    assert "2 clips, 11 frames" in built.what and 0 < (fold.ours or 0) < (whole.ours or 0) and 0 <= (score.ours or 0) <= 1


@pytest.mark.slow
def test_dashboards_open() -> None:
    rows = rows_of("dashboards_open")
    assert {row.goal for row in rows} == {"<= 3 s"} and all((row.ours or 0) > 0 for row in rows[:4])
    assert len(rows) == 8 and all((row.ours or 0) > 0 for row in rows) or browser.missing() in rows[-1].limit
