"""Bad input costs one clear line, or one recorded failure, and nothing that is good.

What a pipeline refuses (NaN in a tensor, damaged images) is tested with the pipelines; here, what a user of the sweep sees.
"""

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from mlflow import MlflowClient

import search_spaces
from orchestrator import console, sweep
from orchestrator.ledger import Ledger
from orchestrator.tracking import default_uri
from search_spaces.recipe import Recipe
from search_spaces.space import Choice, Space
from tests.orchestrator.ray_examples import Running

CLIPS = {"sub01": "0", "sub02": "0011", "sub03": "00112", "sub04": "001", "s05": "0001", "s06": "0011"}
"""Subject -> labels of its clips: one has a single clip, and only one has the third class, so that one fold never sees it in training."""


def recipe(corpus: str = "megc2019_flow", **hparams: object) -> Recipe:
    """Few epochs, few inner subjects."""
    paper, _ = search_spaces.load("ststnet", corpus)
    return replace(
        paper,
        data=replace(paper.data, scale=1 / 255),
        training=replace(paper.training, lr=1e-3, epochs=2, batch_size=4, order="shuffled"),
        protocol=replace(paper.protocol, num_inner=3),
        hparams={**paper.hparams, **hparams},  # type: ignore[dict-item]
        targets=(),
    )


CASES: dict[str, tuple[Recipe, Space, int]] = {
    "some": (
        recipe(),
        {
            "training.lr": Choice(options=(1e-3, 1e30)),  # NaN
            "model.in_channels": Choice(options=(3, 2)),
            "model.dropout": Choice(options=(0.5, 1.5)),  # raises
            "loss.kind": Choice(options=("cross_entropy", "class_balanced")),  # weighs the class that a fold lacks
        },
        20,
    ),
    "all": (recipe(colour="red"), {"model.dropout": Choice(options=(0.5, 0.2))}, 2),
}
"""Name -> recipe, space and number of trials of a sweep by grid."""


def main() -> int:
    """``python -m tests.orchestrator.test_bad_input CASE ROOT HOME``: a sweep of its own process, as Ray wants it."""
    case, root, home = sys.argv[1:]
    chosen, space, num_trials = CASES[case]
    finished = sweep.sweep(
        chosen, space, "megc2019_flow", root=Path(root), home=Path(home), num_trials=num_trials, sampler="grid", num_workers=2
    )
    trials = [[trial.state, dict(trial.settings), trial.reason] for trial in finished.result.trials]
    tags = dict(finished.result.tags)
    print(json.dumps({"trials": trials, "tags": tags, "nested": finished.scores["nested"].value(), "version": finished.version}))
    return 0


def run(case: str, root: Path, home: Path) -> tuple[int, str, str]:
    """Exit code and output of a case's sweep."""
    running = Running([sys.executable, "-m", "tests.orchestrator.test_bad_input", case, str(root), str(home)], home / "output")
    try:
        return running.ended(), running.out, running.err
    finally:
        running.end()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random flow images in the corpus' flat layout, one of them damaged."""
    folder = tmp_path_factory.mktemp("flow")
    images = folder / "STSNet_whole_norm_u_v_os"
    images.mkdir()
    clips = [(subject, f"clip{place}", label) for subject, labels in CLIPS.items() for place, label in enumerate(labels)]
    with (folder / "combined_3_class2_for_optical_flow.csv").open("w", newline="") as sheet:
        writer = csv.writer(sheet)
        writer.writerow(["sub", "filename_o", "label", "imagename"])
        writer.writerows([subject, clip, label, f"{subject}_{clip}.png"] for subject, clip, label in clips)
    rng = np.random.default_rng(0)
    for subject, clip, _ in clips:
        cv2.imwrite(str(images / f"{subject}_{clip} .png"), rng.integers(0, 256, (28, 28, 3), dtype=np.uint8))
    damaged = images / "s06_clip3 .png"
    damaged.write_bytes(damaged.read_bytes()[:300])
    return folder


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a command that fails at once, without a Ray."""
    assert console.run(lambda: sweep.main(arguments)) == 1
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if " INFO " not in line]  # MLflow says that it makes its database
    assert not out and len(lines) == 1 and lines[0].startswith("error: "), err
    return lines[0]


def test_a_wrong_command_is_told_in_one_line_before_ray_starts(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(tmp_path / "home")]
    assert "got corpus 'casme9'. It has: megc2019_flow" in told(["ststnet", "--corpus", "casme9", *home], capsys)
    flow = ["ststnet", "--corpus", "megc2019_flow", *home]
    assert "Name it: --root DIR." in told(flow, capsys)
    assert f"neither is under {tmp_path / 'nowhere'}. Check --root." in told([*flow, "--root", str(tmp_path / "nowhere")], capsys)
    image = root / "STSNet_whole_norm_u_v_os" / "sub02_clip1 .png"
    image.rename(tmp_path / "elsewhere")
    try:
        line = told([*flow, "--root", str(root)], capsys)
        assert f"{image} is missing for clip 'sub02/clip1'" in line and "Copy it there" in line
    finally:
        (tmp_path / "elsewhere").rename(image)
    with pytest.raises(SystemExit, match="2"):
        console.run(lambda: sweep.main(["ststnet", "--trials", "none"]))


def test_a_space_with_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must name a field of its recipe, but got 'model.colour' for 'ststnet'"):
        sweep.sweep(recipe(), {"model.colour": Choice(options=("red",))}, "megc2019_flow", root=tmp_path, home=tmp_path, num_trials=1)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_trials_that_raise_or_diverge_are_recorded_and_the_others_complete(root: Path, tmp_path: Path) -> None:
    code, out, err = run("some", root, tmp_path)
    assert code == 0, err
    told = json.loads(out)
    assert "left out: smic/s06/clip3: " in err and told["tags"]["left_out"] == "smic/s06/clip3"
    assert "these 20 clips are not the official 442" in told["tags"]["sample_set"]
    assert len(told["trials"]) == 17 and 0 <= told["nested"] <= 1 and told["version"] == "ststnet/1"
    for state, settings, reason in told["trials"]:
        diverges, channels = settings.get("training.lr") == 1e30, settings.get("model.in_channels") == 2
        if settings.get("model.dropout") == 1.5:
            assert state == "failed" and "Dropout's p must be in [0, 1), but got 1.5" in reason or channels
        elif channels:
            assert state == "failed" and "must take the channels of its shards, but 'ststnet' takes 2 and" in reason and "has 3" in reason
        elif diverges:
            assert state == "failed" and "must" in reason and "finite" in reason and "Lower training.lr" in reason
        else:
            assert state in ("complete", "pruned"), reason

    client = MlflowClient(default_uri(tmp_path), default_uri(tmp_path))
    runs = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    reasons = {run.data.tags["reason"] for run in runs if run.info.status == "FAILED"}
    assert reasons == {reason for state, _, reason in told["trials"] if state == "failed"}
    records = [Ledger(tmp_path).read(name) for name in Ledger(tmp_path).names()]
    assert all(np.isfinite(record.held_out.probabilities).all() for record in records)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_sweep_of_which_nothing_completes_fails_with_the_reason(root: Path, tmp_path: Path) -> None:
    code, out, err = run("all", root, tmp_path)
    (line,) = (line for line in err.splitlines() if line.startswith("error: "))
    assert code == 1 and not out and "Traceback" not in err
    assert "needs a trial that completes, but all of ststnet-megc2019_flow-" in line and "got unknown ['colour']" in line
    client = MlflowClient(default_uri(tmp_path), default_uri(tmp_path))
    runs = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    assert [run.info.status for run in runs] == ["FAILED"] * 3


if __name__ == "__main__":
    sys.exit(console.run(main))
