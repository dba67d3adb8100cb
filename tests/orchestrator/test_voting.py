"""Votes of frames: the three rules, and what breaks a tie."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.voting import vote

# frames of two clips: the first has classes 0, 0, 1 (very sure of 1), the second 2, 1
LOGITS = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 1.0, 1.5], [0.0, 3.0, 0.0]])
CLIP = torch.tensor([0, 0, 0, 1, 1])


@pytest.mark.parametrize(("how", "expected"), [("majority", [0, 1]), ("sum_softmax", [1, 1]), ("sum_logits", [1, 1])])
def test_each_rule_decides_by_its_own_sum(how: str, expected: list[int]) -> None:
    probabilities = vote(LOGITS, CLIP, 2, how)
    assert probabilities.argmax(1).tolist() == expected
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))


def test_a_tied_majority_goes_to_the_larger_summed_probability() -> None:
    tied = torch.tensor([[2.0, 0.0], [0.0, 2.1]])
    assert vote(tied, torch.tensor([0, 0]), 1, "majority").argmax() == 1
    assert vote(tied.flip(0), torch.tensor([0, 0]), 1, "majority").argmax() == 1
    assert vote(tied.flip(1), torch.tensor([0, 0]), 1, "majority").argmax() == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=40))
def test_the_class_with_most_frames_wins_however_sure_the_others_are(frames: list[tuple[int, int]]) -> None:
    classes = torch.tensor([label for label, _ in frames])
    logits = torch.nn.functional.one_hot(classes, 4) * torch.tensor([[1.0 + 20 * sure] for _, sure in frames])
    counts = torch.bincount(classes, minlength=4)
    chosen = int(vote(logits, torch.zeros(len(frames), dtype=torch.long), 1, "majority").argmax())
    assert counts[chosen] == counts.max()


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="majority, sum_softmax or sum_logits, but got 'loudest'"):
        vote(LOGITS, CLIP, 2, "loudest")
