import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from preprocessing import synthesize as entry
from preprocessing.synthesis import pixel_tables, truth
from preprocessing.synthesis.clips import render, true_flow
from preprocessing.synthesis.corpus_folder import MARKER
from preprocessing.synthesize import main, make_settings, synthesize

REPOSITORY = Path(__file__).resolve().parents[2]
TINY: dict[str, Any] = {"subjects": 2, "clips_per_subject": 2, "max_frames": 5, "size": "quarter"}
OPTIONS = ["--subjects", "2", "--clips-per-subject", "2", "--max-frames", "5", "--size", "quarter", "--workers", "1"]


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def finished_folders(root: Path) -> list[Path]:
    return [path for path in root.glob("Cropped/*/*") if not path.name.startswith(".")]


def kill_half_way(arguments: list[str], root: Path) -> dict[Path, int]:
    """Run the entry point, kill it once two clips are there; folder -> mtime of what it left."""
    command = [sys.executable, "-m", "preprocessing.synthesize", *arguments, "--out", str(root)]
    process = subprocess.Popen(command, cwd=REPOSITORY, start_new_session=True, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(finished_folders(root)) < 2:
        time.sleep(0.002)
    assert process.poll() is None, "the run ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return {folder: folder.stat().st_mtime_ns for folder in finished_folders(root)}


def test_a_killed_run_resumes_to_the_bytes_of_an_undisturbed_one_whatever_the_workers(tmp_path: Path) -> None:
    arguments = ["casme2", "--images", "cropped", "--subjects", "3", "--clips-per-subject", "6", "--max-frames", "24", "--workers", "1"]
    settings = make_settings("casme2", images="cropped", subjects=3, clips_per_subject=6, max_frames=24)
    left = kill_half_way(arguments, tmp_path / "killed")
    assert (tmp_path / "killed" / MARKER).read_text().startswith("SYNTHETIC: this is not the corpus casme2")
    (tmp_path / "killed/Cropped/.half.1.tmp").mkdir()  # where the kill came between two clips
    resumed = synthesize(settings, tmp_path / "killed", num_workers=2, progress=False)
    assert 2 <= len(left) < len(resumed.plan.units) and resumed.num_units_drawn == len(resumed.plan.units) - len(left)
    assert {folder: folder.stat().st_mtime_ns for folder in left} == left, "finished clips are not drawn again"
    synthesize(settings, tmp_path / "undisturbed", progress=False)
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed")


def test_the_truth_draws_the_frames_again_and_knows_their_flow(tmp_path: Path) -> None:
    made = synthesize(make_settings("smic", **TINY), tmp_path, progress=False)
    known = truth.load(tmp_path)
    assert {key: clip.key for key, clip in known.clips.items()} == {clip.key: clip.key for clip in made.plan.clips}
    camera, key = known.cameras["smic raw"], next(key for key, clip in known.clips.items() if not clip.missing)
    planned, clip = known.clips[key], known.synthetic(key)
    files = sorted(tmp_path.glob(f"SMIC_all_raw/HS/*/micro/*/{key.split('/')[2].replace('s0', 's')}/*.bmp"))
    on_disk = np.stack([cv2.cvtColor(np.asarray(cv2.imread(str(path))), cv2.COLOR_BGR2RGB) for path in files])
    assert np.array_equal(on_disk, render(clip, camera)), "bitmaps lose nothing"
    flow = true_flow(clip, camera, planned.apex - planned.onset)
    assert np.linalg.norm(flow, axis=0).max() == pytest.approx(clip.amplitude_px * camera.scale, rel=0.05)
    assert planned.amplitude_px == clip.amplitude_px and not true_flow(clip, camera, 0).any()
    with pytest.raises(ValueError, match="must be one of the 4 in truth.json, but got 'nope'"):
        known.synthetic("nope")
    with pytest.raises(ValueError, match="must have a truth.json"):
        truth.load(tmp_path / "nowhere")


def test_a_table_is_put_together_once_and_resumed_from_its_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings("fer2013", subjects=1, clips_per_subject=5)
    monkeypatch.setattr(pixel_tables, "_PART_SIZE", 2)
    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(pixel_tables.Table, "finish", lambda self, root: (_ for _ in ()).throw(KeyboardInterrupt()))
        synthesize(settings, tmp_path / "killed", progress=False)
    (tmp_path / "killed/.parts/00001.txt").unlink()
    assert synthesize(settings, tmp_path / "killed", progress=False).num_units_drawn == 1
    synthesize(settings, tmp_path / "undisturbed", progress=False)
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed") and not (tmp_path / "killed/.parts").exists()
    assert len((tmp_path / "killed/fer2013.csv").read_text().splitlines()) == 6


def test_the_entry_point_tells_what_it_did_and_does_nothing_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["smic", "--out", str(tmp_path / "new"), "--variant", "vis", *OPTIONS, "--json"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (result["num_clips"], result["num_subjects"], result["num_drawn"]) == (4, 2, 4)
    assert f"python -m preprocessing.doctor smic --root {tmp_path}/new --option camera=vis --option images=raw" in err
    before = contents(tmp_path / "new")
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["num_drawn"] == 0 and "nothing to do" in err and contents(tmp_path / "new") == before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("x")
    assert main(["smic", "--out", str(tmp_path), *OPTIONS, "--json"]) == 1
    out, err = capsys.readouterr()
    assert "must be empty or hold an earlier run, but" in json.loads(out)["error"] and "has mine.txt" in err
    assert main(["smic", "--out", str(tmp_path / "mine.txt"), *OPTIONS]) == 1 and [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_another_command_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    synthesize(make_settings("smic", variant="vis", **TINY), tmp_path, progress=False)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match="was made with seed 0 instead of 1. Repeat that command"):
        synthesize(make_settings("smic", variant="vis", seed=1, **TINY), tmp_path, progress=False)
    with (tmp_path / MARKER).open("a") as marker:
        fcntl.flock(marker, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="but another is writing"):
            synthesize(make_settings("smic", variant="vis", **TINY), tmp_path, progress=False)
    assert contents(tmp_path) == before


def test_a_clip_that_copies_lose_is_lost_with_errors(tmp_path: Path) -> None:
    plans = {errors: entry.layouts.load("smic").plan(make_settings("smic", with_errors=errors)) for errors in (False, True)}
    assert {clip.filename for clip in plans[False].clips} - {clip.filename for clip in plans[True].clips} == {"s18_sur_03"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"], ["smic", "--variant", "nope"], ["samm", "--images", "cropped"], ["smic", "--subjects", "-1"],
        ["smic", "--quality", "0"], ["megc2019", "--names", "/nowhere/gt.csv"],
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_two(arguments: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main([*arguments, "--out", str(tmp_path / "out")])
    assert exit_info.value.code == 2 and not list(tmp_path.iterdir())


def test_help_has_examples_and_every_variant(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["--help"])
    out = capsys.readouterr().out
    assert exit_info.value.code == 0 and "python -m preprocessing.synthesize casme2" in out
    assert "casme2: 20140508, 20190701, objective; images raw, cropped" in out
