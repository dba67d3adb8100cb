"""Fold records survive whatever is killed, and tell when something damaged them."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestrator.ledger import FoldRecord, Ledger
from preprocessing.atomic import write_atomically
from search_spaces.recipe import Plain
from tests.orchestrator.tracking_examples import record as example

REPOSITORY = Path(__file__).resolve().parents[2]


def record(**settings: Plain) -> FoldRecord:
    made = example("s1", right=0.8, seed=1)
    return replace(made, id=replace(made.id, settings={"training.lr": 1e-3, "model.widths": (3, (5, 8)), **settings}))


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    ledger, written = Ledger(tmp_path), record(**{"augmentation.crop": None, "model.sab": True})
    assert not ledger.has(written.name)
    ledger.write(written)
    read = ledger.read(written.name)
    assert ledger.has(written.name) and read.name == written.name and list(ledger.names()) == [written.name]
    for field in ("id", "epochs", "wall_s", "device", "weights"):
        assert getattr(read, field) == getattr(written, field)
    np.testing.assert_array_equal(read.train_loss, written.train_loss)
    for curve, original in ((read.inner, written.inner), (read.held_out, written.held_out)):
        assert curve.keys == original.keys and curve.probabilities.dtype == np.float32
        np.testing.assert_array_equal(curve.truth, original.truth)
        np.testing.assert_array_equal(curve.probabilities, original.probabilities)
        np.testing.assert_array_equal(curve.predicted(), original.predicted())


def test_tuples_survive(tmp_path: Path) -> None:
    Ledger(tmp_path).write(record())
    assert Ledger(tmp_path).read(record().name).id.settings["model.widths"] == (3, (5, 8))


def test_a_refit_without_clips_is_a_record_too(tmp_path: Path) -> None:
    whole = record()
    empty = replace(whole.inner, keys=(), truth=np.zeros(0, np.int64), probabilities=np.zeros((2, 0, 2), np.float32))
    refit = replace(whole, inner=empty, held_out=empty)
    Ledger(tmp_path).write(refit)
    assert Ledger(tmp_path).read(refit.name).held_out.probabilities.shape == (2, 0, 2)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"fold": "toy/s2"}, {"code_version": "other"}, {"data_digest": "e"}, {"settings": {"training.lr": 2e-3}}]
)
def test_all_that_a_result_depends_on_is_in_its_name(change: dict[str, object]) -> None:
    identity = record().id
    assert replace(identity, **change).name != identity.name  # type: ignore[arg-type]
    assert replace(identity, settings=dict(reversed(list(identity.settings.items())))).name == identity.name


def test_names_ignores_weights_and_what_a_killed_writer_left(tmp_path: Path) -> None:
    ledger, written = Ledger(tmp_path), record()
    ledger.write(written)
    write_atomically(ledger.weights_path(written.name), b"weights")
    (ledger.path(written.name).parent / f".{written.name[:15]}.x7f3").write_bytes(b"half a record")
    assert list(ledger.names()) == [written.name]
    assert list(Ledger(tmp_path / "empty").names()) == []


def test_a_writer_killed_at_any_moment_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    """A process that rewrites a file for ever is killed again and again in the middle of it."""
    target = tmp_path / "aa" / "file"
    code = (
        "import itertools, pathlib, sys; from preprocessing.atomic import write_atomically\n"
        "for number in itertools.count(): write_atomically(pathlib.Path(sys.argv[1]), bytes([number % 256]) * 200_000)"
    )
    for _ in range(3):
        before = target.stat().st_mtime_ns if target.exists() else 0
        process = subprocess.Popen([sys.executable, "-c", code, str(target)], cwd=REPOSITORY)
        while not target.exists() or target.stat().st_mtime_ns == before:
            assert process.poll() is None
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        content = target.read_bytes()
        assert len(content) == 200_000 and len(set(content)) == 1


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Ledger(tmp_path).write(record())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda data: b"", lambda data: data[:-4], lambda data: b"\0" * len(data)])
def test_a_damaged_record_is_named_with_its_mend(damage: object, tmp_path: Path) -> None:
    ledger, written = Ledger(tmp_path), record()
    ledger.write(written)
    path = ledger.path(written.name)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(ValueError, match=f"{path} is damaged .*Delete it and run the same command again"):
        ledger.read(written.name)


def test_executions_show_what_was_trained_twice(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.executions() == []
    ledger.write(record())
    for name in ("a", "b", "a"):
        ledger.note_execution(name, time.time())
    assert ledger.executions() == ["a", "b", "a"]
