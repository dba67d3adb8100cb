"""Flags, exit codes, progress and tables."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator import console


def raising(error: BaseException) -> int:
    def main() -> int:
        raise error

    return console.run(main)


def test_home_is_absolute_wherever_it_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/users/x")
    monkeypatch.delenv("LOSOTUNE_HOME", raising=False)
    assert console.parser("").parse_args([]).home == Path("/users/x/losotune")
    monkeypatch.setenv("LOSOTUNE_HOME", "here")
    assert console.parser("").parse_args([]).home == tmp_path / "here"
    options = console.parser("").parse_args(["--home", "~/there", "--root", "data", "--tracking-uri", "http://a:1", "--workers", "3"])
    assert (options.home, options.root) == (Path("/users/x/there"), tmp_path / "data")
    assert (options.tracking_uri, options.workers, options.mode, options.seed, options.json) == ("http://a:1", 3, "queue", 0, False)


def test_a_wrong_command_line_is_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        console.parser("", flags=("workers",)).parse_args(["--workers", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err


def test_exit_codes_and_one_error_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("LOSOTUNE_DEBUG", raising=False)
    assert console.run(lambda: None) == 0
    assert console.run(lambda: 1) == 1
    for error, words in [
        (ValueError("Clips must\nbe unique."), "error: Clips must be unique."),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.csv"), "a.csv"),
        (OSError(errno.ENOSPC, "No space left on device", "/h/ledger"), "The disk is full while writing /h/ledger"),
        (KeyboardInterrupt(), "run the same command again to resume"),
    ]:
        assert raising(error) == 1
        shown = capsys.readouterr().err
        assert words in shown and shown.count("\n") == 1


def test_debug_and_our_own_mistakes_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError):
        raising(AssertionError())
    monkeypatch.setenv("LOSOTUNE_DEBUG", "1")
    with pytest.raises(ValueError, match="x"):
        raising(ValueError("x"))


def test_the_cause_of_a_remote_error_is_shown() -> None:
    error = ValueError("a page of remote traceback")
    error.cause = ValueError("Clips must be unique.")  # type: ignore[attr-defined]
    assert console.explain(error) == "Clips must be unique."


def test_progress_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("folds", 3) as bar:
        for _ in range(3):
            bar.advance()
    assert capsys.readouterr().err == "folds: 3/3\n"
    plain = console.PlainProgress("folds", 4, period_s=0)
    plain.started -= 200
    plain.advance()
    assert capsys.readouterr().err == "folds: 1/4, 10 min left\n"


def test_tables_and_documents(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table(["name", "value"], [["[a]", 0.5], ["b", 12]], title="Scores")
    shown = capsys.readouterr().out
    assert "Scores" in shown and "[a]   0.5000" in shown
    console.print_table(["name"], [["a"]], as_json=True)
    console.say("hello", as_json=True)
    console.emit({"value": float("nan"), "more": (1, 2.5)})
    captured = capsys.readouterr()
    assert "hello" in captured.err
    assert json.loads(captured.out) == {"value": None, "more": [1, 2.5]}


def test_the_tracking_pages_of_a_home() -> None:
    assert "--backend-store-uri sqlite:////h/mlflow.db --host 127.0.0.1" in console.mlflow_command(Path("/h"), None)
    assert console.mlflow_command(Path("/h"), "http://a:1") == "http://a:1"


def test_a_closed_pipe_is_quiet() -> None:
    """As in `... | head -1`."""
    program = "import sys\nfrom orchestrator import console\nsys.exit(console.run(lambda: console.say('x' * 2**20)))"
    environment = {**os.environ, "PYTHONPATH": str(Path(console.__file__).parents[1])}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == b""


def test_the_model_command_names_the_example_that_lies_with_the_model(tmp_path: Path) -> None:
    assert f"-i {tmp_path}/serving_input_example.json" in console.model_command("stanet", f"file://{tmp_path}", tmp_path, None)
    assert "-i clips.json" in console.model_command("stanet", "models:/m-1", tmp_path, "http://a:1")
