import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models.losses import class_weights, clip_loss, importance, mask_l1

COUNTS = torch.tensor([70, 51, 43]).double()


def _weights(kind: str, *, form: str = "positive_only", alpha_mode: str = "none", beta: float = 0.999, counts: Tensor = COUNTS) -> Tensor:
    return class_weights(kind, form=form, alpha_mode=alpha_mode, alpha=0.25, beta=beta, counts=counts)


def _batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return 3 * torch.randn(8, 3).double(), torch.randint(3, (8,))


def _loss(
    logits: Tensor, targets: Tensor, weights: Tensor, kind: str, form: str = "positive_only", gamma: float = 2.0, smooth: float = 0.0
) -> Tensor:
    return clip_loss(logits, targets, weights, kind=kind, form=form, gamma=gamma, label_smoothing=smooth, accept=0.3)


def test_cross_entropy_equals_the_one_of_torch() -> None:
    logits, y = _batch()
    ours = _loss(logits, F.one_hot(y, 3).double(), torch.ones(3).double(), "cross_entropy", smooth=0.1)
    torch.testing.assert_close(ours, F.cross_entropy(logits, y, reduction="none", label_smoothing=0.1))


def test_focal_without_gamma_and_alpha_is_cross_entropy() -> None:
    logits, y = _batch()
    ours = _loss(logits, F.one_hot(y, 3).double(), _weights("focal"), "focal", gamma=0.0)
    torch.testing.assert_close(ours, F.cross_entropy(logits, y, reduction="none"))


def test_focal_positive_only_by_its_formula() -> None:
    logits, y = _batch()
    p = logits.softmax(1).gather(1, y[:, None])[:, 0]
    weights = _weights("focal", alpha_mode="constant")
    assert torch.equal(weights, torch.full((3,), 0.25).double())
    torch.testing.assert_close(_loss(logits, F.one_hot(y, 3).double(), weights, "focal"), -0.25 * (1 - p) ** 2 * p.log())


def test_focal_one_vs_all_by_its_formula() -> None:
    logits, y = _batch()
    p, t = logits.softmax(1), F.one_hot(y, 3).double()
    alpha = (1 / COUNTS) / (1 / COUNTS).sum()
    weights = _weights("focal", form="one_vs_all", alpha_mode="inverse_frequency")
    torch.testing.assert_close(weights, alpha)
    expected = -(t * alpha * (1 - p) ** 2 * p.log() + (1 - t) * (1 - alpha) * p**2 * (1 - p).log()).sum(1)
    torch.testing.assert_close(_loss(logits, t, weights, "focal", "one_vs_all"), expected)


def test_one_vs_all_without_alpha_weighs_both_sides_alike() -> None:
    assert torch.equal(_weights("focal", form="one_vs_all"), torch.full((3,), 0.5).double())


@pytest.mark.parametrize(("kind", "alpha_mode"), [("class_balanced", "none"), ("focal", "inverse_frequency"), ("cross_entropy", "none")])
def test_weights_have_mean_one_over_the_clips(kind: str, alpha_mode: str) -> None:
    weights = _weights(kind, alpha_mode=alpha_mode)
    assert (weights * COUNTS).sum() / COUNTS.sum() == pytest.approx(1)


def test_class_balanced_weights_by_the_effective_number() -> None:
    weights = _weights("class_balanced", beta=0.9)
    raw = (1 - 0.9) / (1 - 0.9**COUNTS)
    torch.testing.assert_close(weights / weights[0], raw / raw[0])
    torch.testing.assert_close(_weights("class_balanced", beta=0.0), torch.ones(3).double())


@pytest.mark.parametrize("kind", ["class_balanced", "focal"])
def test_an_absent_class_has_a_finite_weight(kind: str) -> None:
    weights = _weights(kind, alpha_mode="inverse_frequency", counts=torch.tensor([10, 0, 5]))
    assert weights.isfinite().all() and weights[1] > 0


def test_an_unknown_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="but got kind 'hinge'"):
        _weights("hinge")
    logits, y = _batch()
    with pytest.raises(ValueError, match="but got form 'both'"):
        _loss(logits, F.one_hot(y, 3).double(), torch.ones(3), "focal", "both")


@pytest.mark.parametrize("form", ["positive_only", "one_vs_all"])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_extreme_logits_give_finite_losses_and_gradients(form: str, gamma: float) -> None:
    logits = torch.tensor([[200.0, -200.0, 0.0], [0.0, 0.0, 0.0], [-90.0, 90.0, 90.0]], requires_grad=True)
    loss = _loss(logits, torch.eye(3).roll(1, 0), torch.full((3,), 0.4), "focal", form, gamma)
    loss.sum().backward()
    assert loss.isfinite().all() and logits.grad is not None and logits.grad.isfinite().all()
    assert loss[0] > 10 * loss[1] >= 0  # confident and wrong


def test_losses_are_linear_in_soft_targets() -> None:
    logits, y = _batch()
    a, b, weights = F.one_hot(y, 3).double(), F.one_hot((y + 1) % 3, 3).double(), torch.tensor([0.2, 0.3, 0.5]).double()
    for kind, form in (("cross_entropy", "positive_only"), ("focal", "positive_only"), ("focal", "one_vs_all")):
        mixed = _loss(logits, 0.3 * a + 0.7 * b, weights, kind, form)
        torch.testing.assert_close(mixed, 0.3 * _loss(logits, a, weights, kind, form) + 0.7 * _loss(logits, b, weights, kind, form))


def test_losses_of_stacked_folds_equal_a_loop() -> None:
    torch.manual_seed(0)
    logits, targets, weights, gamma = (
        torch.randn(3, 4, 3),
        torch.eye(3)[torch.randint(3, (3, 4))],
        torch.rand(3, 3),
        torch.tensor([0.0, 1.0, 2.5]),
    )
    one = lambda x, t, w, g: clip_loss(x, t, w, kind="focal", form="one_vs_all", gamma=g, label_smoothing=0.1, accept=0.3)  # noqa: E731
    together = torch.vmap(one)(logits, targets, weights, gamma)
    torch.testing.assert_close(together, torch.stack([one(logits[i], targets[i], weights[i], gamma[i]) for i in range(3)]))


def test_mask_l1_sums_over_everything_but_the_clip() -> None:
    mask = torch.rand(2, 3, 4, 5, 6)
    torch.testing.assert_close(mask_l1(mask), mask.sum((1, 2, 3, 4)))


def test_bce_softmax_by_its_formula() -> None:
    logits, y = _batch()
    p, t = logits.softmax(1), F.one_hot(y, 3).double()
    expected = -(t * p.log() + (1 - t) * (1 - p).log()).sum(1)
    torch.testing.assert_close(_loss(logits, t, torch.ones(3).double(), "bce_softmax"), expected)


def test_margin_by_its_formula() -> None:
    lengths, t = torch.tensor([[0.95, 0.3, 0.05]]).double(), torch.tensor([[0.0, 1.0, 0.0]]).double()
    expected = torch.tensor([0.6**2 + 0.5 * 0.85**2]).double()
    torch.testing.assert_close(_loss(lengths, t, torch.ones(3).double(), "margin"), expected)


def test_any_of_asks_for_the_most_probable_accepted_class() -> None:
    logits = torch.tensor([[0.0, 2.0, 9.0], [0.0, 2.0, 1.0]]).double()
    shares = torch.tensor([[0.5, 0.4, 0.1], [0.2, 0.2, 0.6]]).double()
    expected = -logits.log_softmax(1)[[0, 1], [1, 2]]  # the third class of the first clip has too few raters
    torch.testing.assert_close(_loss(logits, shares, torch.ones(3).double(), "any_of"), expected)


def test_several_heads_add_up() -> None:
    logits, y = _batch()
    t, weights = F.one_hot(y, 3).double(), torch.rand(2, 3).double()
    both = _loss(torch.stack([logits, -logits], 1), torch.stack([t, t], 1), weights, "focal", form="one_vs_all", gamma=2.0)
    each = [_loss(sign * logits, t, w, "focal", form="one_vs_all", gamma=2.0) for sign, w in zip((1, -1), weights, strict=True)]
    torch.testing.assert_close(both, each[0] + each[1])


def test_batch_balance_gives_every_class_present_the_same_say() -> None:
    t = F.one_hot(torch.tensor([[0, 0, 0, 2]]), 3).double()
    beta = importance(t, balance="batch")
    torch.testing.assert_close(beta, torch.tensor([[2 / 3, 2 / 3, 2 / 3, 2.0]]).double())
    assert torch.equal(importance(t, balance="none"), torch.ones(1, 4).double())


def test_a_class_that_a_head_never_has_takes_no_share_of_one_vs_all() -> None:
    counts = torch.tensor([250, 0, 83, 109]).double()
    weights = _weights("focal", form="one_vs_all", alpha_mode="inverse_frequency", counts=counts)
    torch.testing.assert_close(weights, torch.tensor([1 / 250, 0, 1 / 83, 1 / 109]).double() / (1 / 250 + 1 / 83 + 1 / 109))
