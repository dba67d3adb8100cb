"""dlib finds everyone's landmarks where they are, in every corpus; whom it misplaces gets another photograph."""

import dataclasses
from pathlib import Path

import pytest

from preprocessing.synthesis import auditions, layouts, truth
from preprocessing.synthesis.faces import identity
from preprocessing.synthesis.plan import Plan
from preprocessing.synthesis.takes import Take, person
from preprocessing.synthesize import make_settings, synthesize

MISPLACED = ("casme", "sub15")
"""Hopper's: her box is 223 pixels wide where the face has 158."""


def only(plan: Plan, *subjects: str) -> Plan:
    """The plan of a few of its subjects."""
    units = tuple(unit for unit in plan.units if isinstance(unit, Take) and unit.clips[0].subject in subjects)
    return dataclasses.replace(plan, clips=tuple(clip for clip in plan.clips if clip.subject in subjects), units=units)


def test_who_is_misplaced_gets_the_other_photograph_and_no_one_else(tmp_path: Path) -> None:
    corpus, subject = MISPLACED
    plan = only(layouts.load(corpus).plan(make_settings(corpus)), subject, "sub01")
    camera = plan.cameras["casme raw"]
    assert identity(corpus, subject).photo == "hopper" and auditions.error(identity(corpus, subject), camera) > 0.1
    cast = auditions.cast(plan, tmp_path)
    assert {clip.subject: clip.photo for clip in cast.clips} == {subject: "collins", "sub01": ""}
    assert {clip.photo for unit in cast.units if isinstance(unit, Take) for clip in unit.clips} == {"collins", ""}
    chosen = {clip.subject: person(clip, 0) for clip in cast.clips}
    assert all(auditions.error(who, camera) <= auditions.LARGEST_ERROR for who in chosen.values())
    assert chosen[subject].shape != (0.0,) * len(chosen[subject].shape) and chosen["sub01"] == identity(corpus, "sub01")


@pytest.mark.slow
@pytest.mark.parametrize("corpus", [name for name in layouts.names() if name not in ("fer2013", "ferplus", "megc2019")])
def test_two_people_of_every_corpus_are_understood(corpus: str, tmp_path: Path) -> None:
    images = "both" if len(layouts.load(corpus).IMAGES) > 1 else layouts.load(corpus).IMAGES[0]
    plan = auditions.cast(layouts.load(corpus).plan(make_settings(corpus, images=images, subjects=2, clips_per_subject=1)), tmp_path)
    for clip in plan.clips:
        assert all(auditions.error(person(clip, 0), camera) <= 0.05 for camera in plan.cameras.values()), clip.key


def test_the_truth_remembers_the_photograph_and_a_second_run_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditions, "photograph_for", lambda role, seed: "collins" if role[1] == "s20" else "hopper")
    settings = make_settings("smic", variant="vis", subjects=2, clips_per_subject=1, max_frames=3, size="quarter")
    synthesize(settings, tmp_path, progress=False)
    photos = {key.split("/")[1]: truth.load(tmp_path).synthetic(key).identity.photo for key in truth.load(tmp_path).clips}
    assert set(photos.values()) <= {"collins", "hopper"} and len(photos) == 2
    monkeypatch.setattr(auditions, "photograph_for", lambda role, seed: pytest.fail("nobody is heard again"))
    assert synthesize(settings, tmp_path, progress=False).num_units_drawn == 0


def test_a_face_that_is_too_small_for_dlib_stays_as_drawn() -> None:
    camera = dataclasses.replace(layouts.load("smic").plan(make_settings("smic")).cameras["smic raw"], width=40, height=30, face_width=12)
    assert auditions.error(identity("smic", "s01"), camera) == float("inf")
    assert auditions.photograph_for(("smic", "s01", (camera,)), 0) == ""
