from collections import Counter

import pytest

from preprocessing.classes import scheme
from preprocessing.corpora import synthetic

COUNTS = {
    "smic_hs": (16, {"positive": 51, "negative": 70, "surprise": 43}),
    "casme2_5class": (26, {"happiness": 32, "surprise": 25, "disgust": 64, "repression": 27, "others": 99}),
    "samm_3class": (28, {"negative": 92, "positive": 26, "surprise": 15}),
    "megc2019_cde": (68, {"negative": 250, "positive": 109, "surprise": 83}),
}


@pytest.mark.parametrize("layout", synthetic.layouts())
def test_layouts_have_the_published_counts(layout: str) -> None:
    clips = synthetic.read(None, layout=layout)
    num_subjects, counts = COUNTS[layout]
    assert len({clip.qualified_subject for clip in clips}) == num_subjects and Counter(clip.emotion for clip in clips) == counts
    assert [clip.key for clip in clips] == sorted({clip.key for clip in clips})
    fitting = scheme("synthetic5" if layout == "casme2_5class" else "synthetic3")
    assert None not in {fitting.index(clip.emotion) for clip in clips}


def test_subjects_keep_their_skew() -> None:
    clips = synthetic.read(None)
    assert Counter(clip.emotion for clip in clips if clip.subject == "s03") == {"positive": 11, "negative": 22, "surprise": 6}
    assert {clip.emotion for clip in clips if clip.subject == "s13"} == {"positive"}


def test_max_subjects_keeps_the_largest() -> None:
    sizes = Counter(clip.subject for clip in synthetic.read(None, max_subjects=4))
    assert sizes == {"s03": 39, "s20": 22, "s04": 19, "s08": 13}


def test_the_composite_cannot_be_mistaken_for_the_real_one() -> None:
    assert {clip.corpus for clip in synthetic.read(None, layout="megc2019_cde")} == {"syn_casme2", "syn_samm", "syn_smic"}


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="casme2_5class.*but got 'nope'"):
        synthetic.read(None, layout="nope")
    with pytest.raises(ValueError, match="at least 0"):
        synthetic.read(None, max_subjects=-1)
