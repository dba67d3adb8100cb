import pytest

from preprocessing import corpora


def test_corpora_are_the_files_of_the_folder() -> None:
    assert {"megc2019_flow", "synthetic"} <= set(corpora.names())


@pytest.mark.parametrize("name", corpora.names())
def test_every_corpus_keeps_the_contract(name: str) -> None:
    corpus = corpora.load(name)
    assert corpus.__doc__ and isinstance(corpus.OPTIONS, dict) and callable(corpus.read)


def test_an_unknown_corpus_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="megc2019_flow, .*synthetic.*but got 'nope'"):
        corpora.load("nope")
