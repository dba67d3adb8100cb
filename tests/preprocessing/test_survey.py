import pytest

from preprocessing.clip import Clip
from preprocessing.survey import Problem, Survey, duplicates, sorted_unique


def clip(filename: str, emotion: str = "x") -> Clip:
    return Clip(corpus="c", subject="s", filename=filename, frames=(), onset=None, apex=None, offset=None, emotion=emotion)


def test_only_fatal_problems_keep_the_clips_back() -> None:
    minor, fatal = (Problem(kind="label", where="c/s/a", what="It is wrong.", fatal=fatal) for fatal in (False, True))
    assert Survey(corpus="c", clips=(clip("a"),), problems=(minor,)).checked() == [clip("a")]
    with pytest.raises(ValueError, match=r"'c' must be free of contradictions, but got label: c/s/a: It is wrong. \(and 1 more\)"):
        Survey(corpus="c", clips=(), problems=(minor, fatal, fatal)).checked()


def test_duplicates_are_named_and_the_first_is_kept() -> None:
    clips = [clip("b"), clip("a", "first"), clip("a", "second")]
    assert [(problem.where, problem.fatal) for problem in duplicates(clips)] == [("c/s/a", True)]
    assert [(problem.where, problem.fatal) for problem in duplicates([*clips[:2], clips[1]])] == [("c/s/a", False)]
    assert [(c.filename, c.emotion) for c in sorted_unique(clips)] == [("a", "first"), ("b", "x")]
