from collections import Counter

import pytest

from preprocessing.synthesis.casting import dealt, interleaved, named, reduced, without_frame
from preprocessing.synthesis.plan import PlannedClip
from preprocessing.synthesize import make_settings


def clip(subject: str, name: str, emotion: str = "disgust", quirk: str = "", **fields: int) -> PlannedClip:
    return PlannedClip(corpus="casme2", subject=subject, filename=name, emotion=emotion, quirk=quirk, **fields)  # type: ignore[arg-type]


def test_interleaved_names_are_evenly_spread() -> None:
    deck = interleaved({"a": 6, "b": 3})
    assert Counter(deck) == {"a": 6, "b": 3} and Counter(deck[:3]) == Counter(deck[3:6]) == Counter(deck[6:])


def test_all_emotions_are_dealt_and_small_subjects_get_no_rare_one() -> None:
    hands = dealt((5, 3, 1, 1), {"tense": 6, "disgust": 2}, {"fear": 2})
    assert [len(hand) for hand in hands] == [5, 3, 1, 1] and sum(map(Counter, hands), Counter()) == {"tense": 6, "disgust": 2, "fear": 2}
    assert "fear" not in hands[2] + hands[3]


def test_known_names_come_first_and_must_fit() -> None:
    found = named(["disgust", "others", "others"], [{"EP12": ["disgust"]}, {"EP03": ()}], lambda n: f"EP{51 + n}", "sub04")
    assert found == [("EP03", "others"), ("EP12", "disgust"), ("EP51", "others")]
    with pytest.raises(ValueError, match="but sub04 has no clip left that is fear for 'EP12'"):
        named(["disgust"], [{"EP12": ["fear"]}], str, "sub04")


def test_a_reduced_corpus_shows_every_quirk_before_it_repeats_one() -> None:
    clips = [clip("sub01", str(n)) for n in range(5)]
    clips += [clip("sub02", "hole", quirk="hole"), clip("sub02", "hole2", quirk="hole"), clip("sub02", "b", "others"), clip("sub03", "x")]
    kept = reduced(clips, make_settings("casme2", subjects=2, clips_per_subject=2))
    assert [(c.subject, c.filename) for c in kept] == [("sub01", "0"), ("sub01", "1"), ("sub02", "hole"), ("sub02", "b")]
    assert reduced(clips, make_settings("casme2")) == clips


def test_frames_that_matter_are_never_missing() -> None:
    for length in range(3, 12):
        missing = without_frame(clip("sub01", "a", onset=10, apex=12, offset=9 + length), 2).missing
        assert not set(missing) & {10, 12, 9 + length} and len(missing) in (0, 2)
    assert without_frame(clip("sub01", "a", onset=10, apex=12, offset=20)).numbers.count(12) == 1
