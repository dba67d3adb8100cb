import json
from pathlib import Path

import pytest

from preprocessing import corpora
from preprocessing.plan import make_plan
from preprocessing.shard_writer import write_shard
from preprocessing.sheet_corpus import SheetCorpus
from tests.preprocessing.corpora.made_up import Video, write_casme2, write_frames

COLUMNS = {"subject": "Subject", "filename": "Filename", "onset": "On", "apex": "Ap", "offset": "Off", "emotion": "Emotion"}


def declared(**changes: object) -> SheetCorpus:
    fields: dict[str, object] = {
        "name": "toy", "fps": 50.0, "sheets": ("toy*.csv",), "columns": COLUMNS, "images": {"raw": ("videos",)}, "subject_prefix": "p",
        "subject_digits": 1,
    }  # fmt: skip
    return SheetCorpus(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "toy1.csv").write_text("Subject,Filename,On,Ap,Off,Emotion\n1,a,1,,2,x\nP02,b,1,,2,x\n?,c,1,,2,x\n")
    for subject, clip in (("p01", "a"), ("p2", "b")):
        write_frames(tmp_path / "videos" / subject / clip, ("1.jpg", "2.jpg"))
    return tmp_path


def test_a_declaration_is_a_corpus(root: Path) -> None:
    survey = declared().survey(root)
    assert [(clip.key, clip.fps, len(clip.frames)) for clip in survey.checked()] == [
        ("toy/?/c", 50.0, 0),
        ("toy/p1/a", 50.0, 2),
        ("toy/p2/b", 50.0, 2),
    ]
    assert survey.of_kind("no folder")[0].what == "the subject is not on disk."
    assert dict(survey.facts) == {
        "sheet": "toy1.csv", "variant": "3 rows", "images": str(root / "videos"), "rows": "3", "corrections applied": "0 of 0",
    }  # fmt: skip


def test_options_follow_from_the_declaration() -> None:
    assert set(declared().options) == {"sheet", "patches", "skip_patches"}
    assert declared(images={"raw": ("a",), "cropped": ("b",)}).options["images"] == "raw"


@pytest.mark.parametrize("name", ["casme", "casme2", "casme3", "fourdme", "mmew", "samm"])
def test_every_known_correction_has_a_name_of_its_own_and_a_source(name: str) -> None:
    patches = corpora.load(name).PATCHES
    assert (
        patches
        and len({patch.name for patch in patches}) == len(patches)
        and all(".py" in patch.source or ".xlsx" in patch.source for patch in patches)
    )


def test_a_build_takes_what_a_reader_gives_and_quarantines_clips_without_frames(tmp_path: Path) -> None:
    """The same files under another padding are the same data; a correction that is switched off is not."""
    write_casme2(tmp_path / "a", [Video(4, "EP12_01f", "disgust", onset=278, apex="/", offset=280), Video(5, "gone", "others", numbers=())])
    plan = make_plan("casme2", root=tmp_path / "a", pipeline="flow_image", options={})
    assert {subject: len(clips) for subject, clips in plan.subjects.items()} == {"casme2/sub04": 1, "casme2/sub05": 1}
    folder = tmp_path / "a/CASME2_RAW_selected/CASME2_RAW_selected/sub04/EP12_01f"
    for path in folder.iterdir():
        path.rename(path.with_name(path.name.replace("img", "img00")))
    assert make_plan("casme2", root=tmp_path / "a", pipeline="flow_image", options={}).digest == plan.digest
    assert make_plan("casme2", root=tmp_path / "a", pipeline="flow_image", options={"patches": False}).digest != plan.digest
    (tmp_path / "shards").mkdir()
    shard = write_shard(plan.job("casme2/sub05"), tmp_path / "shards")
    assert shard["num_clips"] == 0 and shard["quarantine"][0][0] == "casme2/sub05/gone", json.dumps(shard)
