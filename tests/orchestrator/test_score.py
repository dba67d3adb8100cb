"""Scoring of prediction files: three layouts, and errors that name the line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator import score
from orchestrator.prediction_files import read

CSV = """corpus,subject,clip,truth,prediction
casme2,sub01,EP1,negative,negative
casme2,sub02,EP1,surprise,positive

samm,6,006_1,positive,positive
"""
MEGC = "casme2 sub01\nEP1 0 0\ncasme2 sub02\nEP1 2 1\nsamm 6\n006_1 1 1\n"
AUTHORS = """Subject: sub01
Predicted   : [0]
Ground Truth: [0]
UF1: 0.5185 | UAR: nan
Subject: sub02
Predicted   : [1]
Ground Truth: [2]
Subject: 6
Predicted   : [1]
Ground Truth: [1]
Final Evaluation:
UF1: 0.7
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "predictions"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("text", "name"), [(CSV, "CSV"), (MEGC, "MEGC log"), (AUTHORS, "authors' log")])
def test_three_layouts_say_the_same(tmp_path: Path, text: str, name: str) -> None:
    p, layout = read(write(tmp_path, text))
    assert layout == name
    assert p.classes == ("negative", "positive", "surprise")
    assert p.corpus == ("casme2", "casme2", "samm") and p.subject == ("sub01", "sub02", "6")
    assert p.truth.tolist() == [0, 2, 1] and p.predicted.tolist() == [0, 1, 1]


def test_csv_variants(tmp_path: Path) -> None:
    p, _ = read(write(tmp_path, "a,s,c1,0,1\na,s,c2,3,0\n"))
    assert p.classes == ("0", "1", "2", "3") and p.predicted.tolist() == [1, 0]
    p, _ = read(write(tmp_path, "\ufefftruth,predicted,clip,subject,corpus,note\nsad,happy,c1,s,a,x\nhappy,happy,c2,s,a,\n"))
    assert p.classes == ("happy", "sad") and p.truth.tolist() == [1, 0]
    p, _ = read(write(tmp_path, "a,s,c1,0,x\na,s,c2,y,1\n"), classes=["y", "x"])
    assert p.truth.tolist() == [0, 0] and p.predicted.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("corpus,subject,clip,truth,prediction\n", "at least one prediction"),
        ("corpus,subject,clip,truth\na,s,c,0\n", "Line 1: the columns must be"),
        ("a,s,c1,0,1\na,s,c2,0\n", "Line 2 must have 5 filled columns"),
        ("a,s,c1,0,1\na,s,c2,,1\n", "Line 2 must have 5 filled columns"),
        ("a,s,c,0,1\n\na,s,c,0,1\n", "Line 3 predicts the clip a/s/c again, which line 1 already does"),
        ("a,s,c,0,1\na,s,d,happy,1\n", "Line 1 mixes numbers and class names"),
        ("a,s,c,0,-1\n", "Line 1 mixes numbers"),
        ("EP1 0 0\n", "Line 1 must be 'corpus subject'"),
        ("casme2 sub01\nEP1 0 3\n", "Line 2: a label must be one of negative, positive, surprise or its index, but got '3'"),
        ("casme2 sub01\nEP1 0 0 0\n", "Line 2 must be"),
        ("Subject: 1\nPredicted: [0]\nSubject: 2\nPredicted: [0]\nGround Truth: [0]\n", "Line 1: subject 1"),
        ("Subject: 1\nPredicted: [0\nGround Truth: [0]\n", r"Line 2 must end in a list"),
    ],
)
def test_faults_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("|", r"\|")):
        read(write(tmp_path, text))


def test_report_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score.main([str(write(tmp_path, CSV))]) == 0
    shown = capsys.readouterr().out
    assert "rule: as submitted (unknown)" in shown
    assert "all (3 clips, 3 subjects)" in shown and "casme2 (2 clips, 2 subjects)" in shown
    assert all(metric in shown for metric in score.metrics.DEFINITIONS)


def test_report_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score.main([str(write(tmp_path, MEGC)), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["rule"] == "as submitted (unknown)" and shown["format"] == "MEGC log"
    assert shown["parts"]["all"]["scores"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert shown["parts"]["samm"]["scores"]["accuracy"]["low"] is None
    assert shown["parts"]["all"]["confusion"] == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]


def test_command_line(tmp_path: Path) -> None:
    """Exit codes and one error line, from another directory."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = f"import sys; sys.path.insert(0, {str(Path(score.__file__).parents[1])!r}); sys.argv[1:] = {list(arguments)!r}; "
        program += "import runpy; runpy.run_module('orchestrator.score', run_name='__main__')"
        return subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    absent = run("absent.csv")
    assert (
        absent.returncode == 1 and absent.stderr.startswith("error: ") and absent.stderr.count("\n") == 1 and "absent.csv" in absent.stderr
    )
    assert run().returncode == 2
    assert "examples:" in run("--help").stdout
