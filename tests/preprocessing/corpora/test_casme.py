import dataclasses
from collections import Counter
from pathlib import Path

from preprocessing.corpora import casme
from preprocessing.counts import check
from tests.preprocessing.corpora.made_up import Video, write_casme

EMOTIONS = {"tense": 69, "happiness": 9, "repression": 38, "surprise": 20, "disgust": 44, "fear": 2, "contempt": 1, "sadness": 6}


def full_sheet() -> list[Video]:
    """189 rows of 19 subjects; how subjects and classes meet is ours, none is published."""
    emotions = [emotion for emotion, count in EMOTIONS.items() for _ in range(count)]
    return [Video(1 + at % 19, f"made_up_{at}", emotion) for at, emotion in enumerate(emotions)]


def test_full_size_has_the_published_counts_and_both_paddings(tmp_path: Path) -> None:
    videos = full_sheet()
    clips = casme.read(write_casme(tmp_path, videos))
    assert len(clips) == 189 and Counter(clip.emotion for clip in clips) == EMOTIONS
    assert {len(clip.frames) for clip in clips} == {3} and {clip.fps for clip in clips} == {60}
    assert {clip.frames[0].path.name.endswith(("-10.jpg", "-010.jpg")) for clip in clips} == {True}
    assert check("casme", "casme_4", clips).official and check("casme", "casme_5", clips).official
    report = check("casme", "casme_4", clips[1:])
    assert not report.official and len(report.differences) == 1


def test_rows_that_disagree_with_their_folders_are_corrected(tmp_path: Path) -> None:
    videos = full_sheet()
    videos[40] = dataclasses.replace(videos[40], onset=1, apex=20, offset=30, numbers=range(95, 155))
    videos[54] = dataclasses.replace(videos[54], onset=20, apex=30, offset=400, numbers=range(20, 41))
    clips = {clip.filename: clip for clip in casme.read(write_casme(tmp_path, videos, padded_from=0))}
    assert (clips["made_up_40"].onset, clips["made_up_40"].apex, clips["made_up_40"].offset) == (100, 120, 149)
    assert clips["made_up_54"].offset == 40 and len(clips["made_up_54"].frames) == 21
    assert clips["made_up_42"].onset == 10, "its sheet and folder agree"
    untouched = casme.survey(tmp_path, patches=False)
    assert untouched.of_kind("no frames") and untouched.of_kind("missing frames")
