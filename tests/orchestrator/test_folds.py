"""Folds never let a subject, a clip or a copy of a clip stand on two sides."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.folds import ALL, Fold, LabelledClip, make_folds, refit_fold
from preprocessing.corpora import synthetic
from search_spaces.recipe import Protocol
from tests.orchestrator.training_examples import labelled

LAYOUTS = sorted(synthetic.layouts())
KINDS = ("loso", "composite_loso", "lovo")


def layout(name: str) -> tuple[LabelledClip, ...]:
    """The clips of a skewed official layout."""
    rows = synthetic.read(None, layout=name)
    return tuple(LabelledClip(key=row.key, subject=row.qualified_subject, label=0) for row in rows)


def with_copies(clips: Sequence[LabelledClip], of: Sequence[int]) -> tuple[LabelledClip, ...]:
    copies = [replace(clips[index], key=f"{clips[index].key}-copy{number}", copy_of=clips[index].key) for number, index in enumerate(of)]
    return (*clips, *copies)


def subjects(indices: Sequence[int], clips: Sequence[LabelledClip]) -> set[str]:
    return {clips[index].subject for index in indices}


def sources(indices: Sequence[int], clips: Sequence[LabelledClip]) -> set[str]:
    return {clips[index].source for index in indices}


def by_key(folds: Sequence[Fold], clips: Sequence[LabelledClip]) -> dict[str, list[set[str]]]:
    return {fold.name: [{clips[index].key for index in part} for part in (fold.train, fold.inner, fold.held_out)] for fold in folds}


def check_sides(folds: Sequence[Fold], clips: Sequence[LabelledClip]) -> None:
    """Nothing on two sides, inner subjects on one, copies never scored, every original held out exactly once."""
    for fold in folds:
        sides = [sources(part, clips) for part in (fold.train, fold.inner, fold.held_out)]
        assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
        assert not subjects(fold.inner, clips) & subjects(fold.train, clips)
        if not fold.name.startswith("part"):  # leave-videos-out holds out clips of every subject
            assert not subjects(fold.inner, clips) & subjects(fold.held_out, clips)
        assert not any(clips[index].copy_of for index in (*fold.inner, *fold.held_out))
    held_out = [index for fold in folds for index in fold.held_out]
    assert sorted(held_out) == [index for index, clip in enumerate(clips) if not clip.copy_of]


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("kind", ("loso", "composite_loso"))
def test_one_subject_is_held_out_per_fold(name: str, kind: Any) -> None:
    clips = layout(name)
    folds = make_folds(clips, Protocol(kind=kind), seed=0)
    check_sides(folds, clips)
    assert [fold.name for fold in folds] == sorted(subjects(range(len(clips)), clips))
    for fold in folds:
        assert subjects(fold.held_out, clips) == {fold.name} and fold.name not in subjects(fold.train, clips)
        assert fold.inner and len(fold.train) + len(fold.inner) + len(fold.held_out) == len(clips)


@pytest.mark.parametrize("name", LAYOUTS)
def test_inner_clips_are_about_a_fifth_and_every_subject_has_its_turn(name: str) -> None:
    clips = layout(name)
    folds = make_folds(clips, Protocol(num_inner=5), seed=0)
    shares = [len(fold.inner) / (len(fold.inner) + len(fold.train)) for fold in folds]
    assert 0.15 < sum(shares) / len(shares) < 0.3
    assert set().union(*(subjects(fold.inner, clips) for fold in folds)) == subjects(range(len(clips)), clips)


def test_without_inner_groups_all_other_clips_train() -> None:
    clips = labelled((3, 1, 2))
    for fold in make_folds(clips, Protocol(num_inner=0), seed=0):
        assert fold.inner == () and set(fold.train) | set(fold.held_out) == set(range(6))


def test_a_subject_with_one_clip_is_a_fold_of_one_clip() -> None:
    folds = make_folds(labelled((5, 1, 4)), Protocol(num_inner=3), seed=0)
    assert [len(fold.held_out) for fold in folds] == [5, 1, 4]


@pytest.mark.parametrize("kind", KINDS)
def test_copies_follow_their_clip_and_are_never_scored(kind: Any) -> None:
    clips = with_copies(labelled((4, 3, 5, 2)), of=(0, 0, 5, 9, 13))
    folds = make_folds(clips, Protocol(kind=kind, num_folds=4, num_inner=3), seed=0)
    check_sides(folds, clips)
    assert any(clips[index].copy_of for fold in folds for index in fold.train)  # copies do train


def test_a_copy_under_another_subject_never_trains_for_its_clip() -> None:
    clips = labelled((3, 3, 3))
    clips = (*clips, LabelledClip(key="toy/s02/copy", subject="toy/s02", label=0, copy_of=clips[0].key))
    fold = next(fold for fold in make_folds(clips, Protocol(num_inner=0), seed=0) if fold.name == "toy/s00")
    assert 0 in fold.held_out and 9 not in fold.train


@pytest.mark.parametrize("name", LAYOUTS)
def test_leave_videos_out_deals_clips_evenly(name: str) -> None:
    clips = layout(name)
    folds = make_folds(clips, Protocol(kind="lovo", num_folds=10), seed=0)
    check_sides(folds, clips)
    sizes = [len(fold.held_out) for fold in folds]
    assert len(folds) == 10 and max(sizes) - min(sizes) <= 1


def test_leave_videos_out_lets_a_subject_stand_on_both_sides() -> None:
    clips = layout("smic_hs")
    folds = make_folds(clips, Protocol(kind="lovo", num_folds=10), seed=0)
    assert all(subjects(fold.train, clips) & subjects(fold.held_out, clips) for fold in folds)  # what LOSO forbids
    assert all(fold.inner and not subjects(fold.train, clips) & subjects(fold.inner, clips) for fold in folds)


def split(*parts: str) -> tuple[LabelledClip, ...]:
    return tuple(replace(clip, split=part) for clip, part in zip(labelled([1] * len(parts)), parts, strict=True))


def test_a_fixed_protocol_takes_the_given_splits() -> None:
    (fold,) = make_folds(split("test", "train", "validation", "train", "test"), Protocol(kind="fixed"), seed=0)
    assert (fold.name, fold.train, fold.inner, fold.held_out) == ("test", (1, 3), (2,), (0, 4))


def test_a_fixed_protocol_without_validation_takes_inner_subjects_from_training() -> None:
    clips = split("test", *["train"] * 6)
    (fold,) = make_folds(clips, Protocol(kind="fixed", num_inner=3), seed=0)
    assert fold.held_out == (0,) and len(fold.inner) == 2 and len(fold.train) == 4


def test_a_fixed_protocol_without_test_clips_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs clips of the splits 'train' and 'test'.*but got \[''\]"):
        make_folds(labelled((2, 2)), Protocol(kind="fixed"), seed=0)
    with pytest.raises(ValueError, match="but got .*'dev'"):
        make_folds(split("train", "test", "dev"), Protocol(kind="fixed"), seed=0)


def test_too_few_subjects_or_clips_are_refused() -> None:
    with pytest.raises(ValueError, match="'loso' needs at least 2 subjects, but the corpus has 1"):
        make_folds(labelled((5,)), Protocol(), seed=0)
    with pytest.raises(ValueError, match="'lovo' needs at least 9 clips, but the corpus has 4"):
        make_folds(labelled((2, 2)), Protocol(kind="lovo", num_folds=9), seed=0)
    with pytest.raises(ValueError, match="holding out 'toy/s00' leaves none.*num_inner=0"):
        make_folds(labelled((2, 2)), Protocol(num_inner=2), seed=0)


def test_the_refit_trains_on_everything_and_scores_nothing() -> None:
    clips = with_copies(labelled((2, 3)), of=(1,))
    assert refit_fold(clips) == Fold(name=ALL, train=tuple(range(6)), inner=(), held_out=())


def test_the_seed_deals_inner_subjects_but_not_held_out_ones() -> None:
    clips = layout("casme2_5class")
    first, other = (make_folds(clips, Protocol(), seed=seed) for seed in (0, 1))
    assert [fold.held_out for fold in first] == [fold.held_out for fold in other]
    assert [fold.inner for fold in first] != [fold.inner for fold in other]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 8), min_size=4, max_size=9),
    copied=st.lists(st.integers(0, 10_000), max_size=5),
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 5),
)
def test_no_corpus_leaks_and_row_order_does_not_matter(sizes: list[int], copied: list[int], kind: Any, seed: int) -> None:
    originals = labelled(sizes)
    clips = with_copies(originals, [index % len(originals) for index in copied])
    protocol = Protocol(kind=kind, num_folds=4, num_inner=3)
    folds = make_folds(clips, protocol, seed=seed)
    check_sides(folds, clips)
    shuffled = Random(seed).sample(clips, len(clips))
    assert by_key(make_folds(shuffled, protocol, seed=seed), shuffled) == by_key(folds, clips)


def test_a_fixed_protocol_never_trains_on_a_copy_of_a_scored_clip() -> None:
    clips = split("test", "train", "validation", "train")
    clips = (*clips, *(replace(clips[index], key=f"copy{index}", split="train", copy_of=clips[index].key) for index in (0, 1, 2)))
    (fold,) = make_folds(clips, Protocol(kind="fixed"), seed=0)
    assert {clips[index].key for index in fold.train} == {clips[1].key, clips[3].key, "copy1"}
