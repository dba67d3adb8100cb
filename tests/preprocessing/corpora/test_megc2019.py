import dataclasses
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from preprocessing.corpora import megc2019, megc2019_flow
from preprocessing.counts import check
from preprocessing.sample_set import check_megc2019
from tests.preprocessing.corpora.made_up import Video, write_casme2, write_samm, write_smic

RAW = {
    "casme2": {"negative": ("disgust", "repression"), "positive": ("happiness",), "surprise": ("surprise",)},
    "samm": {
        "negative": ("anger", "contempt", "disgust", "fear", "sadness"), "positive": ("happiness",), "surprise": ("surprise",),
    },
}  # fmt: skip
NOT_USED = [(clip, "disgust") for clip in megc2019.EXCLUDED] + [(("sub10", "other"), "others"), (("sub18", "sad"), "sadness")]


def subject_number(subject: str) -> int:
    return int(re.sub(r"\D", "", subject))


def write_three(root: Path, clips: Sequence[tuple[str, str, str, str]]) -> Path:
    """The three corpora around clips of (corpus, subject, filename, merged class), with clips of theirs that the composite leaves out."""
    emotions = {(c, m): itertools.cycle(raw) for c, classes in RAW.items() for m, raw in classes.items()}
    videos = {name: [Video(subject_number(s), f, next(emotions[c, m])) for c, s, f, m in clips if c == name] for name in ("casme2", "samm")}
    videos["casme2"] += [Video(subject_number(subject), filename, emotion) for (subject, filename), emotion in NOT_USED]
    write_casme2(root / "CASME2", videos["casme2"])
    write_samm(root / "samm", [*videos["samm"], Video(25, "025_made_up", "other")])
    write_smic(root / "smic", [(subject_number(s), m, int(f.rsplit("_", 1)[1])) for c, s, f, m in clips if c == "smic"])
    return root


FEW = [
    ("casme2", "sub01", "a", "negative"), ("casme2", "sub01", "b", "negative"), ("casme2", "sub02", "a", "surprise"),
    ("samm", "006", "006_a", "negative"), ("samm", "007", "007_a", "positive"), ("smic", "s01", "s01_po_01", "positive"),
]  # fmt: skip


def test_emotions_are_merged_by_source_corpus(tmp_path: Path) -> None:
    clips = megc2019.read(write_three(tmp_path, FEW))
    assert [(clip.corpus, clip.subject, clip.filename, clip.emotion) for clip in clips] == sorted(FEW)
    assert all(clip.frames for clip in clips)


def test_the_official_442_come_out_of_the_three_raw_corpora(flow_root: Path, tmp_path: Path) -> None:
    """Names and merged classes of the public flow images, laid out as the raw corpora have them."""
    official = [(clip.corpus, clip.subject, clip.filename, clip.emotion) for clip in megc2019_flow.read(flow_root)]
    clips = megc2019.read(write_three(tmp_path, official))
    assert check_megc2019(clips).official and check("megc2019", "megc3", clips).official
    at = next(at for at, clip in enumerate(clips) if clip.emotion == "negative")
    clips[at] = dataclasses.replace(clips[at], emotion="surprise")
    differences = check("megc2019", "megc3", clips).differences
    assert [str(difference) for difference in differences[:2]] == ["negative 249 instead of 250", "surprise 84 instead of 83"]


def test_problems_facts_and_patches_of_all_three_are_told(tmp_path: Path) -> None:
    survey = megc2019.survey(write_three(tmp_path, FEW))
    assert ("smic sheet", "none: indexed from folders") in survey.facts
    assert "casme2:sub04/EP12_01f/apex" in dict(survey.patches) and "samm:028/028_4_1/apex" in dict(survey.patches)
    assert dict(megc2019.survey(tmp_path, skip_patches="samm:028/028_4_1/apex").patches)["samm:028/028_4_1/apex"] == "switched off"
    with pytest.raises(ValueError, match="must name corpus:correction, but got 'nope'"):
        megc2019.read(tmp_path, skip_patches="nope")


def test_folders_have_names_that_options_change(tmp_path: Path) -> None:
    write_three(tmp_path, FEW)
    (tmp_path / "samm").rename(tmp_path / "SAMM v2")
    with pytest.raises(ValueError, match="must have a folder 'samm'.*--option samm=FOLDER"):
        megc2019.read(tmp_path)
    assert len(megc2019.read(tmp_path, samm="SAMM v2")) == len(FEW)
    with pytest.raises(ValueError, match="--root DIR"):
        megc2019.read(None)
