"""The card says what a reader must know before using a model, within the registry's limit."""

from typing import Any

import pytest

from orchestrator import selection
from orchestrator.model_card import model_card
from orchestrator.registry import CARD_LENGTH
from tests.orchestrator.tracking_examples import RECIPE, full_sweep

RECORDED = {"num_clips": 3, "frames": [20, 30, 40], "fps": [200.0], "size": [640, 480]}


def card(*corpora: str, synthetic: bool = False, kept: int = 4) -> str:
    sweep = full_sweep()
    described: dict[str, Any] = {
        "tensor": {"shape": [None, 3, 28, 28]},
        "channels": ["u", "v", "strain"],
        "units": "pixels",
        "steps": [{"name": "decode"}, {"name": "flow_tvl1"}],
        "synthetic": synthetic,
        "recordings": dict.fromkeys(corpora, RECORDED),
    }
    return model_card(sweep, RECIPE, list(selection.score_all(sweep).values()), described, num_fold_models=kept)


def test_it_holds_what_a_reader_must_know() -> None:
    text = card("casme2", "samm", "smic", "casme3", "mmew", "fourdme", "fer2013")
    assert len(text) <= CARD_LENGTH
    for words in (
        "Liong et al.", "12 clips of 4 subjects", "negative, positive", "| nested |", "| oracle |", "NO", "Intended use", "Limits",
        "Not for decisions about people", "any x 3 x 28 x 28, channels u, v, strain (pixels)", "decode, flow_tvl1", "networks of 4 of 4",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize(
    ("corpus", "words"),
    [
        ("casme2", "casme2: Institute of Psychology, Chinese Academy of Sciences"), ("samm", "samm: Manchester Metropolitan University"),
        ("smic", "smic: University of Oulu"), ("mine", "mine: as its owners say"),
    ],
)  # fmt: skip
def test_the_licence_is_that_of_the_data(corpus: str, words: str) -> None:
    assert words in card(corpus) and "Ask the owners before weights made from it are passed on" in card(corpus)
    assert "none is needed" in card(corpus, synthetic=True) and words not in card(corpus, synthetic=True)


def test_fold_models_that_were_not_kept_are_said() -> None:
    assert "Fold models: not kept" in card("casme2", kept=0)
