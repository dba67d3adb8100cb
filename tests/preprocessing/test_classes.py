import pytest

from preprocessing.classes import ClassScheme, names, scheme


@pytest.mark.parametrize("name", names())
def test_every_scheme_indexes_its_own_classes_in_order(name: str) -> None:
    assert [scheme(name).index(c) for c in scheme(name).classes] == list(range(len(scheme(name).classes)))


def test_megc3_accepts_words_and_digits_and_nothing_else() -> None:
    megc3 = scheme("megc3")
    assert [megc3.index(e) for e in ("negative", "1", "2", "positive")] == [0, 1, 2, 1]
    assert megc3.index("others") is None and megc3.index("3") is None


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="megc3.*but got 'nope'"):
        scheme("nope")
    with pytest.raises(ValueError, match="must map to the classes"):
        ClassScheme(name="x", classes=("a",), emotions={"b": "c"})


def test_emotions_are_merged_as_published_and_only_those() -> None:
    assert [scheme("casme2_3").index(e) for e in ("disgust", "repression", "happiness", "sadness", "fear", "others")] == [
        0,
        0,
        1,
        None,
        None,
        None,
    ]
    assert [scheme("samm_3").index(e) for e in ("Sadness", "Contempt", "Happiness", "Other")] == [0, 0, 1, None]
    assert [scheme("casme2_4").index(e) for e in ("happiness", "fear", "surprise", "repression", "others")] == [0, 1, 2, 3, 3]
    assert scheme("casme_4").classes == ("disgust", "repression", "surprise", "tense") and scheme("casme_4").index("happiness") is None
    assert scheme("megc3").index("disgust") is None, "which emotions are negative depends on the corpus"
