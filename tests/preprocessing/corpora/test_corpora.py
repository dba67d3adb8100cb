import inspect
from pathlib import Path

import pytest

from preprocessing import corpora


def test_corpora_are_the_files_of_the_folder() -> None:
    assert {"megc2019_flow", "synthetic"} <= set(corpora.names())


@pytest.mark.parametrize("name", corpora.names())
def test_every_corpus_keeps_the_contract(name: str) -> None:
    corpus = corpora.load(name)
    assert corpus.__doc__ and isinstance(corpus.OPTIONS, dict) and callable(corpus.read)


@pytest.mark.parametrize("name", corpora.names())
def test_options_are_the_parameters_of_the_reader_with_their_defaults(name: str) -> None:
    corpus = corpora.load(name)
    for function in (corpus.read, *([corpus.survey] if hasattr(corpus, "survey") else [])):
        parameters = list(inspect.signature(function).parameters.values())[1:]
        taken = {p.name: p.default for p in parameters}
        assert corpus.OPTIONS.items() <= taken.items() and all(p.kind is p.KEYWORD_ONLY for p in parameters)


LICENSED = sorted(set(corpora.names()) - {"megc2019_flow", "synthetic"})


@pytest.mark.parametrize("name", LICENSED)
def test_every_licensed_corpus_is_surveyed_and_says_where_it_must_lie(name: str, tmp_path: Path) -> None:
    corpus = corpora.load(name)
    for function in (corpus.read, corpus.survey):
        with pytest.raises(ValueError, match=f"{name} must be read from a folder, but got none. Name it: --root DIR."):
            function(None)
        with pytest.raises(ValueError, match=r"Check --root\.|--option|but none is under"):
            function(tmp_path)


def test_an_unknown_corpus_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="megc2019_flow, .*synthetic.*but got 'nope'"):
        corpora.load("nope")
