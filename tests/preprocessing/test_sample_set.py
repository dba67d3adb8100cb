import dataclasses
from pathlib import Path

import pytest

from preprocessing.clip import Clip
from preprocessing.corpora import megc2019_flow, synthetic
from preprocessing.sample_set import _official_hashes, check_megc2019


@pytest.fixture(scope="module")
def clips(flow_root: Path) -> list[Clip]:
    return megc2019_flow.read(flow_root)


def test_the_hashes_agree_with_the_published_counts() -> None:
    counts = synthetic.layouts()["megc2019_cde"]["clips_per_subject"]
    expected = {
        f"{emotion} clip(s) of {corpus.removeprefix('syn_')}/{subject}": count
        for corpus, subjects in counts.items()
        for subject, numbers in subjects.items()
        for emotion, count in zip(("negative", "positive", "surprise"), numbers, strict=True)
        if count
    }
    assert {group: len(hashes) for group, hashes in _official_hashes().items()} == expected


def test_the_public_images_are_the_official_442(clips: list[Clip]) -> None:
    report = check_megc2019(clips)
    assert report.official and not (report.extra or report.missing or report.relabelled)
    assert str(report).startswith("this is the official 442")


def test_spelling_and_order_do_not_matter(clips: list[Clip]) -> None:
    spelled = [dataclasses.replace(c, subject=c.subject.lstrip("0")) if c.corpus == "samm" else c for c in reversed(clips)]
    assert check_megc2019(spelled).official


def test_a_removed_clip_is_missing_from_its_subject_and_class(clips: list[Clip]) -> None:
    report = check_megc2019(clips[1:])
    assert not report.official and report.missing[0].startswith(f"1 {clips[0].emotion} clip(s) of {clips[0].qualified_subject} (hash ")
    assert "these 441 clips are not the official 442" in str(report)


def test_extra_and_repeated_clips_are_named(clips: list[Clip]) -> None:
    extra = dataclasses.replace(clips[0], filename="EP99_99")
    report = check_megc2019([*clips, extra, clips[5]])
    assert not report.official and set(report.extra) == {extra.key, clips[5].key} and not report.missing


def test_a_relabelled_clip_is_named_with_both_labels(clips: list[Clip]) -> None:
    other = "surprise" if clips[0].emotion != "surprise" else "negative"
    report = check_megc2019([dataclasses.replace(clips[0], emotion=other), *clips[1:]])
    assert report.relabelled == (f"{clips[0].key} is {other} here and {clips[0].emotion} there",)
    assert not report.official and not report.extra and not report.missing
