import dataclasses

import pytest

from preprocessing.classes import scheme
from preprocessing.clip import Clip
from preprocessing.counts import _published, check, counted_as, published_counts, tasks

OFFICIAL = {
    "casme/casme_4": (171, 19),
    "casme/casme_5": (180, 19),
    "casme/casme_8": (189, 19),
    "casme2/casme2_7": (255, 26),
    "samm/samm_8": (159, 29),
    "casme2/casme2_5": (246, 26),
    "casme2/casme2_4": (256, 26),
    "smic/smic_3": (164, 16),
    "smic_vis/smic_3": (71, 8),
    "samm/samm_3": (133, 28),
    "samm/samm_4": (159, 29),
    "samm/samm_5": (136, None),
    "megc2019/megc3": (442, 68),
    "fer2013/fer2013_7": (35887, 3),
    "casme3/casme3_7": (860, None),
}


@pytest.mark.parametrize(("task", "expected"), OFFICIAL.items())
def test_official_counts(task: str, expected: tuple[int, int | None]) -> None:
    published = published_counts(*task.split("/"))
    assert (sum(published["classes"].values()), published.get("num_subjects")) == expected


@pytest.mark.parametrize("task", sorted(_published()))
def test_published_counts_agree_with_themselves_and_the_scheme(task: str) -> None:
    published = _published()[task]
    assert published["source"] and ("num_clips" in published) != ("classes" in published)
    assert set(published.get("classes", scheme(task.split("/")[1]).classes)) == set(scheme(task.split("/")[1]).classes)
    per_subject = list(published.get("subjects", {}).values())
    if per_subject and isinstance(per_subject[0], list):
        assert [sum(numbers) for numbers in zip(*per_subject, strict=True)] == list(published["classes"].values())
    elif per_subject:
        assert sum(per_subject) == sum(published["classes"].values())


def smic() -> list[Clip]:
    published = published_counts("smic", "smic_3")
    return [
        Clip(
            corpus="smic", subject=subject.split("/")[1], filename=f"{emotion}{at}", frames=(), onset=None, apex=None, offset=None,
            emotion=emotion,
        )
        for subject, numbers in published["subjects"].items()
        for emotion, count in zip(published["classes"], numbers, strict=True)
        for at in range(count)
    ]  # fmt: skip


def test_differences_are_named_by_class_subject_and_both() -> None:
    clips = smic()
    assert check("smic", "smic_3", clips).official
    copies = [dataclasses.replace(clip, filename=f"{clip.filename}+", copy_of=clip.key) for clip in clips]
    assert check("smic", "smic_3", [*clips, *copies]).official, "augmented copies are no clips"
    report = check("smic", "smic_3", [clip for clip in clips if clip.subject != "s19"] + [dataclasses.replace(clips[0], subject="s99")])
    assert not report.official and str(report).startswith("smic/smic_3: 163 clips, 16 subjects, not the official 164 (SMIC-HS): ")
    told = {str(difference) for difference in report.differences}
    assert {"smic/s19 0 instead of 2", "smic/s99 1 instead of 0", "smic/s19 surprise 0 instead of 1"} <= told


def test_without_published_counts_nothing_is_official() -> None:
    report = check("mmew", "megc3", smic())
    assert report.published is None and not report.official and "no counts are published" in str(report)
    assert tasks("casme") == ["casme_4", "casme_5", "casme_8"] and tasks("fourdme") == []


def test_where_only_a_total_is_published_the_total_is_compared() -> None:
    clips = [
        dataclasses.replace(smic()[0], corpus="mmew", subject=f"S{at % 36}", filename=f"c{at}", emotion="repression") for at in range(300)
    ]
    assert check("mmew", "mmew_7", clips).official and check("mmew", "mmew_7", clips).classes["others"] == 300
    assert [str(difference) for difference in check("mmew", "mmew_7", clips[:-1]).differences] == ["clips 299 instead of 300"]


def test_options_that_choose_other_clips_have_counts_of_their_own() -> None:
    assert counted_as("smic", {"camera": "hs", "images": "raw"}) == "smic" and counted_as("smic", {"camera": "vis"}) == "smic_vis"
    assert (
        counted_as("ferplus", {"rule": "half"}) == "ferplus_half"
        and counted_as("casme_squared", {"expressions": "all"}) == "casme_squared_all"
    )
    assert counted_as("casme2", {"images": "raw"}) == "casme2"
