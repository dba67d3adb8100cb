import json
from pathlib import Path

from preprocessing.corpora import casme2, load
from preprocessing.diagnosis import class_schemes, diagnose
from tests.preprocessing.corpora.made_up import Video, write_casme2


def test_class_schemes_are_those_of_the_corpus_and_of_what_is_published() -> None:
    assert class_schemes("casme", "casme") == ["casme_4", "casme_5", "casme_8"]
    assert class_schemes("casme_squared", "casme_squared_macro") == ["casme_squared_3", "casme_squared_4"]
    assert class_schemes("smic", "smic_vis") == ["megc3", "smic_3"] and class_schemes("synthetic", "synthetic") == []


def test_a_diagnosis_is_plain_and_knows_what_was_asked(tmp_path: Path) -> None:
    root = write_casme2(tmp_path, [Video(1, "a", "disgust"), Video(2, "b", "fear", numbers=())])
    diagnosis = diagnose("casme2", root=root, options={**casme2.OPTIONS, "patches": False})
    assert diagnosis.given == {"patches": False} and diagnosis.images == {"8x8": 3}
    assert (diagnosis.usable, diagnosis.reads, diagnosis.num_usable) == (False, True, 1)
    told = json.loads(json.dumps(diagnosis.to_json()))
    assert told["num_clips"] == 2 and [(p["kind"], p["loses_clips"]) for p in told["problems"] if p["loses_clips"]] == [("no frames", True)]


def test_a_refusal_is_a_diagnosis_too(tmp_path: Path) -> None:
    diagnosis = diagnose("samm", root=tmp_path, options=load("samm").OPTIONS)
    assert "must be named like" in diagnosis.refusal and not diagnosis.reads and not diagnosis.usable and diagnosis.images is None
