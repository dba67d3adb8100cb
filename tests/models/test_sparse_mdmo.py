from typing import Any

import pytest
import torch
from torch import Tensor

from models.sparse_coding import codes, lipschitz
from models.sparse_mdmo import SMALL, SparseMDMO
from models.svm import ABSENT


def build(num_classes: int = 2, **changes: Any) -> SparseMDMO:
    return SparseMDMO(num_classes, **{**SMALL, **changes}).eval()


def clips(num_clips: int = 24, seed: int = 0) -> tuple[Tensor, Tensor]:
    """In one frame of five, clips of class 1 move a region the other way: the mean over frames shows little of it."""
    generator = torch.Generator().manual_seed(seed)
    x, labels = 0.1 * torch.randn(num_clips, 5, 72, generator=generator), torch.arange(num_clips) % 2
    frame = torch.randint(0, 5, (num_clips,), generator=generator)
    x[torch.arange(num_clips), frame, 7] += 1 - 2.0 * labels
    return x, labels


@pytest.mark.parametrize("pooling", ["mean", "largest"])
def test_it_learns_what_one_frame_tells(pooling: str) -> None:
    network, (x, labels), (held_out, wanted) = build(pooling=pooling), clips(), clips(seed=1)
    network.fit(x, labels, torch.ones(2))
    assert (network(held_out).argmax(1) == wanted).float().mean() > 0.9


def test_features_are_pooled_codes() -> None:
    (x, labels), network = clips(), build(num_atoms=10)
    network.fit(x, labels, torch.ones(2))
    each = torch.stack([codes(clip, network.dictionary, sparsity=0.1, curvature=network.curvature) for clip in x])
    largest = torch.stack([torch.stack([clip[clip[:, a].abs().argmax(), a] for a in range(10)]) for clip in each])
    torch.testing.assert_close(network.features(x), largest)
    network.pooling = "mean"
    torch.testing.assert_close(network.features(x), each.mean(1))


def test_the_dictionary_is_the_training_clips_alone() -> None:
    (x, labels), network, again = clips(), build(), build()
    network.fit(x, labels, torch.ones(2))
    before = network.dictionary.clone()
    network(100 * clips(seed=1)[0])
    again.fit(x, labels, torch.ones(2))
    assert torch.equal(network.dictionary, before) and torch.equal(again.dictionary, before)
    assert network.dictionary.dtype == torch.float32 and network.curvature == pytest.approx(float(lipschitz(before.double())), rel=1e-6)


def test_before_fit_and_without_motion_there_is_an_answer() -> None:
    assert build()(torch.zeros(2, 5, 72)).shape == (2, 2)
    (x, labels), network = clips(), build(3)
    x[0] = 0
    network.fit(x, labels, torch.ones(3))
    assert network(x[:2]).isfinite().all() and (network(x)[:, 2] < ABSENT / 2).all()  # no training clip had class 2


@pytest.mark.parametrize("wrong", [{"pooling": "sum"}, {"sparsity": 0.0}, {"graph": -1.0}, {"num_atoms": 0}, {"neighbours": 0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Sparse MDMO must pool"):
        build(**wrong)
