from pathlib import Path

from preprocessing.classes import scheme
from preprocessing.corpora import casme2_samm
from tests.preprocessing.corpora.made_up import Video, write_casme2, write_samm

CASME2 = {"a": "happiness", "b": "disgust", "c": "fear", "d": "sadness", "e": "surprise", "f": "repression", "g": "others"}
SAMM = {"006_a": "happiness", "006_b": "anger", "006_c": "contempt", "006_d": "surprise", "006_e": "other"}
MERGED = {
    "casme2": ["positive", "negative", "negative", "negative", "surprise", "other", "other"],
    "samm": ["positive", "negative", "negative", "surprise", "other"],
}


def test_emotions_are_merged_by_source_corpus(tmp_path: Path) -> None:
    write_casme2(tmp_path / "CASME2", [Video(1, name, emotion) for name, emotion in CASME2.items()])
    write_samm(tmp_path / "samm", [Video(6, name, emotion) for name, emotion in SAMM.items()])
    clips = casme2_samm.read(tmp_path)
    assert {name: [clip.emotion for clip in clips if clip.corpus == name] for name in MERGED} == MERGED
    assert [scheme("casme2_4").index(clip.emotion) for clip in clips[:7]] == [0, 1, 1, 1, 2, 3, 3]
    assert {clip.subject for clip in clips} == {"sub01", "006"} and all(clip.frames for clip in clips)
    assert casme2_samm.survey(tmp_path).clips == tuple(clips)
