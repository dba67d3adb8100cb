"""Prediction on clips of real faces and real files: as the model was scored, with its spread, and clear about what it cannot judge."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import mlflow.pytorch
import numpy as np
import pytest
import requests
from PIL import Image

from orchestrator import console, fold_set, predict, prediction, program, registry
from orchestrator.fold_job import clips_of
from orchestrator.ledger import Ledger
from orchestrator.tracking import Tracker
from preprocessing import corpora
from preprocessing.clip import Clip
from preprocessing.shards import open_shards
from tests.orchestrator.release_examples import IMAGE, RENDERED, VIDEO, Registered, faces, registered
from tests.preprocessing.conftest import fake_flow

__all__ = ["fake_flow"]


@dataclass(frozen=True)
class Shelf:
    """A home with registered champions, and the clips that the first one was trained on."""

    home: Path
    video: Registered
    clips: tuple[Clip, ...]

    def clip(self, subject: int = 0) -> Clip:
        return next(clip for clip in self.clips if clip.subject == sorted({each.subject for each in self.clips})[subject])


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    home, root = tmp_path_factory.mktemp("shelf"), tmp_path_factory.mktemp("corpus") / "casme2"
    faces(root)
    video = registered(VIDEO, root, home, name="stanet")
    registered(RENDERED, None, home, name="rendered")
    return Shelf(home, video, tuple(corpora.load("casme2").read(root)))


def images(clip: Clip) -> list[np.ndarray]:
    return [np.asarray(cv2.imread(str(frame.path))) for frame in clip.frames]


def write_video(path: Path, frames: list[np.ndarray], fps: float = 200.0) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def run(shelf: Shelf, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any], str]:
    code = console.run(lambda: predict.main([*map(str, arguments), "--home", str(shelf.home), "--json"]))
    told = capsys.readouterr()
    return code, json.loads(told.out) if told.out else {}, told.err


def test_a_clip_of_the_corpus_is_answered_as_its_shard(shelf: Shelf, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """From the alias alone: the same frames give the same tensor, and the program the same answer, with fold models and a picture."""
    clip = shelf.clip()
    span = ("--onset", clip.onset, "--apex", clip.apex, "--offset", clip.offset, "--fps", 200)
    code, told, _ = run(shelf, capsys, "models:/stanet@champion", clip.frames[0].path.parent, *span, "--out", tmp_path)
    (one,) = told["clips"]
    assert code == 0 and one["notes"] == [] and told["model"]["version"] == "stanet/1"
    shards = open_shards(shelf.video.shards)
    tensor = shards.clip_tensor([row.key for row in shards.rows].index(clip.key))
    tracker = Tracker(None, shelf.home)
    with registry.folder(tracker, shelf.video.version) as path:
        expected = prediction.open_version(path, "stanet/1").predict(tensor[None])[0]
    np.testing.assert_allclose(list(one["probabilities"].values()), expected, atol=1e-5)
    assert one["predicted"] == max(one["probabilities"], key=one["probabilities"].get)
    folds = one["fold_models"]
    assert folds["num"] == 3 and 0 <= folds["agree"] <= 3 and set(folds["spread"]) == set(one["probabilities"])
    assert all(each["least"] <= each["quarter"] <= each["median"] <= each["most"] for each in folds["spread"].values())
    picture = cv2.imread(one["picture"])
    assert picture is not None and picture.std() > 10 and Path(one["picture"]).parent == tmp_path


def test_fold_models_are_those_that_were_scored(shelf: Shelf) -> None:
    """Each fold's network, taken out of the version, gives its held-out clips the probabilities of the fold's record."""
    shards, ledger = open_shards(shelf.video.shards), Ledger(shelf.home)
    positions = {clip.key: at for at, clip in enumerate(clips_of(VIDEO, shelf.video.shards).clips)}
    records = {record.id.fold: record for record in map(ledger.read, ledger.names()) if record.id.settings["model"] == "stanet"}
    with registry.folder(Tracker(None, shelf.home), shelf.video.version) as path:
        version = prediction.open_version(path, "stanet/1")
        exported = mlflow.pytorch.load_model(str(path))
        rows = [row.key for row in shards.rows]
        for at, fold in enumerate(shelf.video.release.folds):
            held_out = records[fold].held_out
            assert set(held_out.keys) <= set(positions)
            for key, recorded in zip(held_out.keys, held_out.probabilities[-1], strict=True):
                batch = prediction.batch_of(version, shards.clip_tensor(rows.index(key)))
                np.testing.assert_allclose(prediction.answer(version, batch).folds[at], recorded, atol=1e-4)
        for at, (_, state) in enumerate(fold_set.read(path / fold_set.FILE)):  # as the card says, without this project's code
            exported.load_state_dict({f"network.{name}": tensor for name, tensor in state.items()})
            np.testing.assert_allclose(program.predicting(exported)(batch)[0], prediction.answer(version, batch).folds[at], atol=1e-5)


def test_what_cannot_be_judged_is_said_and_the_rest_is_answered(shelf: Shelf, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mine, yours = images(shelf.clip(0)), images(shelf.clip(1))
    noise = list(np.random.default_rng(0).integers(0, 60, (5, 480, 640, 3), dtype=np.uint8))
    good = write_video(tmp_path / "good.avi", mine)
    cut = tmp_path / "cut.avi"
    cut.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    still = tmp_path / "still.png"
    cv2.imwrite(str(still), mine[0])
    (tmp_path / "empty").mkdir()
    wrong = {
        write_video(tmp_path / "nobody.avi", noise): "must show a face",
        write_video(tmp_path / "two.avi", [np.hstack([a, b]) for a, b in zip(mine, yours, strict=False)]): "must show one face, but 2",
        write_video(tmp_path / "one.avi", mine[:1]): "at least 2 frames to show motion, but",
        still: "at least 2 frames to show motion, but",
        cut: "must be whole",
        text: "must be a video that OpenCV reads",
        tmp_path / "absent.mp4": "there is nothing at",
        tmp_path / "empty": "no image with a number",
    }
    code, told, said = run(shelf, capsys, "stanet", *wrong, good)
    assert code == 1 and [Path(one["clip"]) for one in told["clips"]] == [*wrong, good]
    for one, why in zip(told["clips"], wrong.values(), strict=False):
        assert why in one["error"] and one["error"].count("\n") == 0, one
        assert f"error: {one['clip']}: " in said
    assert "error" not in told["clips"][-1] and sum(told["clips"][-1]["probabilities"].values()) == pytest.approx(1)


def test_recordings_unlike_the_training_clips_are_told(shelf: Shelf, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    frames = images(shelf.clip())
    slow = write_video(tmp_path / "webcam.avi", frames, fps=30)
    code, told, _ = run(shelf, capsys, "stanet/1", slow)
    (one,) = told["clips"]
    assert code == 0 and one["fps"] == pytest.approx(30, rel=0.01)
    assert any("Wrong frame rate: the clip has 30 frames per second, the training clips 200" in note for note in one["notes"])

    uneven = tmp_path / "uneven.gif"
    pictures = [Image.fromarray(frame[..., ::-1]) for frame in frames]
    pictures[0].save(uneven, save_all=True, append_images=pictures[1:], duration=[40, 40, 160, 40, 40][: len(frames)], loop=0)
    code, told, _ = run(shelf, capsys, "stanet", uneven, shelf.clip().frames[0].path.parent)
    first, second = told["clips"]
    assert code == 0 and first["num_frames"] > len(frames) and any("blended to even times" in note for note in first["notes"])
    assert any("frame rate is unknown" in note for note in second["notes"])


def test_models_take_what_their_pipeline_takes(shelf: Shelf, capsys: pytest.CaptureFixture[str], tmp_path: Path, fake_flow: Any) -> None:
    rows = [(f"sub0{at % 3 + 1}", f"EP{at}", str(at % 3)) for at in range(9)]
    corpus = fake_flow(*rows)
    registered(IMAGE, corpus, shelf.home, name="images")
    image = next(corpus.rglob("sub01_EP0*.png"))
    folder = shelf.clip().frames[0].path.parent
    code, told, _ = run(shelf, capsys, "images", image, folder, "--out", tmp_path)
    one, other = told["clips"]
    assert code == 1 and one["fold_models"]["num"] == 3 and cv2.imread(one["picture"]) is not None
    assert "must be given one image of the kind that the corpus 'megc2019_flow' holds" in other["error"]
    code, told, _ = run(shelf, capsys, "rendered", folder)
    assert code == 1 and "trained on tensors rendered for the corpus 'synthetic'" in told["clips"][0]["error"]


def test_people_read_a_table(shelf: Shelf, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    clip = write_video(tmp_path / "smile.avi", images(shelf.clip()))
    assert predict.main(["stanet", str(clip), "--home", str(shelf.home)]) == 0
    out = capsys.readouterr().out
    for words in ("three quarters", "of 3 fold models agree", "nested UF1", "mlflow models serve -m models:/stanet/1", *VIDEO_CLASSES):
        assert words in out


VIDEO_CLASSES = ("happiness", "surprise", "disgust", "repression", "others")


def test_wrong_use_is_explained(shelf: Shelf, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments, words in (
        (("nobody", tmp_path), "orchestrator.sweep nobody"),
        (("stanet/9", tmp_path), "has no '9'"),
        (("models:/@champion", tmp_path), "must be NAME"),
        (("stanet", tmp_path, "--onset", 5, "--offset", 2), "in the order onset, apex, offset"),
    ):
        code, _, said = run(shelf, capsys, *arguments)
        assert code == 1 and words in said
    with pytest.raises(SystemExit) as ended:
        predict.main(["--help"])
    assert ended.value.code == 0 and "--onset" in capsys.readouterr().out


def test_pictures_of_clips_of_one_name_are_told_apart() -> None:
    clips = [Path("/data/sub01/EP02_01f"), Path("/data/sub02/EP02_01f"), Path("/data/smile.mp4")]
    assert list(predict.picture_names(clips).values()) == ["sub01_EP02_01f.png", "sub02_EP02_01f.png", "smile.mp4.png"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("stanet", ("stanet", "")), ("stanet/3", ("stanet", "3")), ("stanet@challenger", ("stanet", "challenger")),
        ("models:/stanet@champion", ("stanet", "champion")), ("models:/stanet/3", ("stanet", "3")),
    ],
)  # fmt: skip
def test_references(text: str, named: tuple[str, str]) -> None:
    assert predict.reference(text) == named


@pytest.mark.slow
def test_the_version_is_served_over_http(shelf: Shelf, tmp_path: Path) -> None:
    """MLflow alone serves it: a clip tensor in, probabilities out. Its environment knows nothing of this project's code."""
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port = asked.getsockname()[1]
    environment = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{shelf.home / 'mlflow.db'}",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    command = ["-m", "mlflow", "models", "serve", "-m", "models:/stanet@champion", "--env-manager", "local", "--host", "127.0.0.1"]
    log = (tmp_path / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, *command, "--port", str(port)], cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    try:
        _wait(f"http://127.0.0.1:{port}/ping", server)
        tensor = np.asarray(open_shards(shelf.video.shards).clip_tensor(0), np.float32)
        answered = requests.post(f"http://127.0.0.1:{port}/invocations", json={"inputs": tensor[None].tolist()}, timeout=120)
        assert answered.status_code == 200, answered.text
        with registry.folder(Tracker(None, shelf.home), shelf.video.version) as path:
            expected = prediction.open_version(path, "stanet/1").predict(tensor[None])
        np.testing.assert_allclose(np.array(answered.json()["predictions"]), expected, atol=1e-4)
        wrong = requests.post(f"http://127.0.0.1:{port}/invocations", json={"inputs": [[1.0, 2.0]]}, timeout=120)
        assert wrong.status_code == 400
    finally:
        _stop(server)


def _wait(address: str, server: subprocess.Popen[bytes], patience_s: float = 400) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        assert server.poll() is None and time.monotonic() < deadline, "the server did not come up"
        try:
            if requests.get(address, timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.3)


def _stop(server: subprocess.Popen[bytes]) -> None:
    os.killpg(server.pid, signal.SIGTERM)  # its own session: it and its workers
    server.wait(60)
