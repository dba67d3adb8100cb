import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from preprocessing import build as entry
from preprocessing.build import build
from preprocessing.corpora import megc2019_flow
from preprocessing.options import Plain
from preprocessing.pipeline import Context
from preprocessing.pipelines import load
from preprocessing.shards import MANIFEST, Shards

REPOSITORY = Path(__file__).resolve().parents[2]
KILLED: dict[str, Plain] = {"layout": "megc2019_cde", "seed": 7}


def contents(shards: Shards) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in shards.folder.iterdir() if path.is_file()}


def kill_half_way(home: Path, num_shards: int) -> dict[str, int]:
    """Run the entry point, kill its whole process group once some shards are there; file -> mtime in ns of what it left."""
    options = [f"--option={name}={value}" for name, value in KILLED.items()]
    command = [sys.executable, "-m", "preprocessing.build", "synthetic", "--home", str(home), "--workers", "1", *options]
    process = subprocess.Popen(command, cwd=REPOSITORY, start_new_session=True, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list(home.glob("shards/*/*/*.arrow"))) < num_shards:
        time.sleep(0.002)
    assert process.poll() is None, "the build ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1.0)  # Ray's workers notice that their driver is gone
    return {path.name: path.stat().st_mtime_ns for path in home.glob("shards/*/*/*.arrow")}


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_build_resumes_to_the_bytes_of_an_undisturbed_one(local_ray: None, tmp_path: Path) -> None:
    left = kill_half_way(tmp_path / "killed", 2)
    assert 2 <= len(left) < 68 and not list(tmp_path.glob("killed/shards/*/*/" + MANIFEST))
    resumed = build("synthetic", root=None, home=tmp_path / "killed", options=KILLED, num_workers=2)
    assert {name: (resumed.folder / name).stat().st_mtime_ns for name in left} == left
    undisturbed = build("synthetic", root=None, home=tmp_path / "undisturbed", options=KILLED, num_workers=1)
    files = {name: data for name, data in contents(resumed).items() if not name.endswith(".tmp")}
    assert len(files) == 69 and files == contents(undisturbed) and resumed.digest == undisturbed.digest


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_worker_costs_its_part_and_nothing_else(local_ray: None, tmp_path: Path) -> None:
    options = [f"--option={name}={value}" for name, value in KILLED.items()]
    command = [
        sys.executable,
        "-m",
        "preprocessing.build",
        "synthetic",
        "--home",
        str(tmp_path / "killed"),
        "--workers",
        "1",
        "--json",
        *options,
    ]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    victims: list[psutil.Process] = []
    while process.poll() is None and not (victims and list(tmp_path.glob("killed/shards/*/*/*.arrow"))):
        victims = [child for child in psutil.Process(process.pid).children(recursive=True) if "MapWorker" in child.name()]
        time.sleep(0.01)
    assert victims and process.poll() is None, "the build ended before its worker could be killed"
    victims[0].kill()
    out, _ = process.communicate(timeout=200)
    assert process.returncode == 0 and json.loads(out)["quarantine"] == []
    assert all(peak > 10_000_000 for peak in json.loads(out)["peak_bytes"].values()) and json.loads(out)["peak_bytes"]
    undisturbed = build("synthetic", root=None, home=tmp_path / "undisturbed", options=KILLED, num_workers=2)
    files = {path.name: path.read_bytes() for path in tmp_path.glob("killed/shards/*/*/*") if path.is_file()}
    assert files == contents(undisturbed)


@pytest.mark.ray
def test_the_public_images_build_and_open(local_ray: None, flow_root: Path, tmp_path: Path) -> None:
    shards = build("megc2019_flow", root=flow_root, home=tmp_path, strict=True)
    pipeline, row = load("flow_image"), shards.rows[100]
    assert len(shards) == 442 and len(shards.subjects) == 68 and shards.tensor_shape == (3, 28, 28) and shards.dtype == np.uint8
    shards.verify()
    clip = megc2019_flow.read(flow_root)[100]
    assert clip.key == row.key and np.array_equal(shards.tensors([100])[0], pipeline.tensor(clip, pipeline.constants, Context()))


@pytest.mark.ray
def test_bad_clips_are_quarantined_or_fail_a_strict_build(
    local_ray: None, fake_flow: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = fake_flow(("sub01", "EP01", "0"), ("sub01", "EP02", "1"), ("sub02", "EP01", "2"))
    image = root / "STSNet_whole_norm_u_v_os" / "sub02_EP01 .png"
    image.write_bytes(image.read_bytes()[:300])
    with pytest.raises(ValueError, match="strict build, but got 'casme2/sub02/EP01': .*truncated"):
        build("megc2019_flow", root=root, home=tmp_path / "home", strict=True)
    shards = build("megc2019_flow", root=root, home=tmp_path / "home")
    assert [key for key, _ in shards.quarantine] == ["casme2/sub02/EP01"] and shards.subjects == ("casme2/sub01",)
    assert shards.tensors().shape == (2, 3, 28, 28)
    arguments = ["megc2019_flow", "--root", str(root), "--home", str(tmp_path / "home")]
    assert entry.main(arguments) == 0 and "left out: casme2/sub02/EP01" in capsys.readouterr().err
    assert entry.main([*arguments, "--strict", "--json"]) == 1
    out, err = capsys.readouterr()
    assert "strict build" in json.loads(out)["error"] and "build failed" in err


@pytest.mark.ray
def test_a_finished_build_starts_nothing(local_ray: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = build("synthetic", root=None, home=tmp_path, options={"max_subjects": 2, "size": 16})
    before = contents(shards)
    arguments = ["synthetic", "--home", str(tmp_path), "--option", "max_subjects=2", "--option", "size=16", "--json"]
    capsys.readouterr()
    assert entry.main(arguments) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (
        result["num_built"] == 0 and not result["peak_bytes"] and result["digest"] == shards.digest and result["num_clips"] == len(shards)
    )
    assert "nothing to do" in err and "starting Ray" not in err and "look next at" in err and contents(shards) == before


@pytest.mark.parametrize("arguments", [["nope"], ["synthetic", "--option", "fps=3"], ["synthetic", "--option", "size=big"]])
def test_wrong_usage_ends_with_two(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        entry.main([*arguments, "--home", str(tmp_path)])
    assert exit_info.value.code == 2 and not list(tmp_path.iterdir())


def test_a_missing_folder_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["megc2019_flow", "--root", str(tmp_path), "--home", str(tmp_path)]) == 1
    assert "Check --root" in capsys.readouterr().err


def test_help_has_examples_and_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        entry.main(["--help"])
    out = capsys.readouterr().out
    assert exit_info.value.code == 0 and "python -m preprocessing.build synthetic" in out and "max_subjects=0" in out
